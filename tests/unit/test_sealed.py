"""Secrets by digest."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from consumers.provider.provider_values import Secret, revealed
from consumers.provider.secret_digests import Seal, is_closed

LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()


def nested(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(inner) | st.dictionaries(st.text(), inner) | st.builds(Secret, inner)


@settings(max_examples=50)
@given(st.recursive(LEAVES, nested, max_leaves=10))
def test_an_unchanged_secret_is_restored(value: Any) -> None:
    seal = Seal()
    written = json.loads(json.dumps(seal.closed(value)))
    assert Seal(seal.key).opened(written, revealed(value)) == revealed(value)


def test_a_changed_secret_stays_a_digest() -> None:
    seal = Seal()
    closed = seal.closed({"variables": {"TOKEN": Secret("s3cret"), "LEVEL": "INFO"}, "list": Secret(["a", "b"])})
    assert "s3cret" not in json.dumps(closed)
    opened = seal.opened(closed, {"variables": {"TOKEN": "other", "LEVEL": "DEBUG"}, "list": ["a"]})
    assert opened["variables"] == {"TOKEN": closed["variables"]["TOKEN"], "LEVEL": "INFO"}
    assert opened["list"] == ["a", closed["list"][1]]
    assert is_closed(opened)
    assert seal.opened(closed, None) == seal.opened(closed, "text") == closed


def test_the_same_secret_has_another_digest_with_another_key() -> None:
    assert Seal().closed(Secret("s3cret")) != Seal().closed(Secret("s3cret"))
    assert "s3cret" not in repr(Seal("s3cret"))


def test_a_plain_text_that_looks_like_a_digest_is_none() -> None:
    seal = Seal()
    text = seal.closed(Secret("s3cret"))
    assert seal.opened({"name": text}, {"name": text}) == {"name": text}
