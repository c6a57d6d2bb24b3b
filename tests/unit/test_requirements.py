"""Which packages requirements name, and which versions they fix."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.packaging.requirements import Requirements, find_requirements
from components.packaging.wheels_only import normal

NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9]{0,4}([._-][a-z0-9]{1,3})?", fullmatch=True)
FIXED = ("==1.0", "===1.0", " == 2.0.post1", "[extra]==1!3.0", "==1.0 ; python_version < '4'")
LOOSE = ("", ">=1", "~=1.0", "==1.*", "[extra]", ">=1,==1.5", "; sys_platform == 'linux'", "!=2", "<2")


def find(text: str, more: str = "") -> Requirements | None:
    """Return the requirements of these two files."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "requirements.txt").write_text(text)
        Path(folder, "more.txt").write_text(more)
        return find_requirements({"requirements.txt": Path(folder, "requirements.txt")})


def read(text: str, more: str = "") -> tuple[str, set[str]]:
    """Return the text and the names with a fixed version."""
    found = find(text, more)
    assert found is not None
    return found.text, set(found.fixed)


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
    names = {normal(line.partition("=")[0].split("[")[0].split("@")[0].strip()) for line, fixed in lines if fixed}
    assert read("".join(line + end for line, _ in lines))[1] == names


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
    split = read("\n".join([*texts[:cut], "-r more.txt"]), "\n".join(texts[cut:]))
    assert split[1] == whole[1]
    assert split[0].replace("-r more.txt", "").split() == whole[0].split()


@pytest.mark.parametrize("text", ["", "# nothing\n", "--index-url https://x.example\n--pre\n", "\\\n"])
def test_options_and_comments_alone_require_nothing(text: str) -> None:
    assert find(text) is None


@pytest.mark.parametrize(
    ("text", "more", "fixed"),
    [
        ("chips\n-c more.txt\n", "Felt.Table==1.0\nchips==2\n", {"chips", "felt-table"}),
        ("--requirement=more.txt\nchips\n", "-r requirements.txt\nfelt==1\n", {"felt"}),
        ("./dist/my_chips-1.0-py3-none-any.whl\n", "", {"my-chips"}),
        ("felt @ https://x.example/felt-2.0-py3-none-any.whl#sha256=0\n", "", {"felt"}),
    ],
    ids=["constraint", "file that includes itself", "wheel", "wheel at a URL"],
)
def test_constraints_included_files_and_wheels_fix_versions(text: str, more: str, fixed: set[str]) -> None:
    assert read(text, more)[1] == fixed
