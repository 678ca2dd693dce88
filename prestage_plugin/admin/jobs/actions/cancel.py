"""Cancel jobs: one occurrence or the whole series, at once or after the devices in flight."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop, ngettext

from prestage_plugin.admin.verbs import Forecast, Outcome, Verb
from prestage_plugin.errors import Refused
from prestage_plugin.models import Job
from prestage_plugin.permissions import may_cancel, may_cancel_schedule
from prestage_plugin.services.cancel import cancel_job
from prestage_plugin.services.schedule import cancel_schedule
from prestage_plugin.states import DeviceState, JobState, ScheduleState

__all__ = ["Cancel", "devices_left", "forecast_of_ended"]

_OCCURRENCE, _SERIES = "occurrence", "series"


class SeriesForm(forms.Form):
    """Which of a recurring job is meant; asked when one that waits is among the jobs."""

    extent = forms.ChoiceField(
        label=gettext_lazy("Recurring jobs that wait for their time"),
        choices=[
            (_OCCURRENCE, gettext_lazy("Cancel this occurrence only; the series goes on")),
            (_SERIES, gettext_lazy("Cancel the whole series")),
        ],
        initial=_OCCURRENCE,
        widget=forms.RadioSelect,
    )


class Cancel(Verb[Job]):
    """Starts no further device of a job."""

    name = "cancel_jobs"
    label = gettext_lazy("Cancel selected jobs")
    title = gettext_lazy("Cancel jobs")
    button = gettext_lazy("Yes, cancel")
    note = gettext_lazy(
        "Cancelling is no roll-back. Recommendations that were written stay, and assigned roles "
        "are untouched."
    )
    history = gettext_noop("Cancelled.")

    def make_form(self, data: Any) -> forms.Form:
        """Return the question about series when it matters."""
        if any(_waits_in_series(job) for job in self.rows):
            return SeriesForm(data)
        return forms.Form(data)

    def foresee(self, row: Job) -> Forecast:
        """Say what a cancel would do to a job."""
        ended = forecast_of_ended(row)
        if ended is not None:
            return ended
        if not may_cancel(self.user, row):
            text = _("It is another user's job, which you may not cancel.")
            return Forecast(row=row, text=text, possible=False)
        return Forecast(row=row, text=_what_happens(row), possible=True)

    def carry_out(self, row: Job) -> Outcome:
        """Cancel a job, with its series when that was chosen."""
        if row.state == JobState.CANCELLED:
            return Outcome(code="already-cancelled")
        if not may_cancel(self.user, row):
            return Outcome(code="not-allowed")
        actor = self.user.get_username()
        try:
            if _waits_in_series(row) and self.form.cleaned_data["extent"] == _SERIES:
                return self._end_series(row, actor)
            return Outcome(code=cancel_job(job_id=row.pk, actor=actor), done=True)
        except Refused as refusal:
            return Outcome(code=refusal.code, reason=refusal.text)

    def words(self, code: str, count: int) -> str:
        """Return e.g. `3 cancelled`."""
        return {
            "cancelled": ngettext("%d cancelled", "%d cancelled", count) % count,
            "cancelling": ngettext("%d stopping", "%d stopping", count) % count,
            "series": ngettext("%d series cancelled", "%d series cancelled", count) % count,
            "already-cancelled": ngettext("%d already cancelled", "%d already cancelled", count)
            % count,
            "already-finished": ngettext("%d already finished", "%d already finished", count)
            % count,
            "not-allowed": ngettext(
                "%d skipped because it is not yours",
                "%d skipped because they are not yours",
                count,
            )
            % count,
        }.get(code, "")

    def _end_series(self, job: Job, actor: str) -> Outcome:
        assert job.schedule is not None
        if not may_cancel_schedule(self.user, job.schedule):
            return Outcome(code="not-allowed")
        cancel_schedule(schedule_id=job.schedule.pk, actor=actor)
        return Outcome(code="series", done=True)


def forecast_of_ended(job: Job) -> Forecast | None:
    """Say that a job that has ended cannot be stopped; None for any other."""
    if job.state == JobState.CANCELLED:
        return Forecast(row=job, text=_("It is cancelled already."), possible=False)
    if job.is_terminal:
        text = _("It has already finished and cannot be cancelled.")
        return Forecast(row=job, text=text, possible=False)
    return None


def devices_left(job: Job) -> tuple[int, int]:
    """Return how many devices of a job in progress are in flight, and how many wait."""
    running = job.devices.filter(state=DeviceState.RUNNING).count()
    return running, job.total - job.finished - job.cancelled - running


def _waits_in_series(job: Job) -> bool:
    return (
        job.state == JobState.SCHEDULED
        and job.schedule is not None
        and job.schedule.state == ScheduleState.ACTIVE
    )


def _what_happens(job: Job) -> str:
    if _waits_in_series(job):
        return _(
            "Alone, it is cancelled at once and the next occurrence is planned; with the series, "
            "none follows."
        )
    if job.state == JobState.SCHEDULED:
        return _("It is cancelled at once and never starts.")
    running, waiting = devices_left(job)
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
