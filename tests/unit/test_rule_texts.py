"""The other texts of rules that have several, and the last values that they take: a rule's first text is in test_rules*."""

from pathlib import Path
from typing import Any

import pytest

from components import validation
from components.settings.findings import Breach, show

FILE_THERE = "'file.function' of a file there"
TAG_KEY = "1 to 128 of letters, digits, spaces and '_.:/=+-@'"


def breaches(args: dict[str, Any]) -> list[Breach]:
    return [finding.breach for finding in validation.examine("hands", args)[1]]


@pytest.mark.parametrize(
    ("args", "breach"),
    [
        (
            {"source": "functions/sqs_batch.py"},
            Breach(
                "'functions/sqs_batch.py', a file in the program's folder", "an existing folder", "Correct the path"
            ),
        ),
        (
            {"source": "nowhere/poker_hands"},
            Breach(
                "'nowhere/poker_hands', which does not exist in the program's folder",
                "an existing folder",
                "Correct the path",
            ),
        ),
        (
            {"handler": "handlr.handle"},
            Breach(
                "'handlr.handle', with no file handlr.py in {source}",
                FILE_THERE,
                "Correct it (did you mean 'handler'?)",
            ),
        ),
        (
            {"queue": {"name": "hands.fifo"}},
            Breach("'hands.fifo'", "1 to 80 of letters, digits, '-' and '_'", "Set fifo=True, or drop '.fifo'"),
        ),
        ({"tags": {"": "x"}}, Breach("the key ''", TAG_KEY, "Shorten or correct it")),
    ],
)
def test_a_rule_with_several_texts_says_the_one_that_fits(folder: Path, args: dict[str, Any], breach: Breach) -> None:
    given = breach.given.format(source=folder)
    assert breaches({"source": str(folder), **args}) == [Breach(given, breach.allowed, breach.fix)]


def test_a_folder_with_nothing_to_package_is_named(tmp_path: Path) -> None:
    given = f"{show(str(tmp_path))}, a folder with nothing to package"
    assert breaches({"source": str(tmp_path)}) == [Breach(given, "a folder with code", "Add the handler")]


def test_a_syntax_error_is_to_be_corrected(folder: Path) -> None:
    (folder / "handler.py").write_text("def handle(record)\n    pass\n")
    told = Breach("handler.py with a syntax error in line 1", "Python that compiles", "Correct it")
    assert breaches({"source": str(folder), "runtime": "python3.11"}) == [told]


def test_what_the_runtime_reads_of_the_environment_takes_its_room(folder: Path) -> None:
    args = {"source": str(folder), "environment": {"TEXT": "x" * 4_085}}  # 4,096 bytes
    assert breaches(args) == []
    (folder / "handler.py").write_text("import sqs_batch\ndef handle(event, context): ...\n")
    fix = "Keep large values in Parameter Store or in the archive, and their names here"
    assert breaches(args) == [Breach("4,096 bytes as JSON", "at most 3,584 bytes", fix)]


@pytest.mark.parametrize(
    "edge",
    [
        {"source": None, "code": object(), "handler": f"{'a' * 124}.run"},
        {"filters": [{"body": {"won": [True]}}] * 5},
        {"fifo": True, "queue": {"name": f"{'a' * 75}.fifo"}},
    ],
)
def test_the_longest_handler_and_name_and_the_most_filters_are_taken(folder: Path, edge: dict[str, Any]) -> None:
    args = {"source": str(folder), **edge}
    assert breaches({key: value for key, value in args.items() if value is not None}) == []
