"""Takes secrets and personal data out of a record that is to be kept in a file."""

import base64
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from consumers.evaluate.fake_outputs import ACCOUNT
from consumers.working_copy.events import Record, md5_of

PLACEHOLDER = "redacted"
_EMPTY: Mapping[type, Any] = {str: PLACEHOLDER, int: 0, float: 0.0, bool: False, list: [], dict: {}}
_ACCOUNT_ID = re.compile(r"(?<=:)\d{12}(?=:)")


@dataclass
class Redaction:
    """Replaces values in one record, and knows which."""

    record: Record
    replaced: list[tuple[Any, Any]] = field(default_factory=list[tuple[Any, Any]])
    """The values that are gone, each with its placeholder."""

    def body(self, path: str) -> None:
        """Replace what a JSON body has at `path`, if anything."""
        try:
            document = json.loads(self.record["body"])
        except (ValueError, RecursionError):
            return
        before = len(self.replaced)
        document = self._replace(document, path.split("."))
        if len(self.replaced) > before:
            body = json.dumps(document, ensure_ascii=False)
            self.record = {**self.record, "body": body, "md5OfBody": md5_of(body)}

    def attributes(self, path: str) -> None:
        """Replace attributes: `attributes.MessageGroupId` is one of SQS, `messageAttributes.tenant` of the sender."""
        key, _, name = path.partition(".")  # a name may have dots itself
        replace = {"attributes": self._system_attribute, "messageAttributes": self._attribute}.get(key)
        if replace:
            values: dict[str, Any] = self.record[key]
            new = {each: replace(value) if name in (each, "*") else value for each, value in values.items()}
            self.record = {**self.record, key: new}

    def expected(self, reason: str) -> str:
        """Return a reason with the placeholders in place of the texts that are gone: it may quote them."""
        for old, new in self.replaced:
            reason = reason.replace(old, new) if isinstance(old, str) and old else reason
        return reason

    def _replace(self, value: Any, keys: Sequence[str]) -> Any:
        if not keys:
            return self._noted(value, _placeholder(value))
        key, rest = keys[0], keys[1:]
        if isinstance(value, dict):
            items = cast("dict[str, Any]", value).items()
            return {name: self._replace(each, rest) if key in (name, "*") else each for name, each in items}
        if isinstance(value, list):
            elements = enumerate(cast("list[Any]", value))
            return [self._replace(each, rest) if key in (str(at), "*") else each for at, each in elements]
        return value

    def _attribute(self, value: Mapping[str, Any]) -> dict[str, Any]:
        if "binaryValue" in value:
            placeholder = base64.b64encode(PLACEHOLDER.encode()).decode()
            return {**value, "binaryValue": self._noted(value["binaryValue"], placeholder)}
        placeholder = "0" if value["dataType"].startswith("Number") else PLACEHOLDER
        return {**value, "stringValue": self._noted(value["stringValue"], placeholder)}

    def _system_attribute(self, value: str) -> str:
        return self._noted(value, "0" if value.isdecimal() else PLACEHOLDER)

    def _noted(self, old: Any, new: Any) -> Any:
        self.replaced.append((old, new))
        return new


def redact(record: Record, paths: Sequence[str]) -> Redaction:
    """Replace the values at `paths` by ones of the same JSON type, and always what identifies an AWS account.

    A path has dots, as that of `--set`, and `*` for every element: `player.name`, `hands.*.user`.
    """
    redaction = Redaction(_without_account(record))
    for path in paths:
        redaction.body(path)
        redaction.attributes(path)
    return redaction


def is_in(record: Record, path: str) -> bool:
    """Whether a record has a value at `path`."""
    return bool(redact(record, [path]).replaced)


def _placeholder(value: object) -> Any:
    return _EMPTY.get(type(value))


def _without_account(record: Record) -> Record:
    attributes = {name: _ACCOUNT_ID.sub(ACCOUNT, value) for name, value in record["attributes"].items()}
    if "SenderId" in attributes:
        attributes["SenderId"] = PLACEHOLDER  # of a role or a user
    arn = _ACCOUNT_ID.sub(ACCOUNT, record["eventSourceARN"])
    return {**record, "receiptHandle": PLACEHOLDER, "attributes": attributes, "eventSourceARN": arn}
