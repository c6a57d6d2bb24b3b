"""The lease under which a consumer is paused: a tag on its function, so that everybody who looks sees it.

https://docs.aws.amazon.com/lambda/latest/dg/configuration-tags.html
"""

import calendar
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from consumers.operations.discovery import TAG_PREFIX, Client, Consumer, tagged

TAG = f"{TAG_PREFIX}paused"
MOST_BY, MOST_WHY = 64, 120
"""Characters. A tag's value takes at most 256."""

_TIME = "%Y-%m-%dT%H:%M:%SZ"
_MOMENT = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
_LEASE = re.compile(rf"from (?P<start>{_MOMENT}) until (?P<until>{_MOMENT}) by (?P<by>\S+)(?: why (?P<why>.+))?")
_FORBIDDEN = re.compile(r"[^\w .:/=+@-]")  # in a tag's value


@dataclass(frozen=True)
class Lease:
    """Who paused a consumer, for how long, and why. Times are seconds since 1970."""

    start: float
    until: float
    by: str
    why: str = ""

    @property
    def is_over(self) -> bool:
        """Whether its time has passed. Even then the consumer stays paused until somebody resumes it."""
        return time.time() > self.until

    @property
    def tag(self) -> str:
        """The value of the tag: what a tag cannot hold is replaced by hyphens, and text that is too long is cut."""
        by = _FORBIDDEN.sub("-", "-".join(self.by.split()))[:MOST_BY] or "unknown"
        why = _FORBIDDEN.sub("-", " ".join(self.why.split()))[:MOST_WHY].strip()
        return f"from {_utc(self.start)} until {_utc(self.until)} by {by}{why and f' why {why}'}"

    def __str__(self) -> str:
        return f"by {self.by} from {_shown(self.start)} until {_shown(self.until)} UTC{self.why and f' ({self.why})'}"

    def as_data(self) -> dict[str, Any]:
        """Return it for JSON."""
        times = {"since": _utc(self.start), "until": _utc(self.until)}
        return {"by": self.by, **times, "why": self.why, "is_over": self.is_over}

    @staticmethod
    def read(text: str) -> "Lease | None":
        """Return the lease that a tag's value holds; None if it holds something else."""
        match = _LEASE.fullmatch(text)
        try:
            return match and Lease(_seconds(match["start"]), _seconds(match["until"]), match["by"], match["why"] or "")
        except ValueError:  # there is no such day
            return None


def lease_in(tags: Mapping[str, str]) -> Lease | None:
    """Return the lease that a function's tags hold."""
    return Lease.read(tags.get(TAG, ""))


def read_lease(client: Client, consumer: Consumer) -> Lease | None:
    """Return the lease from Lambda itself: `Consumer.function_tags` may be some seconds behind."""
    arn = consumer.function_arn
    return lease_in(client("lambda").list_tags(Resource=arn).get("Tags", {})) if arn else None


def leases_in(client: Client, project: str, stack: str) -> dict[str, Lease]:
    """Return the lease of each paused consumer of a stack, by the consumer's name: one call for all."""
    of_stack = [one for one in tagged(client) if (one.project, one.stack) == (project, stack)]
    found = [(one.name, lease_in(tags)) for one in of_stack for tags in one.tags.values()]
    return {name: lease for name, lease in found if lease}


def _utc(seconds: float) -> str:
    return time.strftime(_TIME, time.gmtime(seconds))


def _shown(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.gmtime(seconds))


def _seconds(text: str) -> float:
    return float(calendar.timegm(time.strptime(text, _TIME)))
