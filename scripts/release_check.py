"""List the reasons why this commit cannot be released. `make release-check` builds the wheel and the docs first.

Exits with 1 if there are any.
"""

import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
REQUIRED_FILES = {
    "consumers/__main__.py",
    "consumers/py.typed",
    "consumers/testing/__init__.py",
    "queue_consumer/PulumiPlugin.yaml",
    "queue_consumer/__init__.py",
    "queue_consumer/py.typed",
    "queue_consumer/requirements.txt",
    "sqs_batch.py",
    "sqs_send.py",
}
"""Files that the wheel must have, besides its metadata."""


def main() -> int:
    """Print one finding a line."""
    version: str = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    wheel = ROOT / "dist" / f"sqs_queue_consumer-{version}-py3-none-any.whl"
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    findings = [*of_changelog(changelog, version), *of_wheel(wheel, version), *of_tree(ROOT)]
    for finding in findings:
        sys.stderr.write(f"{finding}\n")
    if not findings:
        sys.stdout.write(f"{version} can be released: {wheel.relative_to(ROOT)}\n")
    return bool(findings)


def of_changelog(text: str, version: str) -> Iterator[str]:
    """Yield an error if the changelog's newest heading is not this version."""
    newest = next(iter(re.findall(r"^## (.+)$", text, re.MULTILINE)), "nothing")
    if newest.split()[0] != version:
        yield f"CHANGELOG.md begins with {newest!r}, pyproject.toml has version {version}: make them the same."


def of_wheel(path: Path, version: str) -> Iterator[str]:
    """Yield missing and unexpected files of the wheel."""
    if not path.exists():
        yield f"There is no {path.name} in dist/: make wheel"
        return
    names = zipfile.ZipFile(path).namelist()
    info = f"sqs_queue_consumer-{version}.dist-info/"
    required = REQUIRED_FILES | {f"{info}{name}" for name in ("METADATA", "entry_points.txt", "licenses/LICENSE")}
    yield from (f"The wheel lacks {name}." for name in sorted(required - set(names)))
    rooms = ("consumers/", "queue_consumer/", "sqs_batch.py", "sqs_send.py", info)
    yield from (f"The wheel must not have {name}." for name in names if not name.startswith(rooms))


def of_tree(root: Path) -> Iterator[str]:
    """Yield the files that are not committed, including those that `make docs` has just changed."""
    status = subprocess.run(["git", "status", "--porcelain"], cwd=root, check=True, capture_output=True, text=True)
    yield from (f"Not committed: {line[3:]}" for line in status.stdout.splitlines())


if __name__ == "__main__":
    sys.exit(main())
