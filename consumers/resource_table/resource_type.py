"""What every entry of the table has in common: defaults, names, tags, errors."""

import itertools
import json
import secrets
import time
from abc import ABC, abstractmethod
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, ClassVar, Protocol

from botocore.exceptions import BotoCoreError, ClientError  # pyright: ignore[reportMissingTypeStubs]

from consumers.resource_table.aws_type import AwsType
from consumers.resource_table.properties import Properties, Values, problems, whole

Tags = Mapping[str, str]
NO_TAGS: Tags = {}

_GONE = {
    *("NoSuchBucket", "NotFound", "404", "NotFoundException"),  # of S3, SNS and API Gateway
    *("NoSuchEntity", "ResourceNotFoundException", "ProvisionedConcurrencyConfigNotFoundException"),
    *("QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue"),
    *("ResourceNotFound", "DashboardNotFoundError"),  # a dashboard's: AWS' model has one, ministack both
}
_counter = itertools.count()


class Aws(Protocol):
    """An AWS to realise resources in: one account, one region."""

    @property
    def region(self) -> str: ...
    @property
    def account_id(self) -> str: ...
    def client(self, service: str, /) -> Any: ...


class ResourceError(Exception):
    """A resource cannot be realised. The text names its type, its name and what is wrong, in one line per fault."""


class ResourceType(ABC):
    """One Pulumi resource type, realised through boto3. An instance has no state."""

    token: ClassVar[str]
    """Pulumi's name of the type, like `aws:sqs/queue:Queue`."""
    properties: ClassVar[Properties]
    """Every input property that is realised. All others are refused."""
    naming: ClassVar[str] = "name"
    """The property with the physical name, which is automatic where the program gives none."""
    longest_name: ClassVar[int] = 255
    """Characters of the longest auto-name (pulumi-aws' own limits)."""
    arn_format: ClassVar[str] = ""
    """Its ARN after `arn:aws:`, for fake outputs, like `sqs:{region}:{account}:{name}`, which is the default."""
    lost_with_it: ClassVar[str] = ""
    """What is lost when it is replaced, for a warning before that happens."""

    def problems(self, inputs: Values) -> list[tuple[str, str]]:
        """What is wrong with `inputs` by name alone: pairs of a property's path and a sentence."""
        found = list(problems(self.properties, inputs, lambda: AwsType.of(self.token)))
        prefix = f"{self.naming}Prefix"
        if inputs.get(self.naming) and inputs.get(prefix):
            found.append((prefix, f"'{prefix}' and '{self.naming}' exclude each other: give one of them."))
        return found

    def completed(self, name: str, inputs: Values) -> Values:
        """`inputs` with the AWS provider's defaults, and whole numbers as integers.

        Raises:
            ResourceError: properties are unknown, or missing.
        """
        if problems := self.problems(inputs):
            raise ResourceError("\n".join(f"{self.token} '{name}': {sentence}" for _, sentence in problems))
        return self.with_defaults(inputs)

    def with_defaults(self, inputs: Values) -> Values:
        """`inputs` with the AWS provider's defaults, and whole numbers as integers, unchecked."""
        defaults = {key: p.default for key, p in self.properties.items() if p.default is not None}
        return defaults | {key: whole(value) for key, value in inputs.items() if value is not None}

    def auto_name(self, name: str, inputs: Values, digits: str = "") -> str:
        """A physical name for the resource with this logical name, as pulumi-aws makes one.

        It ends in `digits`; without them, in seven random ones.

        Raises:
            ResourceError: it would be longer than `longest_name`.
        """
        if prefix := inputs.get(f"{self.naming}Prefix"):
            return prefix + _unique_digits() + self.name_suffix(inputs)
        auto_name = f"{name}-{digits or secrets.token_hex(4)[:7]}"
        if len(auto_name) > self.longest_name:
            raise ResourceError(
                f"{self.token} '{name}': its auto-name would have {len(auto_name)} characters, "
                f"{self.longest_name} are allowed: shorten the name, or set the property '{self.naming}'."
            )
        return auto_name + self.name_suffix(inputs)

    def create(self, aws: Aws, name: str, inputs: Values, default_tags: Tags = NO_TAGS) -> tuple[str, Values]:
        """Create the resource whose logical name is `name`: its id, and its outputs.

        What fails in the middle is deleted again, so that the next try does not find half of it.
        """
        ready = self.completed(name, inputs)
        if self.naming in self.properties and not ready.get(self.naming):
            ready[self.naming] = self.auto_name(name, ready)
        with self._errors(name):
            resource_id = self._create(aws, self._tagged(ready, default_tags))
            try:
                self._finish(aws, resource_id, ready)
                return resource_id, self._outputs(aws, resource_id, ready, default_tags)
            except Exception:
                with suppress(ClientError):
                    self._delete(aws, resource_id, {})
                raise

    def read(self, aws: Aws, resource_id: str, default_tags: Tags = NO_TAGS) -> Values | None:
        """The outputs of the resource with this id as AWS has it now; None when there is none."""
        with self._errors(resource_id):
            try:
                return self._outputs(aws, resource_id, {}, default_tags)
            except ClientError as error:
                if _is_gone(error):
                    return None
                raise

    def update(self, aws: Aws, resource_id: str, old: Values, new: Values, default_tags: Tags = NO_TAGS) -> Values:
        """Change the resource from the inputs `old` to the inputs `new` in place, and give its new outputs.

        The caller replaces the resource instead where a property that is `force_new` differs.
        """
        ready = self.completed(resource_id, new)
        # Not checked: it was once, and what was imported or comes from a state may lack what AWS does not tell.
        before, after = (self._tagged(values, default_tags) for values in (self.with_defaults(old), ready))
        with self._errors(resource_id):
            self._update(aws, resource_id, before, after)
            self._retag(aws, resource_id, before.get("tags", {}), after.get("tags", {}))
            return self._outputs(aws, resource_id, ready, default_tags)

    def delete(self, aws: Aws, resource_id: str, outputs: Values) -> None:
        """Delete the resource. One that is gone already is fine."""
        with self._errors(resource_id):
            try:
                self._delete(aws, resource_id, outputs)
            except ClientError as error:
                if not _is_gone(error):
                    raise

    def changed(self, old: Values, new: Values) -> Values:
        """The properties that differ, with the values that AWS must get for them."""
        now = {key: new.get(key, p.reset_value) for key, p in self.properties.items() if old.get(key) != new.get(key)}
        return {key: value for key, value in now.items() if value is not None}

    def name_suffix(self, inputs: Values) -> str:
        """What every automatic name of the type ends in."""
        return ""

    def known_id(self, aws: Aws, inputs: Values) -> str | None:
        """The id that a resource with these inputs has if it was made; None if there is none, or no way to tell."""
        return inputs.get(self.naming)

    def fake_outputs(self, arn: str, inputs: Values) -> Values:
        """Outputs of this type only, for runs that create nothing; `arn` is the fake ARN."""
        return {}

    def volatile(self, inputs: Values) -> set[str]:
        """The outputs, other than inputs, that an update may change."""
        return set()

    @abstractmethod
    def _create(self, aws: Aws, inputs: Values) -> str: ...
    @abstractmethod
    def _read(self, aws: Aws, resource_id: str) -> Values: ...
    @abstractmethod
    def _update(self, aws: Aws, resource_id: str, old: Values, new: Values) -> None: ...
    @abstractmethod
    def _delete(self, aws: Aws, resource_id: str, outputs: Values) -> None: ...

    def _finish(self, aws: Aws, resource_id: str, inputs: Values) -> None:
        """What creation needs after the call that makes the resource."""
        return

    def _tag(self, aws: Aws, resource_id: str, tags: dict[str, str]) -> None:
        raise NotImplementedError(f"{self.token} has no tags")

    def _untag(self, aws: Aws, resource_id: str, keys: list[str]) -> None:
        raise NotImplementedError(f"{self.token} has no tags")

    def _tagged(self, inputs: Values, default_tags: Tags) -> Values:
        return inputs | {"tags": {**default_tags, **inputs.get("tags", {})}} if "tags" in self.properties else inputs

    def _outputs(self, aws: Aws, resource_id: str, inputs: Values, default_tags: Tags) -> Values:
        outputs = inputs | self._read(aws, resource_id)
        if "tags" in self.properties:
            outputs["tagsAll"] = outputs["tags"]
            own = {key: value for key, value in outputs["tags"].items() if default_tags.get(key) != value}
            outputs["tags"] = own | inputs.get("tags", {})
        return outputs

    def _retag(self, aws: Aws, resource_id: str, old: dict[str, str], new: dict[str, str]) -> None:
        if gone := sorted(old.keys() - new.keys()):
            self._untag(aws, resource_id, gone)
        if changed := {key: value for key, value in new.items() if old.get(key) != value}:
            self._tag(aws, resource_id, changed)

    @contextmanager
    def _errors(self, name: str) -> Generator[None]:
        try:
            yield
        except ClientError as error:
            code, message = _answer(error)
            raise ResourceError(f"{self.token} '{name}': {code}: {message}") from error
        except (BotoCoreError, OSError, ValueError) as error:
            raise ResourceError(f"{self.token} '{name}': {' '.join(str(error).split())}") from error


def gone(operation: str) -> ClientError:
    """What AWS answers where there is no such resource, for a type whose list only shows it."""
    return ClientError({"Error": {"Code": "NoSuchEntity", "Message": "There is none."}}, operation)


def tags_in(default_tags: Any) -> dict[str, str]:
    """The tags in a provider's `defaultTags`, which are JSON text both in a stack's file and from a program."""
    parsed: Values | None = json.loads(default_tags) if isinstance(default_tags, str) else default_tags
    return (parsed or {}).get("tags") or {}


def _unique_digits() -> str:
    # The AWS provider's own form: 18 digits of time, then a counter in 8 hexadecimal digits.
    now = time.time_ns()
    return time.strftime("%Y%m%d%H%M%S", time.gmtime(now // 10**9)) + f"{now // 10**5 % 10**4:04d}{next(_counter):08x}"


def _answer(error: Any) -> tuple[str, str]:
    return error.response["Error"]["Code"], error.response["Error"]["Message"]


def _is_gone(error: ClientError) -> bool:
    return _answer(error)[0] in _GONE
