"""Why a message is dead: from the attribute that the runtime wrote, else from the function's log, else unknown."""

import re
from dataclasses import dataclass
from functools import cached_property

from consumers.operations.dead_letters.letters import DeadLetter

_VARIABLE = (
    ("…", re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|`[^`]*`")),  # quoted values
    ("<id>", re.compile(r"\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b")),
    ("<id>", re.compile(r"\b(?=[0-9a-fA-F]*\d)(?=[0-9a-fA-F]*[a-fA-F])[0-9a-fA-F]{8,}\b|\b0x[0-9a-fA-F]+\b")),
    ("<n>", re.compile(r"(?<![\w<])[-+]?\d[\d,._:]*\d(?!\w)|(?<![\w<])[-+]?\d(?!\w)")),
)
"""What differs between messages of the same fault."""


@dataclass(frozen=True)
class Reason:
    """Why one letter is dead."""

    text: str
    source: str
    """`attribute` (the runtime wrote it), `log` (joined by the message's id), `time` (an invocation that ended without
    a reply when this message was being processed) or `unknown`."""
    receives: int | None = None
    """Receives by the consumer, where the source has them."""

    @cached_property
    def group(self) -> str:
        """The text without what differs between messages of the same fault: numbers, ids and quoted values."""
        text = self.text
        for placeholder, pattern in _VARIABLE:
            text = pattern.sub(placeholder, text)
        return " ".join(text.split())


UNKNOWN = Reason("unknown: timed out, crashed or another runtime", "unknown")


@dataclass(frozen=True)
class Explained:
    """A dead letter with its reason."""

    letter: DeadLetter
    reason: Reason

    @property
    def receives(self) -> int:
        """How often the consumer received it. What only SQS counts includes the receives of the dead-letter queue."""
        return self.reason.receives or self.letter.receives


def written(letter: DeadLetter) -> Reason | None:
    """Return the reason that the runtime wrote into the letter."""
    text = letter.rejection.get("reason")
    return Reason(str(text), "attribute", letter.rejection.get("receiveCount")) if text else None
