"""Hand jobs over to another user."""

from typing import Any

from django import forms
from django.contrib.auth.models import AnonymousUser, User
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop, ngettext

from prestage_plugin.admin.verbs import Forecast, Outcome, Verb
from prestage_plugin.errors import Refused
from prestage_plugin.models import Job
from prestage_plugin.permissions import may_reassign, may_run
from prestage_plugin.sentences import translate_sentence
from prestage_plugin.services.reassign import reassign_job, reassign_jobs
from prestage_plugin.states import JobState

__all__ = ["Reassign"]


class OwnerForm(forms.Form):
    """Whose the jobs will be."""

    to = forms.CharField(
        label=gettext_lazy("New owner"),
        max_length=150,
        help_text=gettext_lazy("Login of an active user who may start jobs."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def clean_to(self) -> str:
        """Return the login of somebody who can have jobs, before any job is given away."""
        to: str = self.cleaned_data["to"]
        try:
            reassign_jobs(job_ids=(), to_username=to, actor="")
        except Refused as refusal:
            raise forms.ValidationError(translate_sentence(refusal.text)) from refusal
        return to


class Reassign(Verb[Job]):
    """Makes jobs another user's."""

    name = "reassign_jobs"
    label = gettext_lazy("Reassign selected jobs")
    title = gettext_lazy("Reassign jobs")
    button = gettext_lazy("Yes, reassign")
    note = gettext_lazy(
        "The job itself goes on as it is. You no longer see it unless you may see the jobs of "
        "every user."
    )
    history = gettext_noop("Reassigned.")

    @classmethod
    def is_offered_to(cls, user: User | AnonymousUser) -> bool:
        """Whoever can have jobs may give them away."""
        return may_run(user) or user.has_perm("prestage.change_job")

    def make_form(self, data: Any) -> forms.Form:
        """Return the question about the new owner."""
        return OwnerForm(data)

    def foresee(self, row: Job) -> Forecast:
        """Say whose the job is now and what goes with it."""
        if row.is_terminal:
            text = _("It has already ended and cannot be reassigned.")
            return Forecast(row=row, text=text, possible=False)
        if not may_reassign(self.user, row):
            text = _("It is another user's job, which you may not reassign.")
            return Forecast(row=row, text=text, possible=False)
        text = _("It goes from %(owner)s to the new owner.") % {"owner": row.username}
        if row.schedule_id is not None and row.state == JobState.SCHEDULED:
            text = _("It goes from %(owner)s to the new owner, and its series with it.") % {
                "owner": row.username
            }
        return Forecast(row=row, text=text, possible=True)

    def carry_out(self, row: Job) -> Outcome:
        """Hand a job over."""
        if not may_reassign(self.user, row):
            return Outcome(code="not-allowed")
        try:
            reassign_job(
                job_id=row.pk,
                to_username=self.form.cleaned_data["to"],
                actor=self.user.get_username(),
            )
        except Refused as refusal:
            return Outcome(code=refusal.code, reason=refusal.text)
        return Outcome(code="reassigned", done=True)

    def words(self, code: str, count: int) -> str:
        """Return e.g. `2 reassigned`."""
        return {
            "reassigned": ngettext("%d reassigned", "%d reassigned", count) % count,
            "already-finished": ngettext("%d already finished", "%d already finished", count)
            % count,
            "not-allowed": ngettext(
                "%d skipped because it is not yours",
                "%d skipped because they are not yours",
                count,
            )
            % count,
        }.get(code, "")
