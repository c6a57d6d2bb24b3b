"""`consumers up` and `consumers pulumi` on one local AWS: the second is refused."""

import json
from pathlib import Path
from typing import Any

import pytest

from consumers.evaluate.program import ProgramError
from consumers.provider.stack_conflict import refuse_pulumi, refuse_up
from error_texts import ErrorTexts


def write(path: Path, content: Any) -> None:
    path.parent.mkdir(parents=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))


def of_pulumi(folder: Path, *types: str) -> None:
    resources = [{"type": type} for type in types]
    stacks = folder / ".consumers" / "pulumi" / "backend" / ".pulumi" / "stacks"
    write(stacks / "hands" / "local.json", {"checkpoint": {"latest": {"resources": resources}}})


def test_neither_is_refused_without_resources_of_the_other(tmp_path: Path) -> None:
    refuse_up(tmp_path)
    refuse_pulumi(tmp_path)
    of_pulumi(tmp_path, "pulumi:pulumi:Stack")
    write(tmp_path / ".consumers" / "stacks" / "dev.json", {"resources": [], "leftovers": []})
    refuse_up(tmp_path)
    refuse_pulumi(tmp_path)


def test_up_is_refused_beside_a_stack_of_the_cli(tmp_path: Path, error_text: ErrorTexts) -> None:
    of_pulumi(tmp_path, "pulumi:pulumi:Stack", "aws:sqs/queue:Queue")
    with pytest.raises(ProgramError) as caught:
        refuse_up(tmp_path)
    error_text(str(caught.value))


def test_the_cli_is_refused_beside_a_stack_of_up(tmp_path: Path, error_text: ErrorTexts) -> None:
    write(tmp_path / ".consumers" / "stacks" / "dev.json", {"resources": [{"urn": "u"}], "leftovers": []})
    with pytest.raises(ProgramError) as caught:
        refuse_pulumi(tmp_path)
    error_text(str(caught.value))


def test_a_record_that_cannot_be_read_is_ignored_by_the_other(tmp_path: Path) -> None:
    write(tmp_path / ".consumers" / "stacks" / "dev.json", "{")
    refuse_pulumi(tmp_path)
