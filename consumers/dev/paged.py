"""The web page beside `consumers dev`, for what its screen has no room for."""

import threading
from collections.abc import Sequence
from pathlib import Path

from consumers import ui
from consumers.dev.view import PassingView, View
from consumers.local.emulator import LocalAws


class Paged(PassingView):
    """A view that serves the page of the stack as soon as it is up, and passes everything on.

    Its actions are offered, because the local AWS is the project's own. It asks the local AWS nothing until somebody
    opens it. Without the extra `ui` there is no page.
    """

    def __init__(self, view: View, project: Path, stack: str) -> None:
        super().__init__(view)
        self._project, self._stack = project.resolve(), stack
        self._lock = threading.Lock()
        self._stop_page = lambda: None
        self._aws: LocalAws | None = None
        self._has_ended = False

    def started(self, title: str, aws: LocalAws, consumers: Sequence[str]) -> None:
        super().started(title, aws, consumers)
        is_new, self._aws = aws != self._aws, aws
        if is_new and not ui.missing():
            threading.Thread(target=self._serve, args=(aws,), daemon=True, name="start of the page").start()

    def end(self) -> None:
        """End the page, also one that is about to start; its actions finish what is under way."""
        with self._lock:
            self._has_ended = True
            self._stop_page()

    def _serve(self, aws: LocalAws) -> None:
        from consumers.ui.aws_site import Site
        from consumers.ui.server import Server

        options = ("--project", str(self._project))
        title = f"the local AWS, {aws.region}"
        with self._lock:
            self._stop_page()
            if self._has_ended:
                return
            server = Server(Site(title, aws.client, options, self._project, self._stack, aws, is_writable=True))
            server.start()
            self._stop_page = server.stop
        self._view.page(server.address)
