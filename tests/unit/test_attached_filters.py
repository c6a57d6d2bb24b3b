"""The filters that `attach` applies: those that Lambda decrypts for the caller, or none at all."""

from typing import Any

import pytest

from consumers.operations import attaching
from consumers.operations.attaching import AttachError, Mapping
from consumers.operations.discovery import Consumer
from error_texts import ErrorTexts

KEY = "arn:aws:kms:eu-central-1:123456789012:key/1a2b"
LISTED = {"UUID": "1", "BatchSize": 5, "KMSKeyArn": KEY}
"""A mapping as ListEventSourceMappings returns it: without its encrypted filters."""


def with_filters(**got: Any) -> Consumer:
    """Return the consumer if GetEventSourceMapping adds this."""

    class Lambda:
        def get_event_source_mapping(self, UUID: str) -> dict[str, Any]:  # noqa: N803
            return {**LISTED, "UUID": UUID, **got}

    consumer = Consumer("hands", "dev", "poker", mappings=[LISTED])
    return attaching.with_filters(lambda service: Lambda(), consumer)


def test_encrypted_filters_are_read_mapping_by_mapping_because_a_list_leaves_them_out() -> None:
    found = with_filters(FilterCriteria={"Filters": [{"Pattern": '{"body":{"won":[true]}}'}]})
    assert Mapping.of(found) == Mapping(5, 0, ({"body": {"won": [True]}},))


@pytest.mark.parametrize(
    "error",
    [
        {"ErrorCode": "KMSAccessDeniedException", "Message": "User: ann is not authorized to perform: kms:Decrypt."},
        {},
    ],
    ids=["denied", "without a reason"],
)
def test_filters_that_cannot_be_decrypted_are_an_error_that_names_the_key(
    error: dict[str, str], error_text: ErrorTexts
) -> None:
    with pytest.raises(AttachError) as caught:
        with_filters(FilterCriteriaError=error)
    error_text(str(caught.value))
