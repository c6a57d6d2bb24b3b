"""An action that runs, or has run."""

from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response

from consumers.ui.jobs import Job
from consumers.ui.rendering import Form, Page, Refusal, whole_number
from consumers.ui.state import State

DONE = {"redrive": "sent back", "export": "exported", "purge": "deleted"}
"""What has been done with dead letters, by the command after `dlq`."""


def show(state: State, request: Request) -> Page:
    job = _find(state, request)
    values = {
        "job": job,
        "outcome": job.outcome,
        "done": DONE.get(job.call.shown[1], "done"),
        "file": _written(state, job),
        "trail": _trail(job),
    }
    return Page("job.html", values)


def file(state: State, request: Request) -> Response:
    """Return the file that the action has written, to save it."""
    path = _written(state, _find(state, request))
    if path is None:
        raise Refusal("This action has written no file.", 404)
    return FileResponse(path, media_type="application/octet-stream", filename=path.name)


def stop(state: State, request: Request, form: Form) -> Response:
    """Stop it after what is under way."""
    job = _find(state, request)
    job.stop()
    return RedirectResponse(f"/jobs/{job.number}", 303)


def _trail(job: Job) -> list[tuple[str, str]]:
    """Return the titles and addresses of the pages that lead to where it was started."""
    consumer, is_about_letters, _ = job.call.back.partition("/dead-letters")
    name = consumer.rpartition("/")[2]
    return [(name, consumer), *([("Dead letters", job.call.back)] if is_about_letters else [])]


def _find(state: State, request: Request) -> Job:
    job = state.jobs.find(whole_number(request.path_params["number"]))
    if job is None:
        raise Refusal("There is no such action any more.", 404)
    return job


def _written(state: State, job: Job) -> Path | None:
    name = job.outcome.get("file") or job.outcome.get("receipt")
    path = state.site.project / str(name) if name else None
    return path if path and path.is_file() else None
