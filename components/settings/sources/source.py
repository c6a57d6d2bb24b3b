"""What the settings of all sources have in common, and the rules that each of them needs."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from .. import pages
from ..findings import Breach, Finding, Level, show
from ..kinds import InputText, Integer, Kind, Unreadable
from ..model import DeadLetterQueueComponentSettings, Settings, argument
from ..rule import Rule, error
from ..rules.existing_queues import QUEUE_ARN
from ..rules.functions import misnamed


@dataclass(frozen=True)
class SourceSettings:
    """What every source has."""

    consumer: str
    """Its own name."""
    given: frozenset[str] = frozenset()
    tags: Mapping[str, Any] = field(default_factory=dict[str, Any])
    target: Any = None
    """The settings of the consumer that it sends to."""


NO_CONSUMER = Rule(
    "source-consumer",
    Level.ERROR,
    ("consumer",),
    "a source sends to the queue of a consumer, and asks that consumer what may send there",
    pages.COMPONENT,
)


def no_consumer(given: Any) -> Finding:
    """Return what there is to say about something that is given in place of a consumer."""
    fix = "Pass the QueueConsumer itself, not its name, its queue or an ARN"
    return NO_CONSUMER.finding(Breach(show(given), "a QueueConsumer of this program", fix))


def whole(low: int, high: int, unit: str, why: str, page: str, default: int | None = None) -> Any:
    """Declare a setting that is a whole number."""
    return argument(default, Integer(why, page, low, high, unit))


def group(longest: int, why: str, page: str) -> InputText:
    """Return the kind of a message group: SQS takes 128 characters, and what sends may take less."""
    allowed = f"1 to {longest} letters, digits and punctuation, without spaces"
    return InputText(why, page, allowed, f"[!-~]{{1,{longest}}}")


GROUP = group(100, "EventBridge takes no longer one, and SQS no other characters", pages.EVENTS_SQS)
GROUP_OF_SQS = group(128, "SQS takes no other id of a message group", pages.SQS_SEND)
TEMPLATE = InputText(
    "EventBridge takes no longer one", pages.EVENTS_TRANSFORMER, "1 to 8,192 characters", "(?s:.{1,8192})"
)


@dataclass(frozen=True)
class RetriedSettings(SourceSettings):
    """What sources have that EventBridge tries again."""

    dead_letter_queue_arn: Any = argument(None, InputText())
    maximum_event_age_in_seconds: int | None = whole(
        60, 86_400, "seconds", "EventBridge tries again for a day at the most", pages.EVENTS_RETRY
    )
    maximum_retry_attempts: int | None = whole(0, 185, "tries", "EventBridge tries no more often", pages.EVENTS_RETRY)


@dataclass(frozen=True)
class DeadLetterQueueKind(Kind):
    """A `DeadLetterQueue`, the component: its ARN is an Output, its key and its type are known."""

    @property
    def allowed(self) -> str:
        return "a DeadLetterQueue of this program"

    def read(self, value: Any) -> Any:
        if not isinstance(getattr(value, "settings", None), DeadLetterQueueComponentSettings):
            raise Unreadable(value, self.allowed, "Pass the component itself; an ARN goes into dead_letter_queue_arn")
        return value


def dead_letter_queue() -> Any:
    """Declare the setting of a dead-letter queue by its component."""
    return argument(
        None, DeadLetterQueueKind("the role that sends is allowed to use the key of this queue too", pages.SQS_KEYS)
    )


LONGEST_NAME = 40
"""Characters: names of roles and schedules end at 64, and ours and Pulumi's endings are appended."""


def name_rule(id: str) -> Rule:
    """Return the rule that a source's own name is one that names can be made of."""

    @error(
        id,
        "name",
        why="every resource is named after the component, and names of roles and schedules end at 64 characters",
        page=pages.COMPONENT_NAMES,
    )
    def check(s: Any) -> Iterator[Breach]:
        yield from misnamed(s.consumer, LONGEST_NAME)

    return check


def required_rule(id: str, argument: str, page: str) -> Rule:
    """Return the rule that an argument which has no default is given."""

    @error(id, argument, why="there is no source without it", page=page)
    def check(s: Any) -> Iterator[Breach]:
        if argument not in s.given:
            yield Breach("nothing", f"a value of {argument}", "Give it")

    return check


def allowed_rule(id: str, argument: str, kind: str, page: str) -> Rule:
    """Return the rule that the consumer's queue allows the sender in `argument`, which is of this kind."""

    @error(
        id,
        *(argument, f"target.queue.allowed_senders.{kind}"),
        why="the queue's own policy says which service may send on whose behalf, and it has one, which the consumer "
        "writes",
        page=page,
    )
    def check(s: Any) -> Iterator[Breach]:
        yield from not_allowed(s.target, kind, getattr(s, argument))

    return check


def not_allowed(
    target: Settings, kind: str, arn: Any, name: Callable[[str], str] = lambda arn: arn
) -> Iterator[Breach]:
    """Yield a breach where it is known that the queue of `target` does not allow this sender."""
    said: Any = getattr(target.queue.allowed_senders, kind)
    if target.queue.arn is not None and "queue.allowed_senders" not in target.given:
        return  # what the policy of a queue that exists already says is not known
    if said and not all(isinstance(one, str) for one in (arn, *said)):
        return  # the rule runs again when they are known
    if isinstance(arn, str) and any(fnmatchcase(arn, name(one)) for one in said):
        return
    shown = show(arn) if isinstance(arn, str) else "a sender whose ARN is not known yet"
    given = f"{shown}, which the queue of {target.consumer!r} does not allow"
    allowed = f"one of {show([*said])}" if said else f"what its queue.allowed_senders.{kind} names, and that is nothing"
    yield Breach(given, allowed, f"Add it to queue.allowed_senders.{kind} of {target.consumer!r}")


def group_rule(id: str, page: str) -> Rule:
    """Return the rule that messages for a FIFO queue have a group."""

    @error(
        id,
        *("message_group_id", "target.fifo"),
        why="every message of a FIFO queue belongs to a message group",
        page=page,
    )
    def check(s: Any) -> Iterator[Breach]:
        if s.target.fifo and s.message_group_id is None:
            given = f"nothing, for the FIFO queue of {s.target.consumer!r}"
            yield Breach(given, "the id of a message group", "Give one")

    return check


def deduplication_rule(id: str, page: str) -> Rule:
    """Return the rule that a FIFO queue tells duplicates itself, where the service that sends gives no id."""

    @error(
        id,
        *("target.queue.content_based_deduplication", "target.fifo"),
        why="EventBridge sends no deduplication id, so that a FIFO queue would refuse its messages",
        page=page,
    )
    def check(s: Any) -> Iterator[Breach]:
        queue = s.target.queue
        if s.target.fifo and queue.arn is None and not queue.content_based_deduplication:
            given = f"False of {s.target.consumer!r}"
            yield Breach(given, "True where EventBridge sends", "Set queue.content_based_deduplication there")

    return check


def dead_letters_rule(id: str, why: str, page: str, is_fifo: Callable[[Any], bool | None] = lambda s: False) -> Rule:
    """Return the rule that what cannot be delivered goes to a queue of the type that `is_fifo` tells, None where that
    is not known; by default a standard one."""

    @error(id, "dead_letter_queue_arn", why=why, page=page)
    def check(s: Any) -> Iterator[Breach]:
        arn, fifo = s.dead_letter_queue_arn, is_fifo(s)
        if not isinstance(arn, str):
            return
        if not QUEUE_ARN.fullmatch(arn):
            yield Breach(show(arn), "the ARN of an SQS queue", "Give its ARN, not its name or URL")
        elif fifo is not None and arn.endswith(".fifo") != fifo:
            yield Breach(show(arn), f"the ARN of a {'FIFO' if fifo else 'standard'} queue", "Give another queue")

    return check


def dead_letter_queue_rule(id: str, page: str) -> Rule:
    """Return the rule that a dead-letter queue by its component is a standard one, and the only one."""

    @error(
        id,
        *("dead_letter_queue", "dead_letter_queue_arn"),
        why="EventBridge sends what it cannot deliver to one queue, and to standard queues only",
        page=page,
    )
    def check(s: Any) -> Iterator[Breach]:
        if s.dead_letter_queue is None:
            return
        name = s.dead_letter_queue.settings.consumer
        if s.dead_letter_queue_arn is not None:
            yield Breach(f"{name!r} beside dead_letter_queue_arn", "one of the two", "Leave one out")
        if s.dead_letter_queue.settings.fifo:
            yield Breach(f"{name!r}, whose queue is FIFO", "a standard queue", "Give another DeadLetterQueue")

    return check
