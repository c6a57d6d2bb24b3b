"""Policy documents: plain data in, plain data out, and text as AWS gives it back."""

import json

from hypothesis import given
from hypothesis import strategies as st

from components import policies

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(document=st.dictionaries(st.text(), values))
def test_canonical_json_is_the_same_for_the_same_document_in_any_order(document: dict[str, object]) -> None:
    backwards = dict(reversed(document.items()))
    text = policies.canonical_json(document)
    assert policies.canonical_json(backwards) == text
    assert json.loads(text) == document


def test_visibility_is_granted_only_where_it_is_changed() -> None:
    without, having = (policies.consume("arn", change_visibility=change) for change in (False, True))
    assert set(having["Action"]) - set(without["Action"]) == {"sqs:ChangeMessageVisibility"}


def test_no_statement_of_ours_allows_a_wildcard() -> None:
    for statement in (
        policies.consume("arn", change_visibility=True),
        policies.send("arn"),
        policies.write_logs("arn:*"),
    ):
        assert not any("*" in action for action in statement["Action"])
        assert statement["Resource"].startswith("arn")


def test_the_dead_letter_target_comes_with_a_whole_number() -> None:
    text = policies.canonical_json(policies.redrive("arn", 3))
    assert text == '{"deadLetterTargetArn":"arn","maxReceiveCount":3}'
