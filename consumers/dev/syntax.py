"""Whether changed files can be compiled: code that cannot be imported must not replace code that works."""

import os
import shutil
import subprocess
import warnings
from collections.abc import Iterable
from pathlib import Path

NODE = (".js", ".cjs", ".mjs")
TIMEOUT = 10.0
"""Seconds. Node.js takes 0.05 s for a file."""


def errors(paths: Iterable[Path]) -> list[str]:
    """Return a line for each file with a syntax error, with its path from the working directory.

    Python files are judged by the Python that also runs them on the local AWS: this one.
    """
    found = {path: _error(path) for path in sorted(paths)}
    return [f"{os.path.relpath(path)}:{error}" for path, error in found.items() if error]


def _error(path: Path) -> str:
    if path.suffix == ".py":
        return _python_error(path)
    return _node_error(path) if path.suffix in NODE else ""


def _python_error(path: Path) -> str:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the function's log has them
            compile(path.read_bytes(), path, "exec", dont_inherit=True)
    except SyntaxError as error:
        return f"{error.lineno}: {type(error).__name__}: {error.msg}"
    except (ValueError, RecursionError, MemoryError, OverflowError) as error:  # null bytes, too many brackets
        return f"1: {type(error).__name__}: {error}"
    except OSError:  # deleted meanwhile
        return ""
    return ""


def _node_error(path: Path) -> str:
    node = shutil.which("node")
    if node is None or not path.exists():
        return ""
    command = [node, "--check", path]
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False, timeout=TIMEOUT)
    except (OSError, subprocess.TimeoutExpired):  # the handler's first invocation shows it
        return ""
    if done.returncode == 0:
        return ""
    lines = done.stderr.splitlines() or [""]
    place = lines[0].rpartition(":")[2]
    return f"{place}: {next((line for line in lines if 'Error' in line), 'SyntaxError')}"
