"""How a person looks into a handler while it runs. Nothing times out then."""

import importlib.util
import socket
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from consumers.evaluate.results import ProgramError

HOST = "127.0.0.1"
PYTHON_PORT = 5678
"""Where editors look for debugpy."""
NODE_PORT = 9229
"""Where editors and browsers look for the inspector of Node.js."""
TERMINAL = Path("/dev/tty")


@dataclass(frozen=True)
class Debugger:
    """A debugger, which the handler waits for or asks in."""

    kind: Literal["debugpy", "pdb"]
    """`debugpy` waits for an editor, as does the inspector of Node.js. `pdb` asks in the terminal."""
    port: int | None = None
    """On 127.0.0.1; 0: any free one. Defaults to 5678 for Python, and to 9229 for Node.js."""

    def prepared(self, name: str, runtime: str) -> "Debugger":
        """Return it with its port.

        Raises:
            ProgramError: it cannot be used here for the consumer `name`.
        """
        is_node = runtime.startswith("nodejs")
        if self.kind == "pdb":
            _check_pdb(name, runtime, is_node)
            return self
        if not is_node and importlib.util.find_spec("debugpy") is None:
            raise ProgramError("--debug requires the package debugpy, which editors attach to: pip install debugpy")
        return replace(self, port=_usable(self.port, NODE_PORT if is_node else PYTHON_PORT))

    @property
    def announcement(self) -> str:
        """What to do now."""
        if self.kind == "pdb":
            return "pdb asks in this terminal at breakpoint() and where a message fails. Nothing times out."
        return f"Waiting for a debugger on {HOST}:{self.port}: attach an editor (docs/debugging.md). Nothing times out."


def _check_pdb(name: str, runtime: str, is_node: bool) -> None:
    if is_node:
        raise ProgramError(f"--pdb is for Python, and {name} has the runtime {runtime}: use --debug.")
    try:
        TERMINAL.open("rb").close()
    except OSError:
        raise ProgramError("--pdb asks in the terminal, and there is none here: use --debug.") from None


def _usable(port: int | None, default: int) -> int:
    wanted = default if port is None else port
    with socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            one.bind((HOST, wanted))
        except OSError as error:
            why = f"{HOST}:{wanted} cannot be used: {error.strerror}"
            raise ProgramError(f"The port {why}. Pass --debug-port with another, or 0 for any free one.") from None
        return one.getsockname()[1]
