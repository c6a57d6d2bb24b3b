"""Which packages requirements name, and which versions they fix."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.packaging.requirements import find_requirements
from components.packaging.wheels_only import normal

NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9]{0,4}([._-][a-z0-9]{1,3})?", fullmatch=True)
FIXED = ("==1.0", "===1.0", " == 2.0.post1", "[extra]==1!3.0", "==1.0 ; python_version < '4'")
LOOSE = ("", ">=1", "~=1.0", "==1.*", "[extra]", ">=1,==1.5", "; sys_platform == 'linux'", "!=2", "<2")


def read(text: str, **more: str) -> tuple[str, set[str]] | None:
    with tempfile.TemporaryDirectory() as folder:
        for name, content in {"requirements.txt": text, **more}.items():
            Path(folder, name).write_text(content)
        found = find_requirements({"requirements.txt": Path(folder, "requirements.txt")})
        return None if found is None else (found.text, set(found.fixed))


@st.composite
def requirement_lines(draw: st.DrawFn) -> list[tuple[str, bool]]:
    names = draw(st.lists(NAMES, min_size=1, max_size=6, unique_by=normal))
    fixed = [draw(st.booleans()) for _ in names]
    return [
        (name + draw(st.sampled_from(FIXED if is_fixed else LOOSE)), is_fixed)
        for name, is_fixed in zip(names, fixed, strict=True)
    ]


@given(lines=requirement_lines(), hashes=st.booleans())
@settings(max_examples=40)
def test_exact_versions_are_fixed_and_others_are_not(lines: list[tuple[str, bool]], hashes: bool) -> None:
    end = f" \\\n    --hash=sha256:{'0' * 64} \\\n    --hash=sha256:{'1' * 64}\n" if hashes else "\n"
    found = read("".join(line + end for line, _ in lines))
    assert found is not None
    names = {normal(line.partition("=")[0].split("[")[0].split("@")[0].strip()) for line, fixed in lines if fixed}
    assert found[1] == names


@given(lines=requirement_lines(), data=st.data())
@settings(max_examples=40)
def test_comments_empty_lines_and_trailing_space_are_ignored(
    lines: list[tuple[str, bool]], data: st.DataObject
) -> None:
    noise = st.sampled_from(("", "# why\n", "\n", "   \n", "# chips==1.0\n"))
    ends = st.sampled_from(("\n", "  \n", "  # why\n", "\t# ==\n", "\r\n"))
    noisy = "".join(data.draw(noise) + line + data.draw(ends) for line, _ in lines)
    assert read(noisy) == read("".join(f"{line}\n" for line, _ in lines))


@given(lines=requirement_lines(), cut=st.integers(0, 6))
@settings(max_examples=25)
def test_an_included_file_is_equal_to_its_lines(lines: list[tuple[str, bool]], cut: int) -> None:
    texts = [line for line, _ in lines]
    whole = read("\n".join(texts))
    split = read("\n".join([*texts[:cut], "-r more.txt"]), **{"more.txt": "\n".join(texts[cut:])})
    assert whole is not None
    assert split is not None
    assert split[1] == whole[1]
    assert split[0].replace("-r more.txt", "").split() == whole[0].split()


@pytest.mark.parametrize("text", ["", "# nothing\n", "--index-url https://x.example\n--pre\n", "\\\n"])
def test_options_and_constraints_alone_require_nothing(text: str) -> None:
    assert read(text) is None


@pytest.mark.parametrize("text", ["chips\n", "./dist/chips-1.0-py3-none-any.whl\n", "--requirement=more.txt\n"])
def test_names_wheels_and_included_files_require_something(text: str) -> None:
    assert read(text, **{"more.txt": "chips\n"}) is not None


def test_a_constraint_fixes_a_version() -> None:
    found = read("chips\n-c fixed.txt\n", **{"fixed.txt": "Felt.Table==1.0\nchips==2\n"})
    assert found is not None
    assert found[1] == {"chips", "felt-table"}


def test_a_file_that_includes_itself_is_read_once() -> None:
    found = read("-r more.txt\nchips\n", **{"more.txt": "-r requirements.txt\nfelt==1\n"})
    assert found is not None
    assert found[1] == {"felt"}


def test_a_wheel_fixes_a_version() -> None:
    found = read("./dist/my_chips-1.0-py3-none-any.whl\nfelt @ https://x.example/felt-2.0-py3-none-any.whl#sha256=0\n")
    assert found is not None
    assert found[1] == {"my-chips", "felt"}
