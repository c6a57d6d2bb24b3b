"""An action that runs, or has run."""

from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response

from consumers.ui.jobs import Job
from consumers.ui.rendering import Form, Page, Refusal
from consumers.ui.state import State


def show(state: State, request: Request) -> Page:
    job = _find(state, request)
    return Page("job.html", {"job": job, "outcome": job.outcome, "file": _written(state, job)})


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


def _find(state: State, request: Request) -> Job:
    job = state.jobs.find(request.path_params["number"])
    if job is None:
        raise Refusal("There is no such action any more.", 404)
    return job


def _written(state: State, job: Job) -> Path | None:
    name = job.outcome.get("file") or job.outcome.get("receipt")
    path = state.site.project / str(name) if name else None
    return path if path and path.is_file() else None
