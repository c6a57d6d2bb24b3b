"""Why a message is dead: from the attribute that the runtime wrote, else from the function's log, else unknown."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from consumers.operations.dead_letters.letters import DeadLetter

_VARIABLE = (
    ("…", re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|`[^`]*`")),  # quoted values
    ("<id>", re.compile(r"\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b")),
    ("<id>", re.compile(r"\b(?=[0-9a-fA-F]*\d)(?=[0-9a-fA-F]*[a-fA-F])[0-9a-fA-F]{8,}\b|\b0x[0-9a-fA-F]+\b")),
    ("<n>", re.compile(r"(?<![\w<])[-+]?\d[\d,._:]*\d(?!\w)|(?<![\w<])[-+]?\d(?!\w)")),
)


@dataclass(frozen=True)
class Reason:
    """Why one letter is dead."""

    text: str
    source: str
    """`attribute`, `log` or `unknown`."""

    @property
    def group(self) -> str:
        """The text without what differs between equal faults: numbers, ids and quoted values."""
        text = self.text
        for placeholder, pattern in _VARIABLE:
            text = pattern.sub(placeholder, text)
        return " ".join(text.split())


UNKNOWN = Reason("unknown: timed out, crashed or another runtime", "unknown")


def reason_of(letter: DeadLetter, logged: Mapping[str, Reason]) -> Reason:
    """Return the reason of a letter; `logged` are the reasons that a log gives, by the ids of messages."""
    if text := letter.rejection.get("reason"):
        return Reason(str(text), "attribute")
    return logged.get(letter.id, UNKNOWN)
