"""Who may import whom, and that the one table of arguments is told the same way everywhere."""

import ast
import dataclasses
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import components
from components.args import QueueConsumerArgs
from components.packaging.dependencies import THIS_MACHINE
from components.settings.kinds import Group
from components.settings.model import Settings
from consumers.local import FOR_THIS_MACHINE

ROOMS = {
    "components/settings": {"stdlib", "components"},
    "components/policies.py": {"stdlib"},
    "components/packaging/archive.py": {"stdlib", "components"},
    "components/packaging/package_filter.py": {"stdlib"},
    "components/packaging/requirements.py": {"stdlib", "components"},
    "components/packaging/wheels_only.py": {"stdlib"},
    # uv is looked for where a function has requirements, and may be missing.
    "components/packaging/dependencies.py": {"stdlib", "components", "uv"},
    "components": {"stdlib", "components", "pulumi", "pulumi_aws", "uv"},
    "functions/sqs_batch.py": {"stdlib", "botocore"},
    "functions/sqs_send.py": {"stdlib", "boto3"},
    "functions/poker_hands": {"stdlib", "sqs_batch", "hands", "ledger", "boto3"},
    "functions/hand_histories": {"stdlib", "sqs_batch", "sqs_send", "hands", "history", "boto3"},
    "functions/summary": {"stdlib", "sqs_batch", "ledger"},
    "functions/ledger.py": {"stdlib", "boto3"},
    "functions/big_pots": {"stdlib", "sqs_batch", "ledger"},
    "examples": {"stdlib", "queue_consumer", "pulumi", "sqs_batch"},
    "consumers/operations": {"stdlib", "consumers", "boto3", "botocore", "jmespath", "jsonpatch", "jsonpointer"},
    "consumers/cost": {"stdlib", "consumers"},
    # For type checkers only: at run time it imports the library under the name that it has there.
    "consumers/library.py": {"stdlib", "components"},
    "consumers/commands/demo.py": {"stdlib", "consumers", "demo", "click"},
    "demo": {"stdlib", "consumers", "demo", "botocore"},
    "consumers/testing/plugin.py": {"stdlib", "consumers", "pytest"},
    "consumers": {
        *("stdlib", "consumers", "boto3", "botocore", "click", "rich", "ministack", "hypercorn", "yaml"),
        *("pulumi", "pulumi_aws", "grpc", "google", "jmespath", "jsonpatch", "jsonpointer"),
    },
    "__main__.py": {"stdlib", "components", "pulumi", "workflow"},
    "workflow.py": {"stdlib", "components", "pulumi", "pulumi_aws"},
}


def python_files(room: str) -> list[Path]:
    path = Path(room)
    # The Pulumi CLI makes the plugin's virtual environment in its folder.
    return [path] if path.is_file() else sorted(file for file in path.rglob("*.py") if ".venv" not in file.parts)


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield path.parts[0] if node.level else (node.module or "").split(".")[0]


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_what_it_may(room: str) -> None:
    # A room within a room has a sentence of its own.
    files = [path for path in python_files(room) if str(path) not in ROOMS or str(path) == room]
    assert files
    for path in files:
        rooms = {"stdlib" if name in sys.stdlib_module_names else name for name in imported(path)}
        assert rooms <= ROOMS[room], f"{path} imports {rooms - ROOMS[room]}"


def test_settings_read_no_files_start_no_processes_and_package_nothing() -> None:
    for path in python_files("components/settings"):
        nodes = list(ast.walk(ast.parse(path.read_text("utf-8"))))
        relative = {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom) and node.level}
        assert not {"os", "pathlib", "shutil", "subprocess", "tempfile"} & {*imported(path)}, path
        assert not any("packaging" in module for module in relative), path
        assert not any(isinstance(node, ast.Name) and node.id == "open" for node in nodes), path


def test_components_import_each_other_relatively_so_that_the_package_can_be_renamed() -> None:
    for path in python_files("components"):
        absolute = [
            node
            for node in ast.walk(ast.parse(path.read_text("utf-8")))
            if isinstance(node, ast.ImportFrom) and not node.level and (node.module or "").startswith("components")
        ]
        assert absolute == [], path


def test_no_component_file_puts_off_its_annotations_which_the_plugin_host_reads() -> None:
    for path in (*Path("components").glob("*.py"), *Path("components/events").glob("*.py")):
        assert "from __future__ import annotations" not in path.read_text("utf-8"), path


def test_no_module_is_named_after_one_of_the_standard_library() -> None:
    for room in ("components", "functions", "consumers", "demo"):
        for path in python_files(room):
            assert path.stem == "__init__" or path.stem.startswith("__") or path.stem not in sys.stdlib_module_names


def groups(args: Any, model: type) -> list[tuple[Any, type]]:
    """Each group of arguments with its dataclass, the whole first."""
    kinds = {field.name: field.metadata.get("kind") for field in dataclasses.fields(model)}
    inner = [
        group
        for name, kind in kinds.items()
        if isinstance(kind, Group)
        for group in groups(args.__annotations__[name].__args__[0], kind.model)
    ]
    return [(args, model), *inner]


@pytest.mark.parametrize(("args", "model"), groups(QueueConsumerArgs, Settings), ids=lambda t: t.__name__)
def test_arguments_and_settings_are_the_same_tree(args: Any, model: type) -> None:
    fields = [field.name for field in dataclasses.fields(model) if "kind" in field.metadata]
    assert list(args.__annotations__) == fields
    assert args.__required_keys__ == frozenset()


def docstrings(path: Path) -> dict[str, set[str]]:
    """Class → names of its annotated fields that a docstring follows."""
    found: dict[str, set[str]] = {}
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.ClassDef):
            pairs = zip(node.body, node.body[1:], strict=False)
            found[node.name] = {
                first.target.id
                for first, second in pairs
                if isinstance(first, ast.AnnAssign)
                and isinstance(first.target, ast.Name)
                and isinstance(second, ast.Expr)
                and isinstance(second.value, ast.Constant)
            }
    return found


def test_every_argument_and_every_output_has_a_docstring() -> None:
    documented = docstrings(Path("components/args.py"))
    for args, _ in groups(QueueConsumerArgs, Settings):
        assert documented[args.__name__] == set(args.__annotations__)
    outputs = docstrings(Path("components/queue_consumer.py"))["QueueConsumer"]
    assert outputs == set(components.QueueConsumer.__annotations__)


def test_the_readme_names_every_top_level_argument_and_output() -> None:
    readme = Path("README.md").read_text("utf-8")
    names = [*QueueConsumerArgs.__annotations__, *components.QueueConsumer.__annotations__]
    assert [name for name in names if f"`{name}`" not in readme] == []


def test_the_tool_and_the_component_call_the_variable_of_local_dependencies_the_same() -> None:
    assert list(FOR_THIS_MACHINE) == [THIS_MACHINE]


def test_what_is_public_is_listed() -> None:
    assert sorted(components.__all__) == sorted(name for name in vars(components) if name[0].isupper())


def test_no_two_test_files_share_a_name_so_that_all_can_be_collected_at_once() -> None:
    names = [path.name for path in Path("tests").rglob("test_*.py")]
    assert {name for name in names if names.count(name) > 1} == set()
