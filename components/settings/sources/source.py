"""The settings that all sources share, and rules that several of them have."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from .. import pages
from ..arns import QUEUE
from ..fields import argument
from ..findings import Breach, Finding, Level, show
from ..kinds import InputText, Integer, Kind, Unreadable
from ..model import DeadLetterQueueComponentSettings, Settings
from ..rule import Rule
from ..rules.functions import misnamed

NO_TARGET: Any = None


@dataclass(frozen=True)
class SourceSettings:
    """The settings of every source."""

    consumer: str
    """Its own name."""
    given: frozenset[str] = frozenset()
    tags: Mapping[str, Any] = field(default_factory=dict[str, Any])
    target: Settings = NO_TARGET
    """The settings of the consumer that it sends to."""
    message_group_id: Any = None
    dead_letter_queue_arn: Any = None
    dead_letter_queue: Any = None
    """These three stay None in a source that does not have the argument."""


NO_CONSUMER = Rule(
    "source-consumer",
    Level.ERROR,
    ("consumer",),
    "a source sends to the queue of a consumer, whose settings say who may send there",
    pages.COMPONENT,
)


def no_consumer(given: Any) -> Finding:
    """Return the error for a value that is not a consumer."""
    fix = "Pass the QueueConsumer itself, not its name, its queue or an ARN"
    return NO_CONSUMER.finding(Breach(show(given), "a QueueConsumer of this program", fix))


def whole(low: int, high: int, unit: str, why: str, page: str, default: int | None = None) -> Any:
    """Declare a setting that is a whole number."""
    return argument(default, Integer(why, page, low, high, unit))


def group(longest: int, why: str, page: str) -> InputText:
    """Return the kind of a message group id: SQS accepts 128 characters, and some senders fewer."""
    allowed = f"1 to {longest} letters, digits and punctuation, without spaces"
    return InputText(why, page, allowed, f"[!-~]{{1,{longest}}}")


GROUP = group(100, "EventBridge accepts no longer one, and SQS no other characters", pages.EVENTS_SQS)
GROUP_OF_SQS = group(128, "SQS accepts no other id of a message group", pages.SQS_SEND)
TEMPLATE = InputText(
    "EventBridge accepts no longer one", pages.EVENTS_TRANSFORMER, "1 to 8,192 characters", "(?s:.{1,8192})"
)


@dataclass(frozen=True)
class RetriedSettings(SourceSettings):
    """The settings of a source that EventBridge retries."""

    dead_letter_queue_arn: Any = argument(None, InputText())
    maximum_event_age_in_seconds: int | None = whole(
        60, 86_400, "seconds", "EventBridge retries for at most a day", pages.EVENTS_RETRY
    )
    maximum_retry_attempts: int | None = whole(0, 185, "tries", "EventBridge retries no more often", pages.EVENTS_RETRY)


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


def name_rule(id: str) -> Rule[SourceSettings]:
    """Return the rule that names of resources can begin with a source's own name."""

    def check(settings: SourceSettings) -> Iterator[Breach]:
        return misnamed(settings.consumer, LONGEST_NAME)

    why = "every resource is named after the component, and names of roles and schedules end at 64 characters"
    return Rule(id, Level.ERROR, ("name",), why, pages.COMPONENT_NAMES, check)


def required_rule(id: str, argument: str, page: str) -> Rule[SourceSettings]:
    """Return the rule that an argument without a default is set."""

    def check(settings: SourceSettings) -> Iterator[Breach]:
        if argument not in settings.given:
            yield Breach("nothing", f"a value of {argument}", "Give it")

    return Rule(id, Level.ERROR, (argument,), "there is no source without it", page, check)


QUEUE_POLICY = (
    "the queue's own policy says which service may send on whose behalf, and it has one, which the consumer writes"
)


def not_allowed(
    target: Settings, kind: str, arn: Any, name: Callable[[str], str] = lambda arn: arn
) -> Iterator[Breach]:
    """Yield a breach where the queue of `target` certainly does not allow this sender."""
    allowed_arns: Any = getattr(target.queue.allowed_senders, kind)
    if target.queue.arn is not None and "queue.allowed_senders" not in target.given:
        return  # the policy of an existing queue is unknown
    if allowed_arns and not all(isinstance(one, str) for one in (arn, *allowed_arns)):
        return  # the rule runs again when the Outputs among them resolve
    if isinstance(arn, str) and any(fnmatchcase(arn, name(one)) for one in allowed_arns):
        return
    sender = show(arn) if isinstance(arn, str) else "a sender whose ARN is not known yet"
    given = f"{sender}, which the queue of {target.consumer!r} does not allow"
    allowed = f"one of {show([*allowed_arns])}" if allowed_arns else f"none, as queue.allowed_senders.{kind} is empty"
    yield Breach(given, allowed, f"Add it to queue.allowed_senders.{kind} of {target.consumer!r}")


def group_rule(id: str, page: str) -> Rule[SourceSettings]:
    """Return the rule that messages to a FIFO queue have a message group."""

    def check(settings: SourceSettings) -> Iterator[Breach]:
        if settings.target.fifo and settings.message_group_id is None:
            given = f"nothing, for the FIFO queue of {settings.target.consumer!r}"
            yield Breach(given, "the id of a message group", "Set one")

    why = "every message of a FIFO queue belongs to a message group"
    return Rule(id, Level.ERROR, ("message_group_id", "target.fifo"), why, page, check)


def deduplication_rule(id: str, page: str) -> Rule[SourceSettings]:
    """Return the rule that a FIFO queue deduplicates by content, where the sending service passes no id."""

    def check(settings: SourceSettings) -> Iterator[Breach]:
        queue = settings.target.queue
        if settings.target.fifo and queue.arn is None and not queue.content_based_deduplication:
            given = f"False of {settings.target.consumer!r}"
            yield Breach(given, "True where EventBridge sends", "Set queue.content_based_deduplication there")

    arguments = ("target.queue.content_based_deduplication", "target.fifo", "target.queue.arn")
    why = "EventBridge sends no deduplication id, so a FIFO queue would refuse its messages"
    return Rule(id, Level.ERROR, arguments, why, page, check)


def dead_letters_rule(id: str, service: str, page: str) -> Rule[SourceSettings]:
    """Return the rule that undeliverable messages of `service` go to a standard queue."""

    def check(settings: SourceSettings) -> Iterator[Breach]:
        return wrong_dead_letter_queue(settings.dead_letter_queue_arn, is_fifo=False)

    why = f"{service} sends undeliverable messages to standard queues only"
    return Rule(id, Level.ERROR, ("dead_letter_queue_arn",), why, page, check)


def wrong_dead_letter_queue(arn: Any, is_fifo: bool | None) -> Iterator[Breach]:
    """Yield a breach for an ARN of no queue, or of a queue of the other type; None is an unknown type."""
    if not isinstance(arn, str):
        return
    if not QUEUE.matches(arn):
        yield Breach(show(arn), QUEUE.allowed, "Give its ARN, not its name or URL")
    elif is_fifo is not None and arn.endswith(".fifo") != is_fifo:
        yield Breach(show(arn), f"the ARN of a {'FIFO' if is_fifo else 'standard'} queue", "Give another queue")


def dead_letter_queue_rule(id: str, page: str) -> Rule[SourceSettings]:
    """Return the rule that a dead-letter queue by its component is a standard one, and the only one."""

    def check(settings: SourceSettings) -> Iterator[Breach]:
        if settings.dead_letter_queue is None:
            return
        queue: DeadLetterQueueComponentSettings = settings.dead_letter_queue.settings
        if settings.dead_letter_queue_arn is not None:
            yield Breach(f"{queue.consumer!r} beside dead_letter_queue_arn", "one of the two", "Leave one out")
        if queue.fifo:
            yield Breach(f"{queue.consumer!r}, whose queue is FIFO", "a standard queue", "Give another DeadLetterQueue")

    why = "EventBridge sends undeliverable messages to one queue, and to standard queues only"
    return Rule(id, Level.ERROR, ("dead_letter_queue", "dead_letter_queue_arn"), why, page, check)
