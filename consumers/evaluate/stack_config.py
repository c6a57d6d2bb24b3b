"""Reads a stack's configuration from `Pulumi.yaml` and `Pulumi.<stack>.yaml`, as the Pulumi CLI does.

https://www.pulumi.com/docs/iac/concepts/projects/project-file/ and
https://www.pulumi.com/docs/iac/concepts/config/ define these files.
"""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from consumers.evaluate.results import ProgramError

DEFAULT_REGION = "us-east-1"
Document = dict[str, Any]


class ConfigError(ProgramError):
    """The project or its configuration is invalid. The text says where, what is wrong, and how to fix it."""


@dataclass(frozen=True)
class StackConfig:
    """The project, stack and configuration of a program."""

    project: str
    stack: str
    program: Path
    """The file to run: `__main__.py`, or `main` in `Pulumi.yaml`."""
    values: Mapping[str, str]
    """By `namespace:key`. Lists and objects are JSON."""

    @property
    def full_stack(self) -> str:
        """Project and stack, as the tags of deployed resources have them: `shop/dev`."""
        return f"{self.project}/{self.stack}"

    @property
    def region(self) -> str:
        """The AWS region of the stack."""
        return self.values.get("aws:region", DEFAULT_REGION)


def check_stack_name(stack: str) -> None:
    """Raise ConfigError for a name that the CLI refuses, or that is a path."""
    if not re.fullmatch(r"[\w.-]+", stack):
        raise ConfigError(f"'{stack}' is not a valid stack name: use letters, digits, '-', '_' and '.' only.")


def advice_on_stack(project_folder: Path, stack: str) -> str:
    """Return a hint if a stack has no file and others have, so that its name may be misspelt; else an empty text."""
    others = sorted(path.name.split(".")[1] for path in project_folder.glob("Pulumi.?*.yaml"))
    if not others or stack in others:
        return ""
    return f"There is no Pulumi.{stack}.yaml, so the defaults of Pulumi.yaml hold. There is: {', '.join(others)}."


def read_stack_config(project_folder: Path, stack: str) -> StackConfig:
    """Read and validate the configuration of a stack. One without a file has the defaults, as with the CLI.

    Raises:
        ConfigError: the stack's name is invalid; a file is missing or not YAML; a value is missing, of the wrong type,
            or encrypted.
    """
    check_stack_name(stack)
    project_folder = project_folder.resolve()
    project = _read_yaml(project_folder / "Pulumi.yaml", _TypedLoader)
    name = project.get("name")
    if not isinstance(name, str) or not name:
        raise ConfigError("Pulumi.yaml: the project needs a 'name'.")
    declared = {_full_key(name, key): _declaration(value) for key, value in _section(project).items()}
    own = _stack_values(project_folder / str(project.get("stackConfigDir", "")) / f"Pulumi.{stack}.yaml", name)
    _check_types(stack, declared, own)
    values = {key: value["default"] for key, value in declared.items() if value.get("default") is not None} | own
    if missing := [key for key in sorted(declared) if key not in values]:
        raise ConfigError(f"Stack '{stack}' is missing configuration {_listed(missing)} in Pulumi.{stack}.yaml.")
    texts = {key: _config_text(value) for key, value in values.items()}
    return StackConfig(name, stack, _program(project_folder, project), texts)


MAX_VALUES = 100_000
"""Values in a file, after aliases are expanded."""


def _load(text: str, loader: Any) -> Any:
    """Load a text, unless its aliases expand to too many values."""
    reading = loader(text)
    try:
        node = reading.get_single_node()
        if _size(node, {}) > MAX_VALUES:
            raise yaml.MarkedYAMLError(problem="its aliases expand to too many values", problem_mark=node.start_mark)
        return None if node is None else reading.construct_document(node)
    finally:
        reading.dispose()


def _size(node: Any, sizes: dict[int, float]) -> float:
    """Return the number of values in a node, infinite if it contains itself."""
    if not isinstance(node, yaml.CollectionNode):
        return 1
    if id(node) not in sizes:
        sizes[id(node)] = math.inf
        inside: Any = node.value
        items = [item for pair in inside for item in pair] if isinstance(node, yaml.MappingNode) else inside
        sizes[id(node)] = 1 + sum(_size(item, sizes) for item in items)
    return sizes[id(node)]


class _TypedLoader(yaml.SafeLoader):
    """YAML 1.2, as the CLI reads it: `yes`, `on` and dates are text."""


def _is_1_2(tag: str, first: str) -> bool:
    return tag != "tag:yaml.org,2002:timestamp" and not (tag == "tag:yaml.org,2002:bool" and first in "yYnNoO")


_TypedLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if _is_1_2(tag, first)]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _read_yaml(path: Path, loader: Any) -> Document:
    try:
        document = _load(path.read_text(encoding="utf-8-sig"), loader)
        json.dumps(document)
    except FileNotFoundError:
        raise ConfigError(f"There is no {path.name} in {path.parent}: this is not a Pulumi project.") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path.name} is not YAML: {error}") from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else "?"
        raise ConfigError(f"{path.name}:{line}: this is not YAML: {error.problem}") from None
    except yaml.YAMLError as error:
        raise ConfigError(f"{path.name} is not YAML: {' '.join(str(error).split())}") from None
    except OSError as error:
        raise ConfigError(f"{path.name} cannot be read: {error.strerror}.") from None
    except RecursionError:
        raise ConfigError(f"{path.name} is nested too deeply.") from None
    except (ValueError, TypeError):
        raise ConfigError(f"{path.name} holds a value that is not a text, number, boolean, list or object.") from None
    if document is not None and not isinstance(document, dict):
        raise ConfigError(f"{path.name} must hold keys and values, but holds a {type(document).__name__}.")
    return _object(document)


def _section(document: Document) -> Document:
    """The `config` of a file."""
    section = _object(document.get("config"))
    if wrong := [key for key in section if not isinstance(key, str)]:  # pyright: ignore[reportUnnecessaryIsInstance]
        raise ConfigError(f"The key {wrong[0]!r} of 'config' must be a text: put it in quotes.")
    return section


def _object(value: Any) -> Document:
    return value if isinstance(value, dict) else {}  # pyright: ignore[reportUnknownVariableType]


def _full_key(project: str, key: str) -> str:
    return key if ":" in key else f"{project}:{key}"


def _declaration(value: Any) -> Document:
    """Return one entry of `config` in `Pulumi.yaml` as an object; a plain value is its default."""
    if declaration := _object(value):
        return declaration | {"default": declaration.get("default", declaration.get("value"))}
    return {"default": value}


def _stack_values(path: Path, project: str) -> Document:
    """Return the values in a stack's file: scalars as written, lists and objects with their types."""
    if not path.exists():
        return {}
    typed, written = _read_yaml(path, _TypedLoader), _section(_read_yaml(path, yaml.BaseLoader))
    if "environment" in typed:
        raise ConfigError(f"{path.name} takes values from Pulumi ESC ('environment'), which no local run can open.")
    values = {key: written[key] if isinstance(written[key], str) else value for key, value in _section(typed).items()}
    for key, value in values.items():
        if _is_encrypted(value):
            raise ConfigError(
                f"{path.name}: '{key}' is encrypted, and a local run has no key to it: "
                "put a plain value into another stack's file, and run that stack."
            )
    return {_full_key(project, key): value for key, value in values.items()}


def _is_encrypted(value: Any) -> bool:
    if items := _object(value):
        return list(items) == ["secure"] or any(map(_is_encrypted, items.values()))
    return isinstance(value, list) and any(map(_is_encrypted, value))  # pyright: ignore[reportUnknownArgumentType]


def _check_types(stack: str, declared: Mapping[str, Document], own: Document) -> None:
    for key, declaration in sorted(declared.items()):
        if "type" not in declaration:
            continue
        type_name = _type_name(key, declaration)
        default = declaration["default"]
        if default is not None and not _fits(declaration, default):
            raise ConfigError(f"Pulumi.yaml: the default of '{key}' must be of type '{type_name}', not {default!r}.")
        if key in own and not _fits(declaration, own[key]):
            raise ConfigError(
                f"Stack '{stack}' with configuration key '{key}' must be of type '{type_name}': "
                f"{own[key]!r} is in Pulumi.{stack}.yaml."
            )


def _type_name(key: str, declaration: Document) -> str:
    types = ("string", "integer", "boolean", "array", "object")
    if declaration.get("type") not in types:
        raise ConfigError(f"Pulumi.yaml: '{key}' is of type {declaration.get('type')!r}; types are {', '.join(types)}.")
    if declaration["type"] != "array":
        return declaration["type"]
    if not isinstance(declaration.get("items"), dict):
        raise ConfigError(f"Pulumi.yaml: '{key}' is an array, and needs 'items' with their type.")
    return f"array<{_type_name(key, declaration['items'])}>"


def _fits(declaration: Document, value: Any) -> bool:
    """Whether a value has the declared type. A scalar of a stack's file is text and may read as any type."""
    match declaration["type"]:
        case "string":
            return isinstance(value, str)
        case "integer":
            if isinstance(value, str):
                return re.fullmatch(r"[+-]?\d+", value) is not None
            return isinstance(value, int | float) and not isinstance(value, bool) and float(value).is_integer()
        case "boolean":
            return isinstance(value, bool) or value in ("true", "false")
        case "array":
            return isinstance(value, list) and all(_fits(declaration["items"], item) for item in value)  # pyright: ignore[reportUnknownVariableType]
        case _:
            return isinstance(value, dict)


def _config_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False)


def _listed(keys: list[str]) -> str:
    quoted = [f"'{key}'" for key in keys]
    return f"value {quoted[0]}" if len(quoted) == 1 else f"values {', '.join(quoted[:-1])} and {quoted[-1]}"


def _program(project_folder: Path, project: Document) -> Path:
    runtime = project.get("runtime")
    language = _object(runtime).get("name", runtime)
    if language != "python":
        raise ConfigError(f"Pulumi.yaml: the runtime is {language!r}; only 'python' programs run locally.")
    program = (project_folder / str(project.get("main", ""))).resolve()
    program = program / "__main__.py" if program.is_dir() else program
    if not program.is_file():
        raise ConfigError(f"There is no program at {program}.")
    return program
