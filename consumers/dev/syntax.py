"""Whether a function's files can be compiled: code that cannot be imported must not replace code that works."""

import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

NODE = (".js", ".cjs", ".mjs")


def errors(paths: Iterable[Path]) -> dict[Path, str]:
    """Return the syntax error of each file that has one.

    Python files are judged by the Python that also runs them on the local AWS: this one.
    """
    found = {path: _error(path) for path in paths}
    return {path: error for path, error in found.items() if error}


def _error(path: Path) -> str | None:
    if path.suffix == ".py":
        return _python_error(path)
    return _node_error(path) if path.suffix in NODE else None


def _python_error(path: Path) -> str | None:
    try:
        compile(path.read_bytes(), path, "exec", dont_inherit=True)
    except SyntaxError as error:
        return f"line {error.lineno}: {type(error).__name__}: {error.msg}"
    except ValueError as error:  # null bytes
        return f"SyntaxError: {error}"
    except OSError:  # deleted meanwhile
        return None
    return None


def _node_error(path: Path) -> str | None:
    node = shutil.which("node")
    if node is None or not path.exists():
        return None
    done = subprocess.run([node, "--check", path], capture_output=True, text=True, errors="replace", check=False)
    if done.returncode == 0:
        return None
    lines = done.stderr.splitlines()
    place = lines[0].rpartition(":")[2] if lines else "?"
    return f"line {place}: {next((line for line in lines if 'Error' in line), 'SyntaxError')}"
