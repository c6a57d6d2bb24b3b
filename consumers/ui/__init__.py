"""The page of `consumers ui`: what the other commands do, for those who look rather than read."""

import importlib.util

NEEDED = ("hypercorn", "jinja2", "starlette")


def missing() -> list[str]:
    """Return the packages of the extra `ui` that are not installed. No module of this folder can be imported then."""
    return [name for name in NEEDED if importlib.util.find_spec(name) is None]
