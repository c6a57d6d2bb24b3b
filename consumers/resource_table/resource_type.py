"""A resource type: its properties and API calls are declared, and all types share the code of the lifecycle."""

import itertools
import json
import secrets
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from botocore.exceptions import BotoCoreError, ClientError  # pyright: ignore[reportMissingTypeStubs]

from consumers.resource_table.aws_type import AwsType
from consumers.resource_table.properties import (
    Properties,
    Values,
    from_api,
    problems,
    to_api,
    with_integers,
    without_empty,
)

UNTAGGED: Values = {"tags": {}}
"""The output `tags` of a resource without any."""

_NOT_FOUND = {
    # S3, SNS, API Gateway
    "NoSuchBucket",
    "NotFound",
    "404",
    "NotFoundException",
    # other services
    "NoSuchEntity",
    "ResourceNotFoundException",
    "ProvisionedConcurrencyConfigNotFoundException",
    "QueueDoesNotExist",
    "AWS.SimpleQueueService.NonExistentQueue",
    # dashboards: AWS's model has one, ministack returns both
    "ResourceNotFound",
    "DashboardNotFoundError",
}
_counter = itertools.count()


class Aws(Protocol):
    """An AWS to create resources in: one account, one region."""

    @property
    def region(self) -> str: ...
    @property
    def account_id(self) -> str: ...
    def client(self, service: str, /) -> Any: ...


class ResourceError(Exception):
    """A resource is invalid, or AWS refuses it. The text names type, name and fault, in one line per fault."""


@dataclass(frozen=True)
class TagCalls:
    """The tagging API of a service. The property `tags` names and converts the tags themselves."""

    resource: str = "ResourceArn"
    """The parameter that identifies the resource."""
    read: str = "list_tags_for_resource"
    """Empty where the type's `read_call` returns the tags."""
    tag: str = "tag_resource"
    untag: str = "untag_resource"
    keys: str = "TagKeys"


class ResourceType:
    """One Pulumi resource type. Declare what differs; override a private method where AWS's API has another shape.

    An instance has no state.
    """

    token: ClassVar[str]
    """Pulumi's type token, like `aws:sqs/queue:Queue`."""
    properties: ClassVar[Properties]
    """Every supported input property. All others are refused."""
    name_property: ClassVar[str] = "name"
    """The property with the physical name, which gets an auto-name where the program omits it."""
    max_name_length: ClassVar[int] = 255
    """Maximum length of an auto-name, as pulumi-aws limits it."""
    replacement_loss: ClassVar[str] = ""
    """The data that a replacement loses, for a warning before it happens."""

    service: ClassVar[str]
    """boto3's name of the service."""
    noun: ClassVar[str] = ""
    """boto3's name of the resource: its calls are `create_<noun>`, `get_<noun>`, `update_<noun>`, `delete_<noun>`."""
    put_call: ClassVar[str] = ""
    """Creates and updates with all properties. Without it, an update sends the changed properties only."""
    create_call: ClassVar[str] = ""
    """This and the next three override the name that `noun` yields."""
    update_call: ClassVar[str] = ""
    read_call: ClassVar[str] = ""
    delete_call: ClassVar[str] = ""
    answer_key: ClassVar[str] = ""
    """The key of the resource in the answer of `read_call`; empty where the answer is the resource."""
    id_parameter: ClassVar[str] = ""
    """AWS's parameter with an id that AWS assigns. Empty: the id is made of `id_properties`."""
    id_properties: ClassVar[tuple[str, ...]] = ()
    """The properties that the id consists of, joined by `id_separator`. Empty: the physical name."""
    id_separator: ClassVar[str] = "/"
    arn: ClassVar[str] = ""
    """The ARN's format, with `{aws}` and `{id}`; empty if only AWS knows it, or the type has none."""
    tag_calls: ClassVar[TagCalls] = TagCalls()
    has_empty_defaults: ClassVar[bool] = False
    """Whether ministack returns unset properties as empty ones."""

    @property
    def id_keys(self) -> tuple[str, ...]:
        """The properties that the id consists of."""
        return self.id_properties or (self.name_property,)

    def problems(self, inputs: Values) -> list[tuple[str, str]]:
        """Return the faults of `inputs`: pairs of a property's path and a sentence."""
        found = list(problems(self.properties, inputs, lambda: AwsType.of(self.token)))
        prefix = f"{self.name_property}Prefix"
        if inputs.get(self.name_property) and inputs.get(prefix):
            found.append((prefix, f"'{prefix}' and '{self.name_property}' exclude each other: set one of them."))
        return found

    def completed(self, name: str, inputs: Values) -> Values:
        """Validate `inputs`, and return them with the AWS provider's defaults and with integers.

        Raises:
            ResourceError: properties are unknown or missing.
        """
        if problems := self.problems(inputs):
            raise ResourceError("\n".join(f"{self.token} '{name}': {sentence}" for _, sentence in problems))
        return self.with_defaults(inputs)

    def with_defaults(self, inputs: Values) -> Values:
        """Return `inputs` with the AWS provider's defaults and with integers, without validation."""
        defaults = {key: p.default for key, p in self.properties.items() if p.default is not None}
        return defaults | {key: with_integers(value) for key, value in inputs.items() if value is not None}

    def auto_name(self, name: str, inputs: Values, digits: str = "") -> str:
        """Return a physical name for the resource with this logical name, as pulumi-aws makes one.

        It ends in `digits`; without them, in seven random ones.

        Raises:
            ResourceError: it would be longer than `max_name_length`.
        """
        if prefix := inputs.get(f"{self.name_property}Prefix"):
            return prefix + _unique_digits() + self.name_suffix(inputs)
        auto_name = f"{name}-{digits or secrets.token_hex(4)[:7]}"
        if len(auto_name) > self.max_name_length:
            raise ResourceError(
                f"{self.token} '{name}': its auto-name would have {len(auto_name)} characters, "
                f"{self.max_name_length} are allowed: shorten the name, or set the property '{self.name_property}'."
            )
        return auto_name + self.name_suffix(inputs)

    def create(self, aws: Aws, name: str, inputs: Values) -> tuple[str, Values]:
        """Create the resource with the logical name `name`; return its id and its outputs.

        A resource that fails halfway is deleted again, so that a retry does not find it.
        """
        ready = self.completed(name, inputs)
        if self.name_property in self.properties and not ready.get(self.name_property):
            ready[self.name_property] = self.auto_name(name, ready)
        with self._errors(name):
            resource_id = self._create(aws, ready)
            try:
                self._configure(aws, resource_id, ready)
                return resource_id, self._outputs(aws, resource_id, ready)
            except Exception:
                with suppress(ClientError):
                    self._delete(aws, resource_id, {})
                raise

    def read(self, aws: Aws, resource_id: str) -> Values | None:
        """Return the current outputs of the resource with this id; None where it does not exist."""
        with self._errors(resource_id):
            try:
                return self._outputs(aws, resource_id, {})
            except ClientError as error:
                if _is_not_found(error):
                    return None
                raise

    def update(self, aws: Aws, resource_id: str, old: Values, new: Values) -> Values:
        """Update the resource in place from the inputs `old` to the inputs `new`; return its new outputs.

        The caller replaces the resource instead where a `force_new` property differs.
        """
        ready = self.completed(resource_id, new)
        # `old` is not validated: after an import, or from a state, it may lack write-only properties.
        before, after = self.with_defaults(old), dict(ready)
        old_tags, new_tags = before.pop("tags", {}), after.pop("tags", {})
        with self._errors(resource_id):
            self._update(aws, resource_id, before, after)
            self._retag(aws, resource_id, old_tags, new_tags)
            return self._outputs(aws, resource_id, ready)

    def delete(self, aws: Aws, resource_id: str, outputs: Values) -> None:
        """Delete the resource, unless it is gone already."""
        with self._errors(resource_id):
            try:
                self._delete(aws, resource_id, outputs)
            except ClientError as error:
                if not _is_not_found(error):
                    raise

    def changed(self, old: Values, new: Values) -> Values:
        """Return the properties that differ, with the values that AWS must get for them."""
        now = {key: new.get(key, p.reset_value) for key, p in self.properties.items() if old.get(key) != new.get(key)}
        return {key: value for key, value in now.items() if value is not None}

    def name_suffix(self, inputs: Values) -> str:
        """Return the required end of every auto-name, like `.fifo`."""
        return ""

    def find_id(self, aws: Aws, inputs: Values) -> str | None:
        """Return the id of the resource with these inputs; None if it does not exist, or cannot be found by them."""
        if self.id_properties:
            return self.id_separator.join(inputs[key] for key in self.id_properties)
        return inputs.get(self.name_property)

    def fake_outputs(self, aws: Aws, arn: str, inputs: Values) -> Values:
        """Return outputs of this type only, for runs that create nothing; `arn` is the fake ARN."""
        return {}

    def volatile(self, inputs: Values) -> set[str]:
        """Return the outputs, other than inputs, that an update may change."""
        return set()

    def _create(self, aws: Aws, inputs: Values) -> str:
        answer = self._call(
            aws, self.create_call or self.put_call or f"create_{self.noun}", to_api(self.properties, inputs)
        )
        return answer[self.id_parameter] if self.id_parameter else self.find_id(aws, inputs) or ""

    def _read(self, aws: Aws, resource_id: str) -> Values:
        parameters = self._id_parameters(aws, resource_id)
        answer = self._call(aws, self.read_call or f"get_{self.noun}", parameters)
        resource = answer[self.answer_key] if self.answer_key else answer
        outputs = from_api(self.properties, parameters | resource)
        outputs = without_empty(outputs) if self.has_empty_defaults else outputs
        if "tags" in self.properties:
            outputs = UNTAGGED | outputs | self._tags(aws, resource_id)
        arn = {"arn": self._arn(aws, resource_id)} if self.arn else {}
        return outputs | arn | self._computed(aws, resource_id, resource)

    def _update(self, aws: Aws, resource_id: str, old: Values, new: Values) -> None:
        parameters = self._id_parameters(aws, resource_id)
        if self.put_call:
            self._call(aws, self.put_call, to_api(self.properties, new) | parameters)
        elif changed := to_api(self.properties, self.changed(old, new)):
            self._call(aws, self.update_call or f"update_{self.noun}", changed | parameters)

    def _delete(self, aws: Aws, resource_id: str, outputs: Values) -> None:
        self._call(aws, self.delete_call or f"delete_{self.noun}", self._id_parameters(aws, resource_id))

    def _configure(self, aws: Aws, resource_id: str, inputs: Values) -> None:
        """Set the properties that the create call does not accept."""

    def _computed(self, aws: Aws, resource_id: str, resource: Values) -> Values:
        """Return the outputs that `from_api` does not convert."""
        return {}

    def _call(self, aws: Aws, call: str, parameters: Values) -> Any:
        return getattr(aws.client(self.service), call)(**parameters)

    def _id_parameters(self, aws: Aws, resource_id: str) -> Values:
        """Return the AWS parameters that identify the resource."""
        if self.id_parameter:
            return {self.id_parameter: resource_id}
        keys = self.id_keys
        values = resource_id.split(self.id_separator, len(keys) - 1)
        if len(values) < len(keys):
            raise not_found(f"Get {self.noun}")
        return to_api(self.properties, dict(zip(keys, values, strict=True)))

    def _arn(self, aws: Aws, resource_id: str) -> str:
        """Return the ARN; the id where the type has no ARN, or is tagged by its id."""
        return self.arn.format(aws=aws, id=resource_id) or resource_id

    def _tags(self, aws: Aws, resource_id: str) -> Values:
        calls = self.tag_calls
        if not calls.read:
            return {}
        answer = self._call(aws, calls.read, {calls.resource: self._arn(aws, resource_id)})
        return UNTAGGED | from_api({"tags": self.properties["tags"]}, answer)

    def _tag(self, aws: Aws, resource_id: str, tags: dict[str, str]) -> None:
        resource = {self.tag_calls.resource: self._arn(aws, resource_id)}
        self._call(aws, self.tag_calls.tag, resource | to_api(self.properties, {"tags": tags}))

    def _untag(self, aws: Aws, resource_id: str, keys: list[str]) -> None:
        resource = {self.tag_calls.resource: self._arn(aws, resource_id)}
        self._call(aws, self.tag_calls.untag, resource | {self.tag_calls.keys: keys})

    def _outputs(self, aws: Aws, resource_id: str, inputs: Values) -> Values:
        outputs = inputs | self._read(aws, resource_id)
        if "tags" in self.properties:
            outputs["tagsAll"] = outputs["tags"]
        return outputs

    def _retag(self, aws: Aws, resource_id: str, old: dict[str, str], new: dict[str, str]) -> None:
        if removed := sorted(old.keys() - new.keys()):
            self._untag(aws, resource_id, removed)
        if changed := {key: value for key, value in new.items() if old.get(key) != value}:
            self._tag(aws, resource_id, changed)

    @contextmanager
    def _errors(self, name: str) -> Generator[None]:
        try:
            yield
        except ClientError as error:
            code, message = _code_and_message(error)
            raise ResourceError(f"{self.token} '{name}': {code}: {message}") from error
        except (BotoCoreError, OSError, ValueError) as error:
            raise ResourceError(f"{self.token} '{name}': {' '.join(str(error).split())}") from error


def not_found(operation: str) -> ClientError:
    """Return the error of a missing resource, for calls that return a list instead of an error."""
    return ClientError({"Error": {"Code": "NoSuchEntity", "Message": "There is none."}}, operation)


def tags_in(default_tags: Any) -> dict[str, str]:
    """Return the tags in a provider's `defaultTags`, which are JSON text both in a stack's file and from a program."""
    parsed: Values | None = json.loads(default_tags) if isinstance(default_tags, str) else default_tags
    return (parsed or {}).get("tags") or {}


def _unique_digits() -> str:
    # The AWS provider's own form: 18 digits of time, then a counter in 8 hexadecimal digits.
    now = time.time_ns()
    return time.strftime("%Y%m%d%H%M%S", time.gmtime(now // 10**9)) + f"{now // 10**5 % 10**4:04d}{next(_counter):08x}"


def _code_and_message(error: Any) -> tuple[str, str]:
    return error.response["Error"]["Code"], error.response["Error"]["Message"]


def _is_not_found(error: ClientError) -> bool:
    return _code_and_message(error)[0] in _NOT_FOUND
