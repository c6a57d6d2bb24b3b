"""What `pulumi up` does with the tags that the tool reads: the hash of the code, and the lease of a pause."""

from collections.abc import Callable

import pytest

from consumers.operations.details import CODE_TAG
from consumers.operations.discovery import Consumer, find_one
from consumers.operations.leases import TAG, Lease
from consumers.operations.pausing import Wait, pause
from engine_stack import Stack

PROGRAM = """
from components import QueueConsumer, QueueConsumerArgs

QueueConsumer("hands", QueueConsumerArgs(source="handler", timeout=10))
"""
TAGS = "tags=_tags(children, code)"
LEASE = Lease(1738324800.0, 1738328400.0, "jane@laptop")


@pytest.fixture
def stack(new_stack: Callable[..., Stack]) -> Stack:
    """A stack of one consumer, which is not up yet."""
    stack = new_stack(PROGRAM)
    (stack.project / "handler").mkdir()
    (stack.project / "handler" / "handler.py").write_text("def handle(event, context): ...\n")
    return stack


def hands(stack: Stack) -> Consumer:
    return find_one(stack.aws.client, "hands")


def test_a_stack_of_an_earlier_version_gets_the_tag_with_the_hash_and_nothing_else(stack: Stack) -> None:
    stack.edit("components/resources/function.py", TAGS, 'tags=children.tags("function")')
    stack.deploy()
    assert CODE_TAG not in hands(stack).function_tags
    stack.edit("components/resources/function.py", 'tags=children.tags("function"),', f"{TAGS},")
    for command in ("preview", "up"):
        result = stack.deploy(command)
        assert (result.steps, result.changed) == (
            [("update", "hands-function")],
            {"hands-function": {"tags", "tagsAll"}},
        )
    assert hands(stack).function_tags[CODE_TAG] == hands(stack).function["CodeSha256"]
    assert stack.deploy("up", "--expect-no-changes").steps == []


def test_an_up_leaves_a_pause_alone_and_one_with_refresh_ends_it(stack: Stack) -> None:
    stack.deploy()
    pause(stack.aws.client, hands(stack), LEASE, Wait(5))
    assert stack.deploy("up", "--expect-no-changes").steps == []
    stack.edit("__main__.py", "timeout=10", "timeout=10, batch_size=3")
    assert stack.deploy().steps == [("update", "hands-mapping")]
    paused = hands(stack)
    assert (paused.mappings[0]["State"], paused.function_tags[TAG]) == ("Disabled", LEASE.tag)
    refreshed = stack.deploy("up", "--refresh")
    assert sorted(refreshed.steps) == [("update", "hands-function"), ("update", "hands-mapping")]
    assert (hands(stack).mappings[0]["State"], TAG in hands(stack).function_tags) == ("Enabled", False)
