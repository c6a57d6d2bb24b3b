"""Values on their way between the engine and the provider."""

from pathlib import Path
from typing import Any

import pulumi
import pytest
from google.protobuf.struct_pb2 import Struct
from hypothesis import given
from hypothesis import strategies as st
from pulumi.runtime import proto, rpc

from consumers.provider.provider_values import (
    UNKNOWN,
    Archive,
    Secret,
    has_unknowns,
    marshalled,
    revealed,
    secret_as,
    secret_texts,
    unmarshalled,
    with_archives,
    without_secrets,
)
from error_texts import ErrorTexts

SIGNATURE, ARCHIVE, ASSET = (
    getattr(rpc, f"_special_{name}") for name in ("sig_key", "archive_sig", "asset_sig")
)  # the protocol's own names
TEXTS = st.text(max_size=3)
VALUES = st.recursive(
    st.booleans() | st.integers(-(2**50), 2**50) | TEXTS | st.just(UNKNOWN),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3) | inner.map(Secret),
    max_leaves=8,
)
OBJECTS = st.dictionaries(TEXTS, VALUES, max_size=4)


def sent(**values: Any) -> Struct:
    struct = Struct()
    struct.update(values)
    return struct


@given(OBJECTS)
def test_marshalled_values_come_back_unchanged(values: dict[str, Any]) -> None:
    assert unmarshalled(marshalled(values)) == values


def test_integral_numbers_become_integers_and_nulls_are_left_out() -> None:
    values = unmarshalled(sent(a=10.0, b=2.5, c=None, d={"e": None, "f": 3.0}))
    assert repr(sorted(values.items())) == "[('a', 10), ('b', 2.5), ('d', {'f': 3})]"


@pytest.mark.parametrize("unknown", [UNKNOWN, "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7"])
def test_unknown_values_are_recognised_whatever_their_type(unknown: str) -> None:
    values = unmarshalled(sent(a=unknown, b=[{"c": unknown}], d="known"))
    assert values == {"a": UNKNOWN, "b": [{"c": UNKNOWN}], "d": "known"}
    assert [key for key in values if has_unknowns(values[key])] == [key for key in values if key in "ab"]


@pytest.mark.parametrize("sent_value", [{"a": {SIGNATURE: "new"}}, {"code": {SIGNATURE: ARCHIVE, "hash": "1"}}])
def test_a_value_that_cannot_be_read_is_an_error(error_text: ErrorTexts, sent_value: dict[str, Any]) -> None:
    with pytest.raises(ValueError) as caught:
        with_archives(unmarshalled(sent(**sent_value)), Path())
    error_text(str(caught.value))


def test_an_archive_is_the_same_by_its_hash_alone() -> None:
    full = unmarshalled(sent(code={SIGNATURE: ARCHIVE, "hash": "1", "path": "a.zip"}))
    elided = unmarshalled(sent(code={SIGNATURE: ARCHIVE, "hash": "1"}))
    other = unmarshalled(sent(code={SIGNATURE: ARCHIVE, "hash": "2", "path": "a.zip"}))
    assert full == elided
    assert full != other
    assert unmarshalled(sent(code={SIGNATURE: ARCHIVE})) == {"code": Archive("", {})}
    assert unmarshalled(marshalled(full))["code"].sent["path"] == "a.zip"


def test_archives_are_opened_as_pulumis_own_with_paths_from_the_programs_folder() -> None:
    texts = {SIGNATURE: ASSET, "hash": "2", "text": "x"}
    file = {SIGNATURE: ASSET, "hash": "3", "path": "a.py"}
    inner = {SIGNATURE: ARCHIVE, "hash": "4", "path": "/there/b.zip"}
    remote = {"r": {SIGNATURE: ARCHIVE, "uri": "https://a/b.zip"}, "s": {SIGNATURE: ASSET, "uri": "https://a/b.py"}}
    values = unmarshalled(
        sent(code={SIGNATURE: ARCHIVE, "hash": "1", "assets": {"t": texts, "f": file, "z": inner, **remote}}, timeout=3)
    )
    code = with_archives(values, Path("/project"))["code"]
    assert isinstance(code, pulumi.AssetArchive)
    assets: Any = code.assets  # pyright: ignore[reportUnknownMemberType]
    assert assets.keys() == {"t", "f", "z", "r", "s"}
    assert (type(assets["t"]), assets["t"].text) == (pulumi.StringAsset, "x")
    assert (type(assets["f"]), assets["f"].path) == (pulumi.FileAsset, "/project/a.py")
    assert (type(assets["z"]), assets["z"].path) == (pulumi.FileArchive, "/there/b.zip")
    assert (type(assets["r"]), assets["r"].uri) == (pulumi.RemoteArchive, "https://a/b.zip")
    assert (type(assets["s"]), assets["s"].uri) == (pulumi.RemoteAsset, "https://a/b.py")


def test_a_secret_makes_a_secret_of_what_has_its_place() -> None:
    pattern = {"a": Secret("1"), "b": {"c": Secret("2"), "d": "3"}, "e": [Secret("4"), "5"]}
    values = {"a": {"x": 1}, "b": {"c": "6", "d": "7"}, "e": ["8", "9"], "f": "10"}
    assert secret_as(values, pattern) == {
        "a": Secret({"x": 1}),
        "b": {"c": Secret("6"), "d": "7"},
        "e": Secret(["8", "9"]),
        "f": "10",
    }


@given(OBJECTS)
def test_secrets_of_the_same_values_come_back_and_hide_every_text_that_was_one(values: dict[str, Any]) -> None:
    marked = secret_as(revealed(values), values)
    assert revealed(marked) == revealed(values)
    assert secret_texts(values) <= secret_texts(marked)


def test_neither_a_secret_nor_an_archive_shows_its_content() -> None:
    assert "hidden" not in repr(Secret("hidden"))
    assert repr(Archive("1", {"path": "a.zip"})) == "Archive(hash='1')"
    assert secret_texts({"a": [Secret({"b": "one"})], "c": Secret(UNKNOWN), "d": "two", "e": Secret(3)}) == {"one"}


def test_a_text_for_the_user_has_no_secret_of_the_request_nor_the_rest_of_a_longer_one() -> None:
    inputs = marshalled({"password": Secret("pass"), "token": Secret("password"), "name": "hands"})
    request = proto.CreateRequest(urn="urn", properties=inputs)
    assert without_secrets(request, "password, pass and hands") == "[secret], [secret] and hands"
