"""Pause series of jobs, and let them go on."""

from django.contrib.auth.models import AnonymousUser, User
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop, ngettext

from prestage_plugin.admin.verbs import Forecast, Outcome, Verb
from prestage_plugin.errors import Refused
from prestage_plugin.models import Schedule
from prestage_plugin.permissions import may_change_schedule, may_run
from prestage_plugin.services.schedule_edit import pause_schedule, resume_schedule
from prestage_plugin.states import ScheduleState

__all__ = ["PauseSeries", "ResumeSeries"]


class _Change(Verb[Schedule]):
    """Something that may be done with a series while it is in one state."""

    wanted: ScheduleState

    @classmethod
    def is_offered_to(cls, user: User | AnonymousUser) -> bool:
        """Whoever may schedule jobs may change the own series."""
        return may_run(user)

    def foresee(self, row: Schedule) -> Forecast:
        """Say what becomes of a series."""
        if row.state != self.wanted:
            text = _("It is %(state)s.") % {"state": row.get_state_display()}
            return Forecast(row=row, text=text, possible=False)
        if not may_change_schedule(self.user, row):
            text = _("It is another user's series, which you may not change.")
            return Forecast(row=row, text=text, possible=False)
        return Forecast(row=row, text=self.what_happens(), possible=True)

    def carry_out(self, row: Schedule) -> Outcome:
        """Do it to a series."""
        if not may_change_schedule(self.user, row):
            return Outcome(code="not-allowed")
        if row.state != self.wanted:
            reason = _("It is %(state)s") % {"state": row.get_state_display()}
            return Outcome(code="other-state", reason=reason)
        try:
            return self.change(row)
        except Refused as refusal:
            return Outcome(code=refusal.code, reason=refusal.text)

    def words(self, code: str, count: int) -> str:
        """Return e.g. `3 paused`."""
        return {
            "paused": ngettext("%d paused", "%d paused", count) % count,
            "resumed": ngettext("%d resumed", "%d resumed", count) % count,
            "not-allowed": ngettext(
                "%d skipped because it is not yours",
                "%d skipped because they are not yours",
                count,
            )
            % count,
        }.get(code, "")

    def what_happens(self) -> str:
        """Say what becomes of a series that is in the wanted state."""
        raise NotImplementedError

    def change(self, row: Schedule) -> Outcome:
        """Call the service."""
        raise NotImplementedError


class PauseSeries(_Change):
    """Lets nothing of a series start until it is resumed."""

    name = "pause_series"
    label = gettext_lazy("Pause series")
    title = gettext_lazy("Pause series")
    button = gettext_lazy("Yes, pause")
    note = gettext_lazy("What is missed meanwhile is not caught up.")
    history = gettext_noop("Paused.")
    wanted = ScheduleState.ACTIVE

    def what_happens(self) -> str:
        """Say what becomes of its next job."""
        return _("Its next job is cancelled, and none follows until it is resumed.")

    def change(self, row: Schedule) -> Outcome:
        """Pause it."""
        pause_schedule(schedule_id=row.pk, actor=self.user.get_username())
        return Outcome(code="paused", done=True)


class ResumeSeries(_Change):
    """Lets a paused series go on."""

    name = "resume_series"
    label = gettext_lazy("Resume series")
    title = gettext_lazy("Resume series")
    button = gettext_lazy("Yes, resume")
    history = gettext_noop("Resumed.")
    wanted = ScheduleState.PAUSED

    def what_happens(self) -> str:
        """Say when it goes on."""
        return _("It goes on with its next time; what it missed is not caught up.")

    def change(self, row: Schedule) -> Outcome:
        """Resume it."""
        resume_schedule(schedule_id=row.pk, actor=self.user.get_username())
        return Outcome(code="resumed", done=True)
