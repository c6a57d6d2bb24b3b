"""Which modules may import which, and the names that several files must share."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import components
from components.args import QueueConsumerArgs
from components.packaging.dependencies import THIS_MACHINE
from consumers.local import FOR_THIS_MACHINE

ROOMS = {
    "components/settings": {"stdlib", "components"},
    "components/policies.py": {"stdlib"},
    "components/packaging/archive.py": {"stdlib", "components"},
    "components/packaging/package_filter.py": {"stdlib"},
    "components/packaging/requirements.py": {"stdlib", "components"},
    "components/packaging/wheels_only.py": {"stdlib"},
    "components/packaging/dependencies.py": {"stdlib", "components"},
    "components/packaging/bytecode.py": {"stdlib", "components"},
    "components/packaging/unused_files.py": {"stdlib"},
    # uv is looked for where a function has requirements, and may be missing.
    "components/packaging/interpreters.py": {"stdlib", "uv"},
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
    # `check` and the evaluator use it too, where numpy may be missing.
    "consumers/simulation/consumer.py": {"stdlib", "consumers"},
    "consumers/simulation": {"stdlib", "consumers", "numpy"},
    "consumers/sizing": {"stdlib", "consumers"},
    "consumers/working_copy": {"stdlib", "consumers", "botocore"},
    "consumers/working_copy/hosts": {"stdlib", "debugpy", "sqs_batch"},
    "consumers/dev": {"stdlib", "consumers", "botocore", "pulumi", "rich", "watchfiles"},
    "consumers/ui": {"stdlib", "consumers", "botocore", "hypercorn", "jinja2", "markupsafe", "starlette"},
    # For type checkers only: at run time it imports the library under the name that it has there.
    "consumers/library.py": {"stdlib", "components"},
    "consumers/commands/demo.py": {"stdlib", "consumers", "demo", "click"},
    "demo": {"stdlib", "consumers", "demo", "botocore"},
    "consumers/testing/plugin.py": {"stdlib", "consumers", "pytest"},
    "consumers": {
        *("stdlib", "consumers", "boto3", "botocore", "click", "rich", "ministack", "hypercorn", "yaml"),
        *("pulumi", "pulumi_aws", "grpc", "google", "jmespath", "jsonpatch", "jsonpointer", "watchfiles"),
        *("jinja2", "markupsafe", "numpy", "starlette"),
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
    # A folder or file inside a room may have an entry of its own.
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


def test_components_import_relatively_to_be_renamed_and_evaluate_annotations_for_the_plugin_host() -> None:
    for path in python_files("components"):
        text = path.read_text("utf-8")
        absolute = [n for n in ast.walk(ast.parse(text)) if isinstance(n, ast.ImportFrom) and not n.level]
        assert not [node for node in absolute if (node.module or "").startswith("components")], path
        assert "from __future__ import annotations" not in text, path


def test_no_module_is_named_after_one_of_the_standard_library() -> None:
    for room in ("components", "functions", "consumers", "demo"):
        for path in python_files(room):
            assert path.stem == "__init__" or path.stem.startswith("__") or path.stem not in sys.stdlib_module_names


def test_the_readme_names_every_top_level_argument_and_output() -> None:
    readme = Path("README.md").read_text("utf-8")
    names = [*QueueConsumerArgs.__annotations__, *components.QueueConsumer.__annotations__]
    assert [name for name in names if f"`{name}`" not in readme] == []


def test_names_that_two_places_must_share_are_the_same() -> None:
    assert list(FOR_THIS_MACHINE) == [THIS_MACHINE]
    assert sorted(components.__all__) == sorted(name for name in vars(components) if name[0].isupper())


def test_no_two_test_files_share_a_name_so_that_all_can_be_collected_at_once() -> None:
    names = [path.name for path in Path("tests").rglob("test_*.py")]
    assert {name for name in names if names.count(name) > 1} == set()
