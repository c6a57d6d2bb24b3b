"""The files of a saved test: a function in Python, whatever a reason has in it, and the event that it reads."""

import hashlib
import json
import re
import textwrap
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from consumers.working_copy.events import Record, event

WIDTH = 88
"""Columns. Ruff leaves these lines as they are, with its default `line-length` and with a greater one."""
LONGEST_NAME = 60
LONGEST_REASON = 500
_VALUE_AT_END = re.compile(r"[\s,:;]*(\b(got|not|was|is))?[\s,:;]*(…|<id>|<n>)$")
"""What a reason says about one message only: `, got 'split'`."""


@dataclass(frozen=True)
class SavedTestFiles:
    """Where the test for a reason is, and what it is called. Both depend on the reason alone."""

    folder: Path
    consumer: str
    group: str
    """The reason without what differs between messages of the same fault."""

    @property
    def test(self) -> Path:
        return self.folder / f"test_{_words(self.consumer)}_{_name(self.group)}.py"

    @property
    def event(self) -> Path:
        return self.folder / self._relative_event

    @property
    def _relative_event(self) -> str:
        return f"{self.consumer}/{_name(self.group).replace('_', '-')}.json"

    def source(self, record: Record, reason: str, stack: str) -> str:
        """Return the Python file."""
        # Names of stacks have letters, digits, `-`, `_` and `.` only, and names of consumers fewer.
        handler = [f'"{self.consumer}"', *([] if stack == "dev" else [f'stack="{stack}"'])]
        return (
            "from consumers.testing import WorkingCopies\n\n\n"
            + _call(f"def test_{_name(self.group)}", ["working_copy: WorkingCopies"], " -> None:")
            + f'    """{_docstring(record, reason)}\n    """\n'
            + _call("    handler = working_copy", handler)
            + _call("    failures = handler.failures", [f'"{self._relative_event}"'])
            + "    assert failures == {}\n"
        )


def event_text(record: Record) -> str:
    """Return an event with this record, for people and for programs."""
    text = json.dumps(event([record]), indent=2, ensure_ascii=False)
    if not all(line.isprintable() for line in text.split("\n")):
        text = json.dumps(event([record]), indent=2)
    return f"{text}\n"


def _call(before: str, arguments: list[str], after: str = "") -> str:
    line = f"{before}({', '.join(arguments)}){after}"
    if len(line) <= WIDTH:
        return f"{line}\n"
    indent = " " * (len(before) - len(before.lstrip()))
    inside = "".join(f"{indent}    {argument},\n" for argument in arguments)
    return f"{before}(\n{inside}{indent}){after}\n"


def _name(group: str) -> str:
    text = _VALUE_AT_END.sub("", group) or group
    words = _words(text) or ("fails" if text else "fails_without_a_reason")
    if len(words) <= LONGEST_NAME and _decomposed(text).replace("…", "").isascii():
        return words
    # Reasons that differ only in what is left out get names of their own.
    digest = hashlib.sha256(group.encode("utf-8", "surrogatepass")).hexdigest()[:7]
    short = words if len(words) <= LONGEST_NAME else words[:LONGEST_NAME].rpartition("_")[0]
    return f"{short or words[:LONGEST_NAME]}_{digest}"


def _words(text: str) -> str:
    return "_".join(re.findall("[a-z0-9]+", _decomposed(text).lower()))


def _decomposed(text: str) -> str:
    """Return the text without accents."""
    return "".join(each for each in unicodedata.normalize("NFKD", text) if not unicodedata.combining(each))


def _docstring(record: Record, reason: str) -> str:
    text = _visible(reason or "The handler reports it as failed, without a reason.")
    short = text if len(text) <= LONGEST_REASON else f"{text[:LONGEST_REASON]} …"
    id = _visible(record["messageId"])[:LONGEST_REASON]
    lines = [*textwrap.wrap(short, WIDTH - 10), "", *textwrap.wrap(f"Message {id}{_sent(record)}.", WIDTH - 10)]
    # A backslash would escape what follows it, and three double quotes would end the docstring.
    safe = (line.replace("\\", "\\\\").replace('"', "'") for line in lines)
    return "\n".join(f"    {line}".rstrip() for line in safe).lstrip()


def _visible(text: str) -> str:
    """Return a text on one line, with other characters than printable ones as escapes."""
    line = " ".join(text.split())
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in line)


def _sent(record: Record) -> str:
    stamp = record["attributes"].get("SentTimestamp", "")
    if not re.fullmatch("[0-9]{1,13}", stamp):
        return ""
    return f", sent {datetime.fromtimestamp(int(stamp) / 1000, UTC):%Y-%m-%d %H:%M:%S} UTC"
