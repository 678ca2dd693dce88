"""Cancel jobs: what will happen to each of them, and what happened."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser, User
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from prestage_plugin.errors import Refused
from prestage_plugin.models import Job
from prestage_plugin.permissions import may_cancel
from prestage_plugin.services.cancel import CancelOutcome, cancel_job
from prestage_plugin.states import DeviceState, JobState

__all__ = ["CancelReport", "Forecast", "cancel_all", "forecast"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What a cancel would do to one job.

    Attributes:
        job: The job.
        text: One sentence.
        possible: Whether it would do anything.
    """

    job: Job
    text: str
    possible: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelReport:
    """What a cancel did.

    Attributes:
        done: The jobs that it cancelled or is stopping.
        text: The counts, e.g. `3 cancelled, 1 stopping, 2 already finished`.
    """

    done: list[Job]
    text: str


def forecast(job: Job, *, user: User | AnonymousUser) -> Forecast:
    """Say what a cancel by this user would do to a job."""
    if job.state == JobState.CANCELLED:
        return Forecast(job=job, text=_("It is cancelled already."), possible=False)
    if job.is_terminal:
        return Forecast(
            job=job, text=_("It has already finished and cannot be cancelled."), possible=False
        )
    if not may_cancel(user, job):
        return Forecast(
            job=job, text=_("It is another user's job, which you may not cancel."), possible=False
        )
    return Forecast(job=job, text=_what_happens(job), possible=True)


def cancel_all(jobs: Iterable[Job], *, user: User) -> CancelReport:
    """Cancel the jobs that the user may cancel and count what was done with all of them."""
    counts: Counter[str] = Counter()
    done = []
    for job in jobs:
        result = _cancel(job, user)
        counts[result] += 1
        if result in set(CancelOutcome):
            done.append(job)
    return CancelReport(done=done, text=_describe(counts))


def _what_happens(job: Job) -> str:
    if job.state == JobState.SCHEDULED:
        return _("It is cancelled at once and never starts.")
    running = job.devices.filter(state=DeviceState.RUNNING).count()
    waiting = job.total - job.finished - job.cancelled - running
    in_flight = ngettext(
        "%(count)d device in flight finishes and keeps its result",
        "%(count)d devices in flight finish and keep their results",
        running,
    ) % {"count": running}
    not_started = ngettext(
        "%(count)d device that has not started is cancelled",
        "%(count)d devices that have not started are cancelled",
        waiting,
    ) % {"count": waiting}
    return f"{in_flight}; {not_started}."


def _cancel(job: Job, user: User) -> str:
    if job.state == JobState.CANCELLED:
        return "already-cancelled"
    if not may_cancel(user, job):
        return "not-allowed"
    try:
        return cancel_job(job_id=job.pk, actor=user.get_username())
    except Refused as refusal:
        return refusal.code


def _describe(counts: Counter[str]) -> str:
    words = {
        "cancelled": ngettext("%d cancelled", "%d cancelled", counts["cancelled"]),
        "cancelling": ngettext("%d stopping", "%d stopping", counts["cancelling"]),
        "already-cancelled": ngettext(
            "%d already cancelled", "%d already cancelled", counts["already-cancelled"]
        ),
        "already-finished": ngettext(
            "%d already finished", "%d already finished", counts["already-finished"]
        ),
        "not-allowed": ngettext(
            "%d skipped because it is not yours",
            "%d skipped because they are not yours",
            counts["not-allowed"],
        ),
    }
    return ", ".join(text % counts[code] for code, text in words.items() if counts[code]) + "."
