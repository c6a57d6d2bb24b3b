"""A dead-letter queue and a queue in memory, which fail as a test says."""

from collections.abc import Callable, Sequence
from typing import Any

from botocore.exceptions import ClientError, ReadTimeoutError  # pyright: ignore[reportMissingTypeStubs]

from consumers.operations.dead_letters.letters import DeadLetter

Judge = Callable[[dict[str, Any]], dict[str, Any] | None]
"""Returns the failure of an entry; None where SQS takes it."""


def accept(entry: dict[str, Any]) -> None:
    return None


def no_answer() -> Exception:
    return ReadTimeoutError(endpoint_url="https://sqs")


def client_error(code: str, status: int = 400) -> ClientError:
    answer: Any = {"Error": {"Code": code, "Message": f"{code}!"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "SendMessageBatch")


class FakeSqs:
    """Both queues. `before` runs at each call, and may raise; `lose` are calls whose answer gets lost."""

    def __init__(
        self, judge: Judge = accept, before: Sequence[Exception | None] = (), lose: Sequence[int] = ()
    ) -> None:
        self.judge, self.before, self.lose = judge, list(before), set(lose)
        self.calls = 0
        self.sent: list[dict[str, Any]] = []
        self.batches: list[list[str]] = []
        self.deleted: list[str] = []
        self.judge_delete: Judge = accept
        self.renewed: list[str] = []
        self.lost_receipts: set[str] = set()

    def send_message_batch(self, QueueUrl: str, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        self.calls += 1
        if self.before and (error := self.before.pop(0)):
            raise error
        self.batches.append([entry["MessageBody"] for entry in Entries])
        taken = [entry for entry in Entries if self.judge(entry) is None]
        known = {entry.get("MessageDeduplicationId") for entry in self.sent} - {None}
        self.sent += [entry for entry in taken if entry.get("MessageDeduplicationId") not in known]
        if self.calls in self.lose:
            raise no_answer()
        return {
            "Successful": [{"Id": entry["Id"], "MessageId": f"new {entry['MessageBody']}"} for entry in taken],
            "Failed": [{"Id": entry["Id"], **failure} for entry in Entries if (failure := self.judge(entry))],
        }

    def delete_message_batch(self, QueueUrl: str, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        failed = [{"Id": entry["Id"], **failure} for entry in Entries if (failure := self.judge_delete(entry))]
        ids = {each["Id"] for each in failed}
        self.deleted += [entry["ReceiptHandle"] for entry in Entries if entry["Id"] not in ids]
        return {"Successful": [{"Id": each["Id"]} for each in Entries if each["Id"] not in ids], "Failed": failed}

    def change_message_visibility_batch(self, QueueUrl: str, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        good = [entry for entry in Entries if entry["ReceiptHandle"] not in self.lost_receipts]
        self.renewed += [entry["ReceiptHandle"] for entry in good]
        return {"Successful": [{"Id": entry["Id"]} for entry in good]}

    def bodies(self) -> list[str]:
        return [entry["MessageBody"] for entry in self.sent]


def letter(body: str, group: str | None = None, **more: Any) -> DeadLetter:
    system: dict[str, str] = {"MessageGroupId": group} if group is not None else {}
    return DeadLetter(
        f"id {body}", body, more.get("attributes", {}), system | more.get("system", {}), f"receipt {body}"
    )
