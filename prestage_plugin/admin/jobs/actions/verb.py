"""One thing that can be done with jobs, in the words that people read before and after."""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.contrib.auth.models import AnonymousUser, User
from django.utils.translation import ngettext

from prestage_plugin.models import Job

__all__ = ["Forecast", "Outcome", "Report", "Verb", "what_was_skipped"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What would happen to one job.

    Attributes:
        job: The job.
        text: One sentence.
        possible: Whether anything would happen.
    """

    job: Job
    text: str
    possible: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What happened to one job.

    Attributes:
        code: By which outcomes are counted, e.g. `cancelled` or a refusal's code.
        done: Whether anything happened.
        reason: Why nothing did, when no words belong to the code.
        started: The job that it led to.
    """

    code: str
    done: bool = False
    reason: str = ""
    started: Job | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What was done with all of the jobs.

    Attributes:
        done: The jobs to which something happened.
        started: The jobs that were started.
        text: The counts, e.g. `3 cancelled, 1 stopping, 2 already finished.`
    """

    done: list[Job]
    started: list[Job]
    text: str


class Verb(ABC):
    """What an administrator does with the jobs that were selected.

    Args:
        user: Who does it.
        jobs: With which jobs; the user may see all of them.
        data: What was sent with the confirmation; None before it.
    """

    name: ClassVar[str]
    label: ClassVar[Any]
    title: ClassVar[Any]
    button: ClassVar[Any]
    note: ClassVar[Any] = ""
    history: ClassVar[str]
    """What the admin's own history says of a job to which something happened."""

    def __init__(self, *, user: User, jobs: Sequence[Job], data: Any = None) -> None:
        self.user = user
        self.jobs = jobs
        self.form = self.make_form(data)

    @classmethod
    def is_offered_to(cls, user: User | AnonymousUser) -> bool:
        """Whether the action is in the menu at all; what may be done is asked for each job."""
        del user
        return True

    def make_form(self, data: Any) -> forms.Form:
        """Return what is asked beside the confirmation; nothing, usually."""
        return forms.Form(data)

    @abstractmethod
    def foresee(self, job: Job) -> Forecast:
        """Say what would happen to a job."""

    @abstractmethod
    def carry_out(self, job: Job) -> Outcome:
        """Do it to a job; the form is valid."""

    @abstractmethod
    def words(self, code: str, count: int) -> str:
        """Return the words for a number of jobs with an outcome, e.g. `3 cancelled`."""

    def carry_out_all(self) -> Report:
        """Do it to each of the jobs, and count what was done and what was not, and why."""
        outcomes = [(job, self.carry_out(job)) for job in self.jobs]
        started = [outcome.started for _job, outcome in outcomes if outcome.started is not None]
        return Report(
            done=[job for job, outcome in outcomes if outcome.done],
            started=started,
            text=self._describe([outcome for _job, outcome in outcomes]),
        )

    def _describe(self, outcomes: Iterable[Outcome]) -> str:
        counts = Counter((outcome.code, outcome.reason) for outcome in outcomes)
        # What was done comes first, whatever was selected first.
        done = {outcome.code for outcome in outcomes if outcome.done}
        order = sorted(counts, key=lambda key: (key[0] not in done, key))
        return ", ".join(self._count(code, reason, counts[code, reason]) for code, reason in order)

    def _count(self, code: str, reason: str, count: int) -> str:
        return self.words(code, count) or what_was_skipped(reason or code, count)


def what_was_skipped(reason: str, count: int) -> str:
    """Return e.g. `2 skipped (there is no user bob)`."""
    text = ngettext("%(count)d skipped (%(reason)s)", "%(count)d skipped (%(reason)s)", count)
    return text % {"count": count, "reason": reason.rstrip(".")}
