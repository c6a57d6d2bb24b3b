"""Secrets by digest."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from consumers.provider.provider_values import Secret, revealed
from consumers.provider.secret_digests import SecretDigests, has_digests

LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()


def nested(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(inner) | st.dictionaries(st.text(), inner) | st.builds(Secret, inner)


@settings(max_examples=50)
@given(st.recursive(LEAVES, nested, max_leaves=10))
def test_an_unchanged_secret_is_restored(value: Any) -> None:
    digests = SecretDigests()
    written = json.loads(json.dumps(digests.hide(value)))
    assert SecretDigests(digests.key).restore(written, revealed(value)) == revealed(value)


def test_a_changed_secret_stays_a_digest() -> None:
    digests = SecretDigests()
    hidden = digests.hide({"variables": {"TOKEN": Secret("s3cret"), "LEVEL": "INFO"}, "list": Secret(["a", "b"])})
    assert "s3cret" not in json.dumps(hidden)
    restored = digests.restore(hidden, {"variables": {"TOKEN": "other", "LEVEL": "DEBUG"}, "list": ["a"]})
    assert restored["variables"] == {"TOKEN": hidden["variables"]["TOKEN"], "LEVEL": "INFO"}
    assert restored["list"] == ["a", hidden["list"][1]]
    assert has_digests(restored)
    assert digests.restore(hidden, None) == digests.restore(hidden, "text") == hidden


def test_the_same_secret_has_another_digest_with_another_key() -> None:
    assert SecretDigests().hide(Secret("s3cret")) != SecretDigests().hide(Secret("s3cret"))
    assert "s3cret" not in repr(SecretDigests("s3cret"))


def test_a_plain_text_that_looks_like_a_digest_is_unchanged() -> None:
    digests = SecretDigests()
    text = digests.hide(Secret("s3cret"))
    assert digests.restore({"name": text}, {"name": text}) == {"name": text}
