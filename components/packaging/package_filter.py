"""Decides which files of a folder are packaged, left out, or rejected as secrets.

The last matching pattern decides, so the lines of `.lambdaignore` override the built-in patterns. As in a .gitignore,
`!` before a pattern packages a file that would be left out or rejected.
"""

import fnmatch
import os
import re
from dataclasses import dataclass
from enum import Enum
from pathlib import Path, PurePosixPath

IGNORE_FILE = ".lambdaignore"
NOT_NEEDED = (
    "__pycache__/", "*.pyc", "*.pyo", ".pytest_cache/", ".mypy_cache/", ".ruff_cache/", ".hypothesis/",
    "tests/", "test_*.py", "*_test.py", "conftest.py", ".coverage", "htmlcov/",
    ".git/", ".gitignore", ".gitattributes", ".venv/", "venv/", "*.egg-info/", IGNORE_FILE,
    ".idea/", ".vscode/", "*.swp", "*.swo", "*~", "#*#", ".DS_Store", "Thumbs.db",
)  # fmt: skip
# Left out: only development tools read them.
SECRETS_OF_TOOLS = (".env", ".envrc", ".npmrc", ".yarnrc.yml", ".pypirc", "pip.conf", ".netrc", ".git-credentials")
# Rejected, not left out: a function that reads them would fail at run time.
SECRETS = (".env.*", ".aws/", ".ssh/", ".docker/", ".kube/", ".pgpass", "*.p12", "*.pfx")
# Rejected only with a private key inside: certificates and public keys have the same names.
KEYS = ("id_rsa*", "id_dsa*", "id_ecdsa*", "id_ed25519*", "*.pem", "*.key", "*.p8")
NO_SECRETS = (".env.example", ".env.sample", ".env.template", ".env.dist")
INSTALLED = {"node_modules", "vendor"}
"""Folders of third-party packages, which may contain test keys."""
PRIVATE_KEY = b"PRIVATE KEY-----"


class Verdict(Enum):
    """The decision of a pattern."""

    PACKAGE = "package"
    LEAVE_OUT = "leave out"
    LEAVE_OUT_SECRET = "leave out, and refuse a link to it"
    REFUSE = "refuse"
    REFUSE_KEY = "refuse with a private key inside"


@dataclass(frozen=True)
class Pattern:
    """One line of an ignore file: `name/` matches folders only; with a slash inside, from the root; else anywhere."""

    bare: str
    verdict: Verdict
    folders_only: bool
    from_root: bool
    ends: tuple[str, str] | None
    """What is before and after the one star of most patterns with a wildcard: fnmatch is slow."""
    wildcard: bool

    @classmethod
    def of(cls, line: str, verdict: Verdict) -> "Pattern":
        bare = line.strip("/")
        wildcards = re.findall(r"[*?\[]", bare)
        before, _, after = bare.partition("*")
        ends = (before, after) if wildcards == ["*"] else None
        return cls(bare, verdict, line.endswith("/"), "/" in bare or line.startswith("/"), ends, bool(wildcards))

    def matches(self, name: str, base: str, is_folder: bool) -> bool:
        if self.folders_only and not is_folder:
            return False
        subject = name if self.from_root else base
        if self.ends is None:
            return subject == self.bare or (self.wildcard and fnmatch.fnmatchcase(subject, self.bare))
        before, after = self.ends
        is_long_enough = len(subject) >= len(before) + len(after)
        return is_long_enough and subject.startswith(before) and subject.endswith(after)


BUILT_IN = tuple(
    Pattern.of(line, verdict)
    for lines, verdict in (
        (NOT_NEEDED, Verdict.LEAVE_OUT),
        (SECRETS_OF_TOOLS, Verdict.LEAVE_OUT_SECRET),
        (SECRETS, Verdict.REFUSE),
        (KEYS, Verdict.REFUSE_KEY),
        (NO_SECRETS, Verdict.PACKAGE),
    )
    for line in lines
)


def patterns_of(folder: Path) -> tuple[Pattern, ...]:
    """Return the patterns for a folder, the deciding ones first."""
    path = folder / IGNORE_FILE
    lines = path.read_text("utf-8").splitlines() if path.is_file() else []
    own = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    return tuple(reversed((*BUILT_IN, *map(_own, own))))


def _own(line: str) -> Pattern:
    return Pattern.of(line[1:], Verdict.PACKAGE) if line.startswith("!") else Pattern.of(line, Verdict.LEAVE_OUT)


def judge(name: str, is_folder: bool, patterns: tuple[Pattern, ...]) -> Verdict | None:
    """Return the verdict of the first matching pattern, or None: then the file is packaged."""
    base = name.rpartition("/")[2]
    for pattern in patterns:
        if pattern.matches(name, base, is_folder):
            return pattern.verdict
    return None


def secret(path: Path, name: str, verdict: Verdict | None) -> bool:
    """Whether a file or folder is rejected as a secret."""
    if verdict not in (Verdict.REFUSE, Verdict.REFUSE_KEY) or INSTALLED.intersection(name.split("/")):
        return False
    return verdict is Verdict.REFUSE or (_readable(path) and PRIVATE_KEY in path.read_bytes())


def _readable(path: Path) -> bool:
    return path.is_file() and os.access(path, os.R_OK)


def leads_to_secret(target: Path, home: Path, patterns: tuple[Pattern, ...]) -> bool:
    """Whether the target of a link is a secret by its own name, or is in a folder of secrets."""
    name = PurePosixPath(target.relative_to(home).as_posix())
    parts = [part for part in (name, *name.parents) if part.name]
    verdicts = {part: judge(str(part), (home / part).is_dir(), patterns) for part in parts}
    return Verdict.LEAVE_OUT_SECRET in verdicts.values() or any(
        secret(home / part, str(part), verdict) for part, verdict in verdicts.items()
    )
