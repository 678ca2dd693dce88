"""Cancel whole series of jobs."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop, ngettext

from prestage_plugin.admin.verbs import Forecast, Outcome, Verb
from prestage_plugin.errors import Refused
from prestage_plugin.models import Schedule
from prestage_plugin.permissions import may_cancel_schedule
from prestage_plugin.services.schedule import cancel_schedule
from prestage_plugin.states import ScheduleState

__all__ = ["CancelSeries"]


class CancelSeries(Verb[Schedule]):
    """Ends a series with the occurrence that waits."""

    name = "cancel_series"
    label = gettext_lazy("Cancel the whole series")
    title = gettext_lazy("Cancel series")
    button = gettext_lazy("Yes, cancel")
    note = gettext_lazy(
        "An occurrence in progress goes on; it can be cancelled on the page of jobs. To leave out "
        "one occurrence only, cancel its job there."
    )
    history = gettext_noop("Cancelled.")

    def foresee(self, row: Schedule) -> Forecast:
        """Say what becomes of a series."""
        if row.state == ScheduleState.CANCELLED:
            return Forecast(row=row, text=_("It is cancelled already."), possible=False)
        if row.state == ScheduleState.ENDED:
            return Forecast(row=row, text=_("It has ended by itself."), possible=False)
        if not may_cancel_schedule(self.user, row):
            text = _("It is another user's series, which you may not cancel.")
            return Forecast(row=row, text=text, possible=False)
        text = _("Its next job is cancelled at once, and none follows.")
        return Forecast(row=row, text=text, possible=True)

    def carry_out(self, row: Schedule) -> Outcome:
        """End a series."""
        if row.state == ScheduleState.CANCELLED:
            return Outcome(code="already-cancelled")
        if not may_cancel_schedule(self.user, row):
            return Outcome(code="not-allowed")
        try:
            cancel_schedule(schedule_id=row.pk, actor=self.user.get_username())
        except Refused as refusal:
            return Outcome(code=refusal.code, reason=refusal.text)
        return Outcome(code="cancelled", done=True)

    def words(self, code: str, count: int) -> str:
        """Return e.g. `3 series cancelled`."""
        return {
            "cancelled": ngettext("%d series cancelled", "%d series cancelled", count) % count,
            "already-cancelled": ngettext("%d already cancelled", "%d already cancelled", count)
            % count,
            "already-finished": ngettext("%d already ended", "%d already ended", count) % count,
            "not-allowed": ngettext(
                "%d skipped because it is not yours",
                "%d skipped because they are not yours",
                count,
            )
            % count,
        }.get(code, "")
