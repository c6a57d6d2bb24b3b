"""The web application: its addresses, and what every page has in common."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from consumers.ui.pages import asking, consumer, dead_letters, job, letter, overview
from consumers.ui.rendering import Form, Page, Refusal, render
from consumers.ui.state import State

HERE = Path(__file__).parent
LOOK = 0.25
"""Seconds between two checks of an open page for something new."""
HEARTBEAT = 15.0
"""Seconds after which an idle stream says that it is still there."""
CONSUMER = "/consumers/{project}/{stack}/{name}"

Show = Callable[[State, Request], Page | Response]
Do = Callable[[State, Request, Form], Page | Response]


def application(state: State) -> Starlette:
    """Return the application, which `Guard` protects."""

    def get(path: str, show: Show) -> Route:
        return Route(path, _getting(state, show), methods=["GET"])

    def post(path: str, do: Do) -> Route:
        return Route(path, _posting(state, do), methods=["POST"])

    routes = [
        get("/", overview.show),
        get(CONSUMER, consumer.show),
        post(f"{CONSUMER}/check", consumer.check),
        get(f"{CONSUMER}/dead-letters", dead_letters.show),
        post(f"{CONSUMER}/dead-letters/read", dead_letters.read),
        get(f"{CONSUMER}/dead-letters/{{id}}", letter.show),
        post(f"{CONSUMER}/ask", asking.ask),
        post("/questions/{number}", asking.answer),
        get("/jobs/{number}", job.show),
        get("/jobs/{number}/file", job.file),
        post("/jobs/{number}/stop", job.stop),
        Route("/events", _events(state)),
        Mount("/static", StaticFiles(directory=HERE / "static")),
    ]
    handlers: Any = {HTTPException: _failed(state), Exception: _failed(state)}
    return Starlette(routes=routes, exception_handlers=handlers)


def _getting(state: State, show: Show) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        return await run_in_threadpool(_answer, state, request, lambda: show(state, request))

    return endpoint


def _posting(state: State, do: Do) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        fields = parse_qs((await request.body()).decode("utf-8", "replace"), keep_blank_values=True)
        return await run_in_threadpool(_answer, state, request, lambda: do(state, request, Form(fields)))

    return endpoint


def _answer(state: State, request: Request, call: Callable[[], Page | Response]) -> Response:
    state.watch.looked()
    try:
        found = call()
    except Refusal as error:
        found = Page("refusal.html", {"text": str(error)}, error.status)
    return render(state, request, found) if isinstance(found, Page) else found


def _failed(state: State) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def failed(request: Request, error: Exception) -> Response:
        if isinstance(error, HTTPException):
            status, text = error.status_code, "There is no such page." if error.status_code == 404 else error.detail
        else:
            status, text = 500, f"{type(error).__name__}: {error}"
        return await run_in_threadpool(render, state, request, Page("refusal.html", {"text": text}, status))

    return failed


def _events(state: State) -> Callable[[Request], Awaitable[Response]]:
    async def stream() -> AsyncGenerator[str]:
        seen, idle = -1, 0.0
        while not state.has_ended:
            if state.version != seen:
                seen, idle = state.version, 0.0
                yield f"event: change\ndata: {seen}\n\n"
            elif idle >= HEARTBEAT:
                idle = 0.0
                yield ": still here\n\n"
            state.watch.looked()
            await asyncio.sleep(LOOK)
            idle += LOOK

    async def endpoint(request: Request) -> Response:
        return StreamingResponse(stream(), media_type="text/event-stream")

    return endpoint
