"""The workflow: every hand is in the ledger once, and the producer reads large, replaced and posted histories."""

import json
import random
import tracemalloc
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import functions.hand_histories.handler as hand_histories
import sqs_send
from consumers.local.emulator import LocalAws
from consumers.testing import context, event, failed_ids, record
from demo.histories import PLAYERS, histories
from history import PIECE
from on_local_aws import take
from test_ten_hands import demo

ENDS = ("own", "hands")
HAND: dict[str, Any] = {"user_id": "aarit", "hole_cards": "AsKs", "chip_delta": 120, "result": "won"}


def test_every_hand_of_several_histories_is_in_the_ledger_once(tmp_path: Path) -> None:
    result = demo(tmp_path, "--workflow", "--histories", "2", "--json")
    assert result.returncode == 0, result.stderr
    seen, made = json.loads(result.stdout), histories(2)
    # Independently of the pipeline's code.
    ids, chips, broken, twice = dict[str, str](), Counter[str](), 0, 0
    for text in made.files.values():
        for line in text.splitlines():
            if not line.startswith('{"hand_id": "h-'):
                broken += 1
            elif (hand := json.loads(line))["hand_id"] in ids:
                twice += 1
            else:
                ids[hand["hand_id"]] = hand["user_id"]
                chips[hand["user_id"]] += hand["chip_delta"]
    assert len(made.files) == 3  # one is posted
    assert (seen["hands"], seen["handled"], seen["ledger"]) == (len(ids), len(ids), len(ids)) == (300,) * 3
    assert (len(seen["broken"]), seen["repeated"]) == (broken, twice)
    assert min(broken, twice) > 0
    assert seen["summary"][0] == f"summary hands=300 players={len(PLAYERS)} chips={chips.total():+d}"
    (best, won), *_ = chips.most_common(1)
    assert seen["summary"][1] == f"player={best} hands={list(ids.values()).count(best)} chips={won:+d}"


@pytest.mark.parametrize(
    ("arguments", "code", "error"),
    [
        (
            ["--workflow", "--stack", "dev"],
            1,
            "The stack dev has no workflow: set `workflow: true` in Pulumi.dev.yaml.",
        ),
        (["--histories", "5"], 2, "--histories requires --workflow."),
    ],
)
def test_a_workflow_that_cannot_run_is_one_error(arguments: list[str], code: int, error: str, tmp_path: Path) -> None:
    result = demo(tmp_path, *arguments)
    assert result.returncode == code
    assert result.stderr.endswith(f"Error: {error}\n")


class Histories:
    """The producer's handler in this process, with its own bucket and queues."""

    def __init__(self, aws: LocalAws, name: str) -> None:
        self.sqs, self.s3, self.bucket = aws.client("sqs"), aws.client("s3"), f"b-{name[-8:]}"
        self.s3.create_bucket(Bucket=self.bucket)
        self.own, self.hands = (self.sqs.create_queue(QueueName=f"{name}-{end}")["QueueUrl"] for end in ENDS)
        self.arn = f"arn:aws:sqs:{aws.region}:{aws.account_id}:{name}-own"

    def upload(self, key: str, body: bytes) -> str:
        """Upload a history and return the body of S3's event."""
        etag = self.s3.put_object(Bucket=self.bucket, Key=key, Body=body)["ETag"].strip('"')
        upload = {"bucket": {"name": self.bucket}, "object": {"key": key, "size": len(body), "eTag": etag}}
        return json.dumps({"Records": [{"eventSource": "aws:s3", "s3": upload}]})

    def handle(self, body: str) -> list[str]:
        """Return the ids of failed messages."""
        message = record(body) | {"eventSourceARN": self.arn}
        return failed_ids(hand_histories.handle(event(message), context()))

    def pieces(self) -> list[str]:
        """Take the pieces that the handler has sent to itself."""
        return [message["Body"] for message in take(self.sqs, self.own)]

    def sent(self) -> list[str]:
        return sorted(json.loads(message["Body"])["hand_id"] for message in take(self.sqs, self.hands))


@pytest.fixture
def producer(aws: LocalAws, name: str, monkeypatch: pytest.MonkeyPatch) -> Histories:
    made = Histories(aws, name)
    monkeypatch.setattr(hand_histories, "s3_client", lambda: made.s3)
    monkeypatch.setattr(sqs_send, "default_client", lambda: made.sqs)
    monkeypatch.setenv("HANDS_QUEUE_URL", made.hands)
    return made


def test_a_large_upload_is_read_in_pieces_and_never_whole_in_memory(producer: Histories) -> None:
    notes = {"notes": "x" * 60_000}
    lines = [json.dumps({**HAND, "hand_id": f"h-{number:04}", **notes}) for number in range(300)]
    lines.insert(200, "broken")
    event_body = producer.upload("large.jsonl", "\n".join(lines).encode())
    assert sum(map(len, lines)) > 18_000_000
    tracemalloc.start()
    try:
        assert producer.handle(event_body) == []
        found = producer.pieces()
        assert [producer.handle(piece) for piece in found] == [[]] * len(found)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(found) == -(-sum(len(line) + 1 for line in lines) // PIECE)
    assert producer.sent() == [f"h-{number:04}" for number in range(300)]
    assert peak < 14_000_000


def test_a_broken_line_is_reported_with_its_line_number(producer: Histories, caplog: pytest.LogCaptureFixture) -> None:
    lines = [json.dumps({**HAND, "notes": "x" * 60_000})] * 100
    lines[80] = "broken"
    producer.handle(producer.upload("two pieces.jsonl", "\n".join(lines).encode()))
    pieces = producer.pieces()
    random.shuffle(pieces)
    for piece in pieces:
        assert producer.handle(piece) == []
    assert len(pieces) == 2
    assert f"BROKEN history=s3://{producer.bucket}/two pieces.jsonl line=81 reason=not JSON" in caplog.text
    assert len(set(producer.sent())) == 99


def test_hands_and_pieces_of_a_history_are_a_message_group(producer: Histories) -> None:
    producer.handle(producer.upload("a.jsonl", b"x" * (PIECE + 1)))
    message = json.loads(producer.upload("b.jsonl", json.dumps(HAND).encode()))
    producer.handle(json.dumps(message))
    piece, hand = (take(producer.sqs, queue)[0] for queue in (producer.own, producer.hands))
    assert piece["Attributes"]["MessageGroupId"] == json.loads(piece["Body"])["upload"][2]
    assert hand["Attributes"]["MessageGroupId"] == message["Records"][0]["s3"]["object"]["eTag"]


def test_an_upload_that_was_replaced_or_deleted_is_skipped(producer: Histories) -> None:
    first = producer.upload("a.jsonl", json.dumps({**HAND, "hand_id": "old"}).encode())
    second = producer.upload("a.jsonl", json.dumps({**HAND, "hand_id": "new"}).encode())
    assert producer.handle(first) == producer.handle(second) == []
    producer.s3.delete_object(Bucket=producer.bucket, Key="a.jsonl")
    assert producer.handle(second) == []
    assert producer.sent() == ["new"]


def test_a_post_is_read_like_an_upload_whatever_the_fields_of_its_hands(producer: Histories) -> None:
    one, other = (json.dumps({**HAND, "hand_id": name}) for name in ("a", "b"))
    assert producer.handle(f"{one}\nbroken\n{other}\n") == producer.handle(one) == []
    assert producer.sent() == ["a", "a", "b"]
    fields_of_aws: list[dict[str, Any]] = [{"Event": "WSOP"}, {"Records": []}, {"piece": 1}, {"upload": 1, "piece": 1}]
    for fields in fields_of_aws:
        assert producer.handle(json.dumps({**HAND, "hand_id": "c", **fields})) == []
        assert producer.sent() == ["c"]


def test_the_log_of_broken_lines_is_limited(producer: Histories, caplog: pytest.LogCaptureFixture) -> None:
    lines = ["x"] * 5_000 + [json.dumps({**HAND, "result": "y" * 60_000})]
    assert producer.handle("\n".join(reversed(lines))) == []
    reports = [entry.getMessage() for entry in caplog.records if "BROKEN" in entry.msg]
    assert len(reports) == hand_histories.REPORTED
    assert max(map(len, reports)) < 1_000
    assert "hands=0 broken=5001" in caplog.text


def test_a_line_break_in_a_key_forges_no_log_line(producer: Histories, caplog: pytest.LogCaptureFixture) -> None:
    assert producer.handle(producer.upload("a\nBROKEN.jsonl", b"{")) == []
    reports = [entry.getMessage() for entry in caplog.records if "history=" in entry.msg]
    assert [report.count("\n") for report in reports] == [0, 0]
    assert f"BROKEN history='s3://{producer.bucket}/a\\nBROKEN.jsonl' line=1" in reports[0]


def test_s3_s_test_event_and_an_empty_upload_are_ignored(producer: Histories) -> None:
    assert producer.handle(json.dumps({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "b"})) == []
    assert producer.handle(producer.upload("empty.jsonl", b"")) == []
    assert producer.sent() == []


def test_an_upload_that_cannot_be_read_is_a_failure(producer: Histories) -> None:
    event_body = producer.upload("a.jsonl", json.dumps(HAND).encode()).replace(producer.bucket, "no-such-bucket")
    assert len(producer.handle(event_body)) == 1
