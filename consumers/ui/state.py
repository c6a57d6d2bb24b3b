"""Everything that the pages share."""

import itertools
import threading
from dataclasses import dataclass, field

from consumers.ui.aws_site import Site
from consumers.ui.jobs import Job, Jobs
from consumers.ui.program import Program
from consumers.ui.questions import Question
from consumers.ui.watch import Watch

MOST_QUESTIONS = 100
MOST_IDS = 500_000
"""Of the dead letters that all questions are about."""
GRACE = 5.0
"""Seconds that running jobs have to finish what is under way."""


@dataclass
class State:
    """The site, the newest view of it, and what was asked and started."""

    site: Site
    has_ended: bool = False
    _questions: dict[int, Question] = field(default_factory=dict[int, Question])
    _numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.watch = Watch(self.site)
        self.jobs = Jobs(self.site.project, self.site.environment)
        self.program = Program(self.site.project, self.watch.changed)

    @property
    def version(self) -> int:
        """Grows when a page would show something new."""
        return self.watch.version + self.jobs.version

    def ask(self, question: Question) -> int:
        """Remember a question until it is answered; return its number."""
        with self._lock:
            number = next(self._numbers)
            self._questions[number] = question
            while len(self._questions) > 1 and self._are_too_many():
                del self._questions[min(self._questions)]
        return number

    def _are_too_many(self) -> bool:
        ids = sum(len(question.call.ids) for question in self._questions.values())
        return len(self._questions) > MOST_QUESTIONS or ids > MOST_IDS

    def question(self, number: int) -> Question | None:
        return self._questions.get(number)

    def take(self, number: int) -> Question | None:
        """Return a question and forget it: what was confirmed once is done once, also after a double click."""
        with self._lock:
            return self._questions.pop(number, None)

    def start(self, question: Question) -> Job:
        """Start what was confirmed."""
        return self.jobs.start(question.call, question.on_end(self.watch))

    def end(self) -> None:
        """End it all."""
        self.has_ended = True
        self.watch.stop()
        self.jobs.end(GRACE)
