"""Turns what a page knows into HTML. Everything is escaped: message bodies come from anybody."""

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from consumers.escaping import visible
from consumers.ui import charts

if TYPE_CHECKING:
    from consumers.ui.aws_site import Site
    from consumers.ui.state import State
    from consumers.ui.watch import Row


COMMAND = re.compile(r"`([^`]+)`")

JOBS = 5
"""Actions at the foot of each page, the newest."""


class Refusal(Exception):
    """A request cannot be answered as asked. The text says why, and what to do."""

    def __init__(self, text: str, status: int = 400) -> None:
        super().__init__(text)
        self.status = status


@dataclass(frozen=True)
class Page:
    """A template, and its values."""

    template: str
    values: Mapping[str, Any] = field(default_factory=dict[str, Any])
    status: int = 200


@dataclass(frozen=True)
class Form:
    """The fields of a form."""

    fields: Mapping[str, Sequence[str]]

    def get(self, name: str) -> str:
        """Return the last value of a field; empty if there is none."""
        return self.fields.get(name, [""])[-1]

    def all(self, name: str) -> list[str]:
        return list(self.fields.get(name, ()))


def whole_number(text: str) -> int:
    """Return a number of an address; 0 if it is none, or has more than nine digits."""
    return int(text) if re.fullmatch(r"[0-9]{1,9}", text) else 0


def find_row(state: "State", request: Request) -> "Row":
    """Return the consumer in the address."""
    names = request.path_params
    state.watch.wait_for_first(10)
    row = state.watch.view.find((names["project"], names["stack"], names["name"]))
    if row is None:
        raise Refusal(f"There is no consumer {names['name']} in {names['project']}/{names['stack']}.", 404)
    return row


def render(state: "State", request: Request, page: Page) -> Response:
    """Return the page."""
    common: dict[str, Any] = {
        "site": state.site,
        "view": state.watch.view,
        "path": request.url.path,
        "is_answer": request.method == "POST",  # it has no address to load again
        "jobs": state.jobs.all()[:JOBS],
    }
    text = ENVIRONMENT.get_template(page.template).render(**common, **page.values)
    return HTMLResponse(text, page.status)


def moment(seconds: float | None) -> str:
    """Return a time in UTC, to the second."""
    return "–" if not seconds else time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(seconds))


def clock(seconds: float | None) -> str:
    """Return a time of today."""
    return "–" if not seconds else time.strftime("%H:%M:%S", time.gmtime(seconds))


def span(seconds: float | None) -> str:
    """Return a duration for people: `45 s`, `3 min`, `2 h`, `5 d`."""
    if seconds is None:
        return "–"
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:,.0f} {unit}"
    return f"{seconds:,.0f} s"


def number(value: float | None) -> str:
    """Return a number, or a dash where there is none."""
    return "–" if value is None else charts.amount(value)


def shown(text: str) -> Markup:
    """Return text from outside: control and direction characters as their escapes, so that they do nothing."""
    return escape(visible(text))


def advice(text: str, row: "Row", site: "Site") -> Markup:
    """Return a line of advice in which a command that the page replaces is a link to that part of it."""
    links = {"consumers dlq list": ("its dead letters", f"{row.path}/dead-letters")}
    if site.is_writable:
        links["consumers resume"] = ("Resume", f"{row.path}#acting")
    return Markup("").join(_command_or_text(part, links) for part in COMMAND.split(text))


def _command_or_text(part: str, links: Mapping[str, tuple[str, str]]) -> Markup:
    if link := next((links[command] for command in links if part.startswith(command)), None):
        return Markup('<a href="{1}">{0}</a>').format(*link)
    return Markup("<code>{}</code>").format(shown(part)) if part.startswith("consumers ") else shown(part)


def plural(count: int, word: str) -> str:
    return f"{count:,} {word}{'' if count == 1 else 's'}"


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("consumers.ui"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for one in (moment, clock, span, number, shown, advice, plural):
        environment.filters[one.__name__] = one  # pyright: ignore[reportArgumentType]
    for draw in (charts.spark, charts.chart):
        environment.globals[draw.__name__] = draw  # pyright: ignore[reportArgumentType]
    return environment


ENVIRONMENT = _environment()
