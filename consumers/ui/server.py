"""Serves the page on loopback."""

# hypercorn comes with incomplete types.
# pyright: reportMissingTypeStubs=false, reportUnknownVariableType=false, reportUnknownMemberType=false

import asyncio
import socket
import threading
from typing import Any

from consumers.ui.app import application
from consumers.ui.aws_site import Site
from consumers.ui.guard import Guard
from consumers.ui.state import State

HOST = "127.0.0.1"
PORT = 4567
"""The first choice, so that the address of a project's page mostly stays; any free one if it is taken."""
END = 10.0
"""Seconds that it has to end."""


class Server:
    """A page, and the thread that serves it."""

    def __init__(self, site: Site, port: int | None = None) -> None:
        """Bind to the port: without one, to 4567 if that is free, else to any free one.

        Raises:
            OSError: the port is taken.
        """
        self._socket = _bound(port)
        self.port: int = self._socket.getsockname()[1]
        self.site = site
        self.state = State(site)
        self._guard = Guard(application(self.state), self.port)
        self._stop, self._ended = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True, name="page")

    @property
    def address(self) -> str:
        """The address with the token, which only the user of this machine may see."""
        return f"http://{HOST}:{self.port}/?token={self._guard.token}"

    def start(self) -> None:
        """Serve until `stop`, in a thread of its own."""
        self.state.watch.start()
        self._thread.start()

    def wait(self) -> None:
        """Wait until it ends."""
        # Not Thread.join: up to Python 3.12, a thread counts as ended after Ctrl-C in its join.
        while not self._ended.wait(0.2):
            pass

    def stop(self) -> None:
        """End it: jobs finish what is under way."""
        self.state.has_ended = True
        self._stop.set()
        self._ended.wait(END)

    def _serve(self) -> None:
        try:
            self._serve_until_stopped()
        finally:
            self.state.end()
            self._ended.set()

    def _serve_until_stopped(self) -> None:
        from hypercorn.asyncio import serve
        from hypercorn.config import Config

        config = Config()
        config.bind = [f"fd://{self._socket.detach()}"]  # hypercorn closes it
        config.loglevel = "ERROR"
        config.graceful_timeout = 1
        app: Any = self._guard
        asyncio.run(serve(app, config, shutdown_trigger=self._stopped))

    async def _stopped(self) -> None:
        while not self._stop.is_set():
            await asyncio.sleep(0.05)


def _bound(port: int | None) -> socket.socket:
    for each in (port,) if port is not None else (PORT, 0):
        bound = socket.socket()
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            bound.bind((HOST, each))
            bound.listen()  # now: a browser that is quicker than the thread waits
        except OSError:
            bound.close()
            if each in (port, 0):
                raise
        else:
            return bound
    raise AssertionError("port 0 is always free")
