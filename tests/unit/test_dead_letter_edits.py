"""`--set` and `--patch`: an edit changes what it says, and nothing else of a body."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.operations.dead_letters.edits import Edit, EditError, diff
from error_texts import ErrorTexts

documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@pytest.mark.parametrize(
    ("setting", "body", "edited"),
    [
        ("n=2", '{"n":1}', '{"n":2}'),
        ("player.table=3", '{"player":{"table":"x","seat":1}}', '{"player":{"table":3,"seat":1}}'),
        ("new=1", "{}", '{"new":1}'),
        ("name=Anna", "{}", '{"name":"Anna"}'),
        ("name=a=b", "{}", '{"name":"a=b"}'),
        ('name="7"', "{}", '{"name":"7"}'),
        ("name=", "{}", '{"name":""}'),
        ("a=NaN", "{}", '{"a":"NaN"}'),
        ("a=null", '{"a":1}', '{"a":null}'),
        ('a={"b":[]}', "{}", '{"a":{"b":[]}}'),
        ("items.1=x", '{"items":[1,2,3]}', '{"items":[1,"x",3]}'),
        ("items.0.n=x", '{"items":[{}]}', '{"items":[{"n":"x"}]}'),
        ("a/b=1", '{"a/b":0}', '{"a/b":1}'),
        ("a~1=1", '{"a~1":0}', '{"a~1":1}'),
        ("a=true", '{"a": 1}', '{"a":true}'),
        ("a=1.0", '{"a": 1}', '{"a":1.0}'),
        ("a=♠", '{"a": "🂡"}', '{"a":"♠"}'),
    ],
)
def test_a_setting_sets_one_field(setting: str, body: str, edited: str) -> None:
    assert Edit.read([setting], None).apply(body) == edited


def test_a_patch_comes_before_the_settings() -> None:
    patch = '[{"op": "move", "from": "/a", "path": "/b"}, {"op": "remove", "path": "/c"}]'
    assert Edit.read(["b.n=2"], patch).apply('{"a":{"n":1},"c":0}') == '{"b":{"n":2}}'


@pytest.mark.parametrize("body", ['{"a": 1.10,  "b":2}', "no JSON", '{"a":1,"a":2}', "[NaN]"])
def test_a_body_stays_byte_for_byte_without_an_edit(body: str) -> None:
    assert Edit().apply(body) == body


@given(documents)
def test_an_edit_that_changes_nothing_leaves_the_body_byte_for_byte(value: Any) -> None:
    body = json.dumps({"a": value, "b": 1}, indent=3)
    assert Edit.read([f"a={json.dumps(value)}"], None).apply(body) == body


@given(documents, st.integers())
def test_everything_else_of_the_body_is_as_before(value: Any, number: int) -> None:
    edited = Edit.read([f"n={number}"], None).apply(json.dumps({"n": "x", "rest": value}))
    assert json.loads(edited) == {"n": number, "rest": value}
    assert edited.encode()


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("text", id="no JSON"),
        pytest.param("[NaN]", id="no JSON number"),
        pytest.param('{"n":{"m":1},"sum":0.12345678901234567890123}', id="more digits than a float"),
        pytest.param('{"n":{"m":1},"n":{"m":2}}', id="a key twice"),
        pytest.param('{"n":5}', id="a number in place of an object"),
        pytest.param('{"n":"text"}', id="a text in place of an object"),
        pytest.param('{"n":[]}', id="a list in place of an object"),
        pytest.param("{}", id="no such object"),
        pytest.param("7", id="a number"),
        pytest.param("[" * 100_000, id="too deep"),
    ],
)
def test_a_body_that_an_edit_does_not_fit_is_an_error(body: str, error_text: ErrorTexts) -> None:
    with pytest.raises(EditError) as error:
        Edit.read(["n.m=1"], None).apply(body)
    error_text(str(error.value))


def test_a_test_of_a_patch_guards_it(error_text: ErrorTexts) -> None:
    patch = '[{"op": "test", "path": "/n", "value": 1}, {"op": "remove", "path": "/n"}]'
    assert Edit.read([], patch).apply('{"n":1}') == "{}"
    with pytest.raises(EditError) as error:
        Edit.read([], patch).apply('{"n":2}')
    error_text(str(error.value))


def test_characters_that_sqs_refuses_are_escaped() -> None:
    assert Edit.read(["n=1"], None).apply('{"n":0,"s":"\\ud800 🂡"}') == '{"n":1,"s":"\\ud800 \\ud83c\\udca1"}'


@pytest.mark.parametrize("setting", ["n", "=1", ".n=1", "a..b=1", ""])
def test_a_setting_without_a_path_is_an_error(setting: str, error_text: ErrorTexts) -> None:
    with pytest.raises(EditError) as error:
        Edit.read([setting], None)
    error_text(str(error.value))


@pytest.mark.parametrize(
    "patch",
    ["", "{}", "[1]", '[{"op":"add"}]', '[{"op":"set","path":"/a","value":1}]', '[{"op":"add","path":"a","value":1}]'],
    ids=["empty", "an object", "a number", "no path", "unknown", "no slash"],
)
def test_a_text_that_is_no_patch_is_an_error(patch: str, error_text: ErrorTexts) -> None:
    with pytest.raises(EditError) as error:
        Edit.read([], patch)
    error_text(str(error.value))


def test_a_diff_shows_the_changed_fields() -> None:
    assert diff('{"a":1,"b":2,"c":3,"d":4}', '{"a":1,"b":5,"c":3,"d":4}') == [
        '   "a": 1',
        '-  "b": 2',
        '+  "b": 5',
        '   "c": 3',
    ]
    assert diff("same", "same") == []
