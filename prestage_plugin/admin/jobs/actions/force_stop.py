"""Stop jobs by force: close also the sessions in flight."""

from django.contrib.auth.models import AnonymousUser, User
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop, ngettext

from prestage_plugin.admin.jobs.actions.cancel import Cancel, devices_left, forecast_of_ended
from prestage_plugin.admin.verbs import Forecast, Outcome
from prestage_plugin.errors import Refused
from prestage_plugin.models import Job
from prestage_plugin.permissions import may_force_stop
from prestage_plugin.services.cancel import cancel_job
from prestage_plugin.states import JobState

__all__ = ["ForceStop"]


class ForceStop(Cancel):
    """Cancels a job without waiting for the devices in flight."""

    name = "force_stop_jobs"
    label = gettext_lazy("Force stop selected jobs")
    title = gettext_lazy("Stop jobs by force")
    button = gettext_lazy("Yes, stop by force")
    note = gettext_lazy(
        "Sessions in flight are closed, and what they had read is lost. Stopping is no roll-back: "
        "recommendations that were written stay, and assigned roles are untouched."
    )
    history = gettext_noop("Stopped by force.")

    @classmethod
    def is_offered_to(cls, user: User | AnonymousUser) -> bool:
        """It has a permission of its own."""
        return user.has_perm("prestage.force_stop_job")

    def foresee(self, row: Job) -> Forecast:
        """Say what a forced stop would do to a job."""
        ended = forecast_of_ended(row)
        if ended is not None:
            return ended
        if not may_force_stop(self.user, row):
            text = _("You may not stop this job by force.")
            return Forecast(row=row, text=text, possible=False)
        if row.state == JobState.SCHEDULED:
            return super().foresee(row)
        running, waiting = devices_left(row)
        closed = ngettext(
            "The session of %(count)d device in flight is closed and the device is cancelled",
            "The sessions of %(count)d devices in flight are closed and the devices are cancelled",
            running,
        ) % {"count": running}
        rest = ngettext(
            "%(count)d device that has not started is cancelled",
            "%(count)d devices that have not started are cancelled",
            waiting,
        ) % {"count": waiting}
        return Forecast(row=row, text=f"{closed}; {rest}.", possible=True)

    def carry_out(self, row: Job) -> Outcome:
        """Stop a job."""
        if row.is_terminal or row.state == JobState.SCHEDULED:
            return super().carry_out(row) if self._may(row) else Outcome(code="not-allowed")
        if not self._may(row):
            return Outcome(code="not-allowed")
        try:
            code = cancel_job(job_id=row.pk, actor=self.user.get_username(), force=True)
        except Refused as refusal:
            return Outcome(code=refusal.code, reason=refusal.text)
        return Outcome(code=code, done=True)

    def words(self, code: str, count: int) -> str:
        """Return e.g. `3 stopping`."""
        if code == "not-allowed":
            text = ngettext(
                "%d skipped because you may not stop it by force",
                "%d skipped because you may not stop them by force",
                count,
            )
            return text % count
        return super().words(code, count)

    def _may(self, job: Job) -> bool:
        return may_force_stop(self.user, job)
