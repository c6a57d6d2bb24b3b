"""Sends and deletes in batches, and says for each message what SQS has confirmed."""

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore import exceptions  # pyright: ignore[reportMissingTypeStubs]

from consumers.operations.dead_letters.entries import Copy
from consumers.operations.dead_letters.holding import Hold
from consumers.operations.dead_letters.letters import DeadLetter

ATTEMPTS = 5
FIRST_PAUSE = 0.2  # seconds before the second attempt; twice as long before each further one
UNKNOWN = "perhaps sent: SQS has not confirmed it"


@dataclass(frozen=True)
class Result:
    """What SQS says about one copy."""

    new_id: str = ""
    """Its id in the queue; empty unless SQS has confirmed it."""
    failure: str = ""
    is_retryable: bool = False


@dataclass(frozen=True)
class Sending:
    """What a batch came to."""

    results: list[Result]
    refusal: Exception | None = None
    """Why SQS refused the whole call, as it would refuse the next one: a permission, a missing queue."""


@dataclass(frozen=True)
class Deleting:
    """What the deletion of letters came to."""

    failures: dict[str, str]
    """Why each of those that may still be there is not deleted, by its id."""
    refusal: Exception | None = None
    """Why the whole call failed, as the next one would."""


def send(sqs: Any, url: str, copies: Sequence[Copy], *, fifo: bool, stop: threading.Event) -> Sending:
    """Send one batch; entries and calls that SQS throttled are tried five times.

    After a lost answer only a FIFO queue deduplicates a second try. On a standard queue it is not tried again: a
    message is then in both queues at worst. `sqs` must not retry by itself: see `Target.client`.
    """
    results = [Result(is_retryable=True)] * len(copies)
    refusal: Exception | None = None
    for attempt in range(ATTEMPTS):
        left = [number for number, result in enumerate(results) if result.is_retryable]
        if not left or refusal or (attempt and stop.wait(FIRST_PAUSE * 2 ** (attempt - 1))):
            break
        answers, refusal = _send_once(sqs, url, [copies[number] for number in left], fifo)
        for number, answer in zip(left, answers, strict=True):
            results[number] = answer
    return Sending(results, refusal)


def _send_once(sqs: Any, url: str, copies: Sequence[Copy], fifo: bool) -> tuple[list[Result], Exception | None]:
    entries = [{"Id": str(number), **copy.parameters} for number, copy in enumerate(copies)]
    try:
        reply = sqs.send_message_batch(QueueUrl=url, Entries=entries)
    except Exception as error:
        result, is_refusal = _after_error(error, fifo)
        return [result] * len(copies), error if is_refusal else None
    sent = {entry["Id"]: entry["MessageId"] for entry in reply.get("Successful", [])}
    failed = {entry["Id"]: entry for entry in reply.get("Failed", [])}
    return [_result(sent.get(entry["Id"]), failed.get(entry["Id"])) for entry in entries], None


def _result(new_id: str | None, failure: Mapping[str, Any] | None) -> Result:
    if new_id:
        return Result(new_id)
    if not failure:
        return Result(failure=UNKNOWN)
    return Result(failure=failure.get("Message") or failure["Code"], is_retryable=not failure.get("SenderFault"))


def _after_error(error: Exception, fifo: bool) -> tuple[Result, bool]:
    """Return what an error means for each copy, and whether the next call would fail too."""
    if has_not_arrived(error):
        return Result(failure=str(error), is_retryable=True), False
    if has_no_answer(error):
        return Result(failure=f"{UNKNOWN} ({error})", is_retryable=fifo), False
    return Result(failure=str(error)), True


def has_not_arrived(error: Exception) -> bool:
    """Return whether SQS has certainly not done what was asked: it was throttled, or there was no connection."""
    response: dict[str, Any] = getattr(error, "response", None) or {}
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    is_throttled = "Throttl" in response.get("Error", {}).get("Code", "") or status in (429, 503)
    return is_throttled or isinstance(error, exceptions.EndpointConnectionError | exceptions.ConnectTimeoutError)


def has_no_answer(error: Exception) -> bool:
    """Return whether SQS may have done it all the same: a lost answer, or an error within SQS."""
    response: dict[str, Any] = getattr(error, "response", None) or {}
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    # Any other error is of botocore's own, such as an answer that it cannot parse.
    return (
        status >= 500 or isinstance(error, exceptions.HTTPClientError) or not isinstance(error, exceptions.ClientError)
    )


def delete(sqs: Any, url: str, hold: Hold, letters: Sequence[DeadLetter]) -> Deleting:
    """Delete letters that are held, at most ten.

    A deletion can be repeated, so `sqs` may retry.
    """
    left = {letter.id: letter for letter in letters}
    failures: dict[str, str] = {}
    for attempt in range(ATTEMPTS if letters else 0):
        if attempt:
            time.sleep(FIRST_PAUSE * 2 ** (attempt - 1))
        try:
            failures, is_final = _delete_once(sqs, url, hold, list(left.values()))
        except Exception as error:
            return Deleting(dict.fromkeys(left, str(error)), error)
        hold.release([letter for each, letter in left.items() if each not in failures])
        left = {each: left[each] for each in failures}
        if is_final:
            break
    return Deleting(failures)


def _delete_once(sqs: Any, url: str, hold: Hold, letters: Sequence[DeadLetter]) -> tuple[dict[str, str], bool]:
    """Return why letters are not deleted, by their ids, and whether a second try would end the same."""
    entries = [{"Id": str(number), "ReceiptHandle": hold.receipt(letter)} for number, letter in enumerate(letters)]
    reply = sqs.delete_message_batch(QueueUrl=url, Entries=entries)
    deleted = {int(entry["Id"]) for entry in reply.get("Successful", [])}
    failed = {int(entry["Id"]): entry for entry in reply.get("Failed", [])}
    reasons = {letter.id: failed.get(n, {}) for n, letter in enumerate(letters) if n not in deleted}
    texts = {each: why.get("Message") or why.get("Code") or "SQS did not confirm it" for each, why in reasons.items()}
    return texts, all(why.get("SenderFault") for why in reasons.values())
