"""Which program the page takes for that of a deployed consumer."""

from pathlib import Path

from consumers.ui.program import Program


def program(folder: Path, text: str | None) -> Program:
    (folder / "__main__.py").touch()
    if text is not None:
        (folder / "Pulumi.yaml").write_text(text)
    return Program(folder, lambda: None)


def test_the_program_of_the_same_project_is_taken(tmp_path: Path) -> None:
    assert program(tmp_path, "name: shop\nruntime: python\n").refusal("shop", "dev") == ""


def test_the_program_of_another_project_is_not(tmp_path: Path) -> None:
    why = program(tmp_path, "name: shop\nruntime: python\n").refusal("bank", "dev")
    assert why == (
        f"The program in {tmp_path} is the project shop, not bank: start the page in the folder of bank, or pass "
        "--project."
    )


def test_a_folder_without_a_program_says_what_to_do(tmp_path: Path) -> None:
    why = program(tmp_path, None).refusal("shop", "dev")
    assert why == f"There is no Pulumi program in {tmp_path}: start the page in its folder, or pass --project."


def test_a_broken_configuration_is_left_to_the_evaluation(tmp_path: Path) -> None:
    assert program(tmp_path, "name: [shop\n").refusal("shop", "dev") == ""
