"""`attach` while calls to AWS are lost, throttled or refused."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError  # pyright: ignore[reportMissingTypeStubs]

from attachable import Handler, MakeConsumer, depth, send, start, state
from consumers.local.emulator import LocalAws
from consumers.operations import held_lease, pausing
from consumers.operations.pausing import Wait
from fault_proxy import FaultProxy, Faults
from on_local_aws import wait_until


class FirstCalls(Faults):
    """Loses the answers to the first calls of an action."""

    def __init__(self, action: str, count: int, kind: str = "drop") -> None:
        super().__init__(0, 1.0)
        self.action, self.left, self.kind = action, count, kind

    def choose(self, action: str) -> str | None:
        if action != self.action or self.left <= 0:
            return None
        self.left -= 1
        self.done[self.kind, action] += 1
        return self.kind


@pytest.fixture
def proxy(aws: LocalAws) -> Iterator[FaultProxy]:
    with FaultProxy(aws.endpoint_url) as running:
        yield running


@pytest.fixture
def far(aws: LocalAws, proxy: FaultProxy) -> Callable[[str], Any]:
    """Clients that reach the local AWS through the proxy, and do not retry by themselves."""
    import boto3  # pyright: ignore[reportMissingTypeStubs]
    from botocore.config import Config  # pyright: ignore[reportMissingTypeStubs]

    sdk: Any = boto3
    config = Config(retries={"total_max_attempts": 1}, connect_timeout=2, read_timeout=5)
    made = {
        service: sdk.Session().client(
            service,
            region_name=aws.region,
            endpoint_url=proxy.url,
            aws_access_key_id=aws.access_key_id,
            aws_secret_access_key="not-checked",
            config=config,
        )
        for service in ("sqs", "lambda", "cloudwatch")
    }
    return made.__getitem__


LOST = [
    ("ReceiveMessage", 2, "drop"),
    ("DeleteMessageBatch", 2, "drop"),
    ("DeleteMessageBatch", 2, "throttle"),
    ("DeleteMessageBatch", 3, "fail entries"),
    ("ReceiveMessage", 2, "throttle"),
]


@pytest.mark.parametrize(("action", "count", "kind"), LOST, ids=lambda value: str(value).replace(" ", "-"))
def test_a_lost_answer_loses_no_message_and_brings_none_twice(
    aws: LocalAws, make_consumer: MakeConsumer, proxy: FaultProxy, far: Any, action: str, count: int, kind: str
) -> None:
    consumer, handler = make_consumer(visibility=5), Handler()
    attached = start(consumer, far, handler)
    proxy.begin(faults := FirstCalls(action, count, kind))
    send(aws, consumer, *range(20))
    wait_until(lambda: depth(aws, consumer).total == 0)
    counts = attached.end()
    assert faults.done.total() == count
    assert sorted(handler.seen) == list(range(20))
    assert (counts.handled, counts.undeleted) == (20, 0)
    if kind != "fail entries":
        assert attached.told[0].startswith("AWS does not answer, which loses no message. Trying again: ")
        assert attached.told[1:] == ["AWS answers again."]


def test_without_a_connection_it_ends_with_the_lease_and_says_that_the_pause_is_left(
    aws: LocalAws, make_consumer: MakeConsumer, far: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(held_lease, "SECONDS", 3)
    monkeypatch.setattr(held_lease, "RENEWAL", 0.2)
    monkeypatch.setattr(held_lease, "RETRY", 0.2)
    consumer, handler = make_consumer(), Handler()
    attached = start(consumer, far, handler)

    def cut(request: Any, **_: Any) -> None:
        raise EndpointConnectionError(endpoint_url=request.url)

    for service in ("sqs", "lambda"):
        far(service).meta.events.register("before-send", cut)
    text = attached.fails()
    name = consumer.name
    assert text.startswith(f"{name} may still be paused: `consumers resume {name}` ends that. ")
    assert f"{name} is no longer attached. The lease could not be renewed before its end: by ann@laptop" in text
    assert state(aws, consumer) == ("Disabled", True)
    pausing.resume(aws.client, consumer, Wait(60))
    assert state(aws, consumer) == ("Enabled", False)


def test_a_refused_call_ends_it_and_the_function_reads_its_queue_again(
    aws: LocalAws, make_consumer: MakeConsumer, far: Any, proxy: FaultProxy
) -> None:
    consumer = make_consumer()
    attached = start(consumer, far, Handler())
    aws.client("sqs").delete_queue(QueueUrl=consumer.queue_url)
    assert "NonExistentQueue" in attached.fails()
    assert state(aws, consumer) == ("Enabled", False)
