"""The next update repairs what a killed one has left in the CLI's backend and on the local AWS."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from consumers.local.emulator import LocalAws
from consumers.provider.crash_recovery import CreationNotes, recover
from consumers.provider.provider_values import Secret
from consumers.resource_table import TABLE, ResourceError
from resource_examples import API, ROUTE, SUBSCRIPTION

QUEUE = TABLE["aws:sqs/queue:Queue"]
TAGS = {"team": "cards"}


class Killed:
    """The leftovers of an update of the stack `dev`, of a process that may be alive."""

    def __init__(self, folder: Path, aws: LocalAws, process_id: int) -> None:
        self.lock = folder / "backend/.pulumi/locks/organization/hands/dev/lock.json"
        self.refreshed: list[str] = []
        self._folder, self._aws = folder, aws
        self.notes = CreationNotes(folder / "notes", process_id)
        self._write(self.lock, {"pid": process_id})

    def creating(self, name: str, aws: LocalAws | None = None) -> str:
        """Create a queue that is not in the state, and return its URL."""
        inputs = {"name": name, "tagsAll": TAGS}
        with self.notes.creating(aws or self._aws, QUEUE, inputs):
            return QUEUE.create(aws or self._aws, name, {"name": name, "tags": TAGS})[0]

    def state(self, *resources: dict[str, Any], pending: bool = True) -> None:
        latest = {"resources": resources, "pending_operations": [{"type": "updating"}] if pending else None}
        self._write(self._folder / "backend/.pulumi/stacks/hands/dev.json", {"checkpoint": {"latest": latest}})

    def repair(self) -> None:
        recover(self._folder / "backend", self._folder / "notes", self._aws, self.refreshed.append)

    def _write(self, path: Path, content: Any) -> None:
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(content))


@pytest.fixture
def killed(tmp_path: Path, aws: LocalAws) -> Killed:
    process = subprocess.Popen([sys.executable, "-S", "-c", ""])
    process.wait()
    return Killed(tmp_path, aws, process.pid)


def queues(aws: LocalAws, prefix: str) -> list[str]:
    return aws.client("sqs").list_queues(QueueNamePrefix=prefix).get("QueueUrls", [])


def test_a_resource_in_no_state_is_deleted_and_the_lock_removed(killed: Killed, aws: LocalAws, name: str) -> None:
    ireland = replace(aws, region="eu-west-1")
    recorded = killed.creating(f"{name}-recorded")
    killed.creating(name)
    killed.creating(name, ireland)
    killed.state({"type": QUEUE.token, "id": recorded})
    killed.repair()
    assert (queues(aws, name), queues(ireland, name)) == ([recorded], [])
    assert (killed.refreshed, killed.lock.exists()) == (["dev"], False)


def test_the_replacement_of_a_pending_replacement_is_deleted(killed: Killed, aws: LocalAws, name: str) -> None:
    killed.state({"type": QUEUE.token, "id": killed.creating(name), "pendingReplacement": True})
    killed.repair()
    assert queues(aws, name) == []


@pytest.mark.parametrize("token", [ROUTE, SUBSCRIPTION])
def test_a_sibling_of_an_unfinished_resource_stays(killed: Killed, aws: LocalAws, name: str, token: str) -> None:
    if token == ROUTE:
        api, _ = TABLE[API].create(aws, name, {"protocolType": "HTTP"})
        first, second = ({"apiId": api, "routeKey": f"POST /{path}"} for path in "ab")
    else:
        topic = aws.client("sns").create_topic(Name=name)["TopicArn"]
        ends = (f"arn:aws:sqs:{aws.region}:{aws.account_id}:{name}-{end}" for end in "ab")
        first, second = ({"topic": topic, "protocol": "sqs", "endpoint": arn} for arn in ends)
    entry = TABLE[token]
    recorded, _ = entry.create(aws, name, first)
    with killed.notes.creating(aws, entry, second):
        made, _ = entry.create(aws, name, second)
    killed.state({"type": token, "id": recorded})
    killed.repair()
    assert entry.read(aws, recorded) is not None
    assert entry.read(aws, made) is None


def test_a_resource_with_other_tags_existed_before_and_stays(killed: Killed, aws: LocalAws, name: str) -> None:
    aws.client("sqs").create_queue(QueueName=name, tags={"team": "chips"})
    with killed.notes.creating(aws, QUEUE, {"name": name, "tagsAll": TAGS}):
        pass  # killed before it was made
    killed.repair()
    assert len(queues(aws, name)) == 1


def test_a_note_has_no_secret_and_its_resource_is_deleted(
    killed: Killed, aws: LocalAws, name: str, tmp_path: Path
) -> None:
    inputs = {"name": name, "tagsAll": {"token": Secret("s3cret")}}
    with killed.notes.creating(aws, QUEUE, inputs):
        QUEUE.create(aws, name, {"name": name, "tags": {"token": "s3cret"}})
    [note] = (tmp_path / "notes").glob("*/*")
    assert "s3cret" not in note.read_text()
    killed.repair()
    assert queues(aws, name) == []


def test_a_subscription_whose_topic_was_deleted_is_deleted_too(killed: Killed, aws: LocalAws, name: str) -> None:
    topic = aws.client("sns").create_topic(Name=name)["TopicArn"]
    inputs = {"topic": topic, "protocol": "sqs", "endpoint": f"arn:aws:sqs:us-east-1:000000000000:{name}"}
    subscription = TABLE[SUBSCRIPTION]
    with killed.notes.creating(aws, subscription, inputs):
        made, _ = subscription.create(aws, name, inputs)
    aws.client("sns").delete_topic(TopicArn=topic)
    killed.repair()
    assert subscription.read(aws, made) is None


def test_a_resource_that_made_the_creation_fail_stays(killed: Killed, aws: LocalAws, name: str) -> None:
    aws.client("sqs").create_queue(QueueName=name, Attributes={"DelaySeconds": "5"}, tags=TAGS)
    with pytest.raises(ResourceError):
        killed.creating(name)
    killed.repair()
    assert len(queues(aws, name)) == 1


def test_a_running_update_is_left_alone(tmp_path: Path, aws: LocalAws, name: str) -> None:
    alive = Killed(tmp_path, aws, os.getpid())
    alive.creating(name)
    alive.repair()
    alive.lock.unlink()  # now it has ended, and its provider not yet
    alive.repair()
    assert len(queues(aws, name)) == 1


def test_after_a_kill_a_stack_is_refreshed_though_nothing_is_pending(killed: Killed, name: str) -> None:
    killed.state({"type": QUEUE.token, "id": name}, pending=False)
    killed.repair()
    killed.repair()
    assert killed.refreshed == ["dev"]


def test_after_an_interrupted_run_a_resource_in_no_state_is_deleted(tmp_path: Path, aws: LocalAws, name: str) -> None:
    ended = Killed(tmp_path, aws, os.getpid())
    recorded = ended.creating(f"{name}-recorded")
    ended.creating(name)
    ended.state({"type": QUEUE.token, "id": recorded})
    ended.notes.undo(aws, tmp_path / "backend")
    assert queues(aws, name) == [recorded]


def test_a_half_written_lock_is_removed_and_nothing_is_refreshed(killed: Killed) -> None:
    killed.state(pending=False)
    killed.lock.write_text("{")
    killed.repair()
    assert (killed.refreshed, killed.lock.exists()) == ([], False)
