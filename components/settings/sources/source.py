"""The settings that all sources share, and rules that several of them have."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from .. import pages
from ..arns import QUEUE
from ..fields import argument, integer
from ..findings import Breach, Finding, Level, show
from ..kinds import InputText, Kind, Unreadable
from ..model import DeadLetterQueueComponentSettings, Settings
from ..rule import Rule
from ..rules.functions import invalid_component_name

NO_TARGET: Any = None


@dataclass(frozen=True)
class SourceSettings:
    """The settings of every source."""

    consumer: str
    """The name of the source."""
    passed: frozenset[str] = frozenset()
    tags: Mapping[str, Any] = field(default_factory=dict[str, Any])
    target: Settings = NO_TARGET
    """The settings of the consumer that it sends to."""
    message_group_id: Any = None
    dead_letter_queue_arn: Any = None
    dead_letter_queue: Any = None
    """None in a source without these three arguments."""


NO_CONSUMER = Rule(
    "source-consumer",
    Level.ERROR,
    ("consumer",),
    "a source sends to the queue of a consumer",
    pages.COMPONENT,
)


def no_consumer(got: Any) -> Finding:
    """Return the error for a value that is not a consumer."""
    fix = "Pass the QueueConsumer itself, not its name, its queue or an ARN"
    return NO_CONSUMER.finding(Breach(show(got), "a QueueConsumer of this program", fix))


def _group_kind(max_length: int, why: str, page: str) -> InputText:
    allowed = f"1 to {max_length} letters, digits and punctuation, without spaces"
    return InputText(why, page, allowed, f"[!-~]{{1,{max_length}}}")


EVENTBRIDGE_GROUP = _group_kind(100, "EventBridge rejects longer ids, and SQS other characters", pages.EVENTS_SQS)
SQS_GROUP = _group_kind(128, "SQS rejects other message group ids", pages.SQS_SEND)
TEMPLATE = InputText(
    "EventBridge rejects longer templates", pages.EVENTS_TRANSFORMER, "1 to 8,192 characters", "(?s:.{1,8192})"
)


@dataclass(frozen=True)
class RetriedSettings(SourceSettings):
    """The settings of a source that EventBridge retries."""

    dead_letter_queue_arn: Any = argument(None, InputText())
    maximum_event_age_in_seconds: int | None = integer(
        None, 60, 86_400, "seconds", "EventBridge retries for at most a day", pages.EVENTS_RETRY
    )
    maximum_retry_attempts: int | None = integer(
        None, 0, 185, "tries", "EventBridge retries at most 185 times", pages.EVENTS_RETRY
    )


@dataclass(frozen=True)
class DeadLetterQueueKind(Kind):
    """A `DeadLetterQueue`, the component: unlike its ARN, its key and its type are plain values."""

    @property
    def allowed(self) -> str:
        return "a DeadLetterQueue of this program"

    def read(self, value: Any) -> Any:
        if not isinstance(getattr(value, "settings", None), DeadLetterQueueComponentSettings):
            raise Unreadable(value, self.allowed, "Pass the component itself, or an ARN as dead_letter_queue_arn")
        return value


def dead_letter_queue() -> Any:
    """Declare the setting of a dead-letter queue by its component."""
    return argument(
        None, DeadLetterQueueKind("the sending role gets permission to use the key of this queue", pages.SQS_KEYS)
    )


MAX_NAME_LENGTH = 40  # names of roles and schedules have at most 64 characters, suffixes included


def name_rule(id: str) -> Rule[SourceSettings]:
    """Return the rule that a source's name is a valid prefix of its resources' names."""

    def check(settings: SourceSettings) -> Iterator[Breach]:
        return invalid_component_name(settings.consumer, MAX_NAME_LENGTH)

    why = "every resource is named after the component, and names of roles and schedules have at most 64 characters"
    return Rule(id, Level.ERROR, ("name",), why, pages.COMPONENT_NAMES, check)


def required_rule(id: str, argument: str, page: str) -> Rule[SourceSettings]:
    """Return the rule that an argument without a default is set."""

    def check(settings: SourceSettings) -> Iterator[Breach]:
        if argument not in settings.passed:
            yield Breach("nothing", f"a value of {argument}", f"Set {argument}")

    return Rule(id, Level.ERROR, (argument,), "it has no default", page, check)


QUEUE_POLICY = "the queue's policy, which the consumer writes, allows only the senders in queue.allowed_senders"


def sender_not_allowed(
    target: Settings, kind: str, arn: Any, name: Callable[[str], str] = lambda arn: arn
) -> Iterator[Breach]:
    """Yield a breach if the policy of the queue of `target` is resolved and does not allow this sender."""
    allowed_arns: Any = getattr(target.queue.allowed_senders, kind)
    if target.queue.arn is not None and "queue.allowed_senders" not in target.passed:
        return  # the policy of an existing queue is unknown
    if allowed_arns and not all(isinstance(one, str) for one in (arn, *allowed_arns)):
        return  # the rule runs again when the Outputs among them resolve
    if isinstance(arn, str) and any(fnmatchcase(arn, name(one)) for one in allowed_arns):
        return
    sender = show(arn) if isinstance(arn, str) else "a sender whose ARN has not resolved yet"
    got = f"{sender}, which the queue of {target.consumer!r} does not allow"
    allowed = f"one of {show([*allowed_arns])}" if allowed_arns else f"none, as queue.allowed_senders.{kind} is empty"
    yield Breach(got, allowed, f"Add it to queue.allowed_senders.{kind} of {target.consumer!r}")


def group_rule(id: str, page: str) -> Rule[SourceSettings]:
    """Return the rule that messages to a FIFO queue have a message group."""

    def check(settings: SourceSettings) -> Iterator[Breach]:
        if settings.target.fifo and settings.message_group_id is None:
            got = f"nothing, for the FIFO queue of {settings.target.consumer!r}"
            yield Breach(got, "the id of a message group", "Set message_group_id")

    why = "every message of a FIFO queue belongs to a message group"
    return Rule(id, Level.ERROR, ("message_group_id", "target.fifo"), why, page, check)


def deduplication_rule(id: str, page: str) -> Rule[SourceSettings]:
    """Return the rule that a FIFO queue deduplicates by content if the sending service passes no id."""

    def check(settings: SourceSettings) -> Iterator[Breach]:
        queue = settings.target.queue
        if settings.target.fifo and queue.arn is None and not queue.content_based_deduplication:
            got = f"False of {settings.target.consumer!r}"
            yield Breach(
                got,
                "True if EventBridge sends",
                f"Set queue.content_based_deduplication=True for {settings.target.consumer!r}",
            )

    arguments = ("target.queue.content_based_deduplication", "target.fifo", "target.queue.arn")
    why = "EventBridge sends no deduplication id, so a FIFO queue would refuse its messages"
    return Rule(id, Level.ERROR, arguments, why, page, check)


def dead_letters_rule(id: str, service: str, page: str) -> Rule[SourceSettings]:
    """Return the rule that undeliverable messages of `service` go to a standard queue."""

    def check(settings: SourceSettings) -> Iterator[Breach]:
        return invalid_dead_letter_queue(settings.dead_letter_queue_arn, is_fifo=False)

    why = f"{service} sends undeliverable messages to standard queues only"
    return Rule(id, Level.ERROR, ("dead_letter_queue_arn",), why, page, check)


def invalid_dead_letter_queue(arn: Any, is_fifo: bool | None) -> Iterator[Breach]:
    """Yield a breach for an ARN that is not a queue's, or is a queue's of the wrong type; None allows both types."""
    if not isinstance(arn, str):
        return
    if not QUEUE.matches(arn):
        yield Breach(show(arn), QUEUE.allowed, "Pass the ARN, not the name or URL")
    elif is_fifo is not None and arn.endswith(".fifo") != is_fifo:
        yield Breach(show(arn), f"the ARN of a {'FIFO' if is_fifo else 'standard'} queue", "Pass another queue")


def dead_letter_queue_rule(id: str, page: str) -> Rule[SourceSettings]:
    """Return the rule that a `DeadLetterQueue` is a standard queue, and not combined with an ARN."""

    def check(settings: SourceSettings) -> Iterator[Breach]:
        if settings.dead_letter_queue is None:
            return
        queue: DeadLetterQueueComponentSettings = settings.dead_letter_queue.settings
        if settings.dead_letter_queue_arn is not None:
            yield Breach(f"{queue.consumer!r} beside dead_letter_queue_arn", "one of the two", "Leave one out")
        if queue.fifo:
            yield Breach(f"{queue.consumer!r}, whose queue is FIFO", "a standard queue", "Pass another DeadLetterQueue")

    why = "EventBridge sends undeliverable messages to one queue, and to standard queues only"
    return Rule(id, Level.ERROR, ("dead_letter_queue", "dead_letter_queue_arn"), why, page, check)
