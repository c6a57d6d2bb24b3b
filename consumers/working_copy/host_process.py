"""The process of a handler, and the channel to it: a socket with a JSON object on each line."""

import json
import os
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from consumers.local.pipe import Pipe

Put = Callable[[str], object]
"""Gets each line that the process writes."""


class HostProcess:
    """A process that runs one of `hosts`. It ends when this one does."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], *, in_terminal: bool) -> None:
        """Start `command`, with the numbers of two file descriptors added: the channel, and a pipe that ends with us.

        Only a process that is `in_terminal` can read from it, and then Ctrl-C reaches it too.
        """
        ours, theirs = socket.socketpair()
        lifeline, self._lifeline = os.pipe()
        try:
            self._popen = subprocess.Popen(
                [*command, str(theirs.fileno()), str(lifeline)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env=dict(environment),
                pass_fds=[theirs.fileno(), lifeline],
                start_new_session=not in_terminal,
            )
        finally:
            theirs.close()
            os.close(lifeline)
        self._channel, self._answers = ours, ours.makefile("r", encoding="utf-8")
        self._put: Put = lambda line: None
        self._pipe = Pipe(self._popen.stdout, lambda line: self._put(line))
        self._reader = threading.Thread(target=self._pipe.read, daemon=True)
        self._started: dict[str, Any] = {}
        threading.Thread(target=self._close_at_end, daemon=True).start()

    def _close_at_end(self) -> None:
        """End the channel with the process: those that it has forked hold it open."""
        self._popen.wait()
        with suppress(OSError):
            self._channel.shutdown(socket.SHUT_RDWR)

    def start(self, on_line: Put, timeout: float | None) -> dict[str, Any]:
        """Wait until the handler is imported, and return the first answer."""
        self._put = on_line  # before an event is sent: its lines may come before anybody waits for the answer
        if not self._started:
            self._reader.start()
            self._started = self.receive(on_line, timeout) or {"error": "Runtime.Unknown: the import does not end"}
        return self._started

    def send(self, data: Mapping[str, Any]) -> None:
        with suppress(OSError):  # it has ended, as the answer says
            self._channel.settimeout(None)
            self._channel.sendall(json.dumps(data).encode() + b"\n")

    def receive(self, on_line: Put, timeout: float | None) -> dict[str, Any] | None:
        """Return the next answer; None if it takes longer than `timeout` seconds."""
        self._put = on_line
        self._channel.settimeout(timeout)
        try:
            line = self._answers.readline()
        except TimeoutError:
            self._kill()  # first: it may write without end
            self._pipe.take()
            return None
        except (OSError, ValueError):  # closed meanwhile by another thread
            line = ""
        if not line:
            return {"error": f"Runtime.ExitError: Runtime exited {self._status()}", "ended": True}
        self._pipe.take()
        return json.loads(line)

    def _status(self) -> str:
        code = self._popen.wait()
        self._reader.join(1)
        if not code:
            return "without providing a reason"
        return f"with error: signal: {signal.Signals(-code).name}" if code < 0 else f"with error: exit status {code}"

    def _kill(self) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._popen.pid, signal.SIGKILL)
        with suppress(ProcessLookupError):
            self._popen.kill()

    def end(self) -> None:
        """End it, whatever it does, with the processes that it has started."""
        self._kill()
        self._popen.wait()
        os.close(self._lifeline)  # last: at its end, the process removes its folder
        self._answers.close()
        self._channel.close()
        if self._popen.stdout:
            if self._reader.ident:  # it was started
                self._reader.join(1)
            if not self._reader.is_alive():  # a process in another session may still write
                self._popen.stdout.close()
