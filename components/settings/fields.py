"""Declares the fields of settings classes: each with its default and its kind."""

from dataclasses import field
from typing import Any

from .arns import Arn
from .kinds import InputList, InputText, InputTexts, Integer, Kind


def argument(default: Any, kind: Kind) -> Any:
    """Declare an argument with its default and its kind."""
    return field(default=default, metadata={"kind": kind})


def integer(default: int | None, low: int, high: int | None, unit: str, why: str, page: str) -> Any:
    """Declare an argument that is a whole number."""
    return argument(default, Integer(why, page, low, high, unit))


def seconds(default: int | None, low: int, high: int, why: str, page: str) -> Any:
    """Declare an argument that is a whole number of seconds."""
    return integer(default, low, high, "seconds", why, page)


def texts(secret: bool = False) -> Any:
    """Declare an argument that is a dict of texts, empty by default."""
    return field(default_factory=dict[str, Any], metadata={"kind": InputTexts(secret=secret)})


def arns(maximum: int | None, item: InputText) -> Any:
    """Declare an argument that is a list of ARNs or names, empty by default."""
    return argument((), InputList(item.why, item.page, item, maximum))


def senders(arn: Arn, page: str) -> Any:
    """Declare an argument with the ARNs of allowed senders."""
    return arns(None, arn.kind("the queue's policy names senders by their ARNs", page))
