"""Do jobs again: their failed devices, or all of them."""

from typing import Any

from django import forms
from django.contrib.auth.models import AnonymousUser, User
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop, ngettext

from prestage_plugin.admin.jobs.once import OnceForm
from prestage_plugin.admin.verbs import Forecast, Outcome, Verb
from prestage_plugin.errors import Refused
from prestage_plugin.models import Job
from prestage_plugin.permissions import may_run
from prestage_plugin.sentences import translate_sentence
from prestage_plugin.services.retry import retry_failed, run_again
from prestage_plugin.services.scope import Scope

__all__ = ["RetryFailed", "RunAgain"]


class _Again(Verb[Job]):
    """Starts a new job for each that has ended."""

    form: OnceForm

    @classmethod
    def is_offered_to(cls, user: User | AnonymousUser) -> bool:
        """Whoever may start jobs may start them again."""
        return may_run(user)

    def make_form(self, data: Any) -> forms.Form:
        """Return the form with the key that makes a double click one job."""
        return OnceForm(data)

    def words(self, code: str, count: int) -> str:
        """Return e.g. `2 started`."""
        return {
            "started": ngettext("%d started", "%d started", count) % count,
            "not-finished": ngettext("%d has not ended yet", "%d have not ended yet", count)
            % count,
            "nothing-to-retry": ngettext(
                "%d has nothing to retry", "%d have nothing to retry", count
            )
            % count,
            "not-allowed": ngettext(
                "%d skipped because you may not start jobs",
                "%d skipped because you may not start jobs",
                count,
            )
            % count,
        }.get(code, "")

    def carry_out(self, row: Job) -> Outcome:
        """Start the new job."""
        if not may_run(self.user):
            return Outcome(code="not-allowed")
        if not row.is_terminal:
            return Outcome(code="not-finished")
        key = f"admin-{self.form.cleaned_data['key']}-{row.pk}"
        try:
            started = self.start(row, key)
        except Refused as refusal:
            return Outcome(code=refusal.code, reason=refusal.text)
        return Outcome(code="started", done=True, started=started)

    def foresee(self, row: Job) -> Forecast:
        """Say what would be started."""
        if not row.is_terminal:
            text = _("It has not ended yet; wait for its end or cancel it first.")
            return Forecast(row=row, text=text, possible=False)
        return self.foresee_start(row)

    def start(self, job: Job, key: str) -> Job:
        """Start the new job, or return the one that the same key started."""
        raise NotImplementedError

    def foresee_start(self, job: Job) -> Forecast:
        """Say what would be started for a job that has ended."""
        raise NotImplementedError


class RetryFailed(_Again):
    """Starts a job for the devices that failed."""

    name = "retry_jobs"
    label = gettext_lazy("Retry failed devices of selected jobs")
    title = gettext_lazy("Retry failed devices")
    button = gettext_lazy("Yes, retry")
    note = gettext_lazy(
        "The new jobs have the options of the old ones and are yours. Failed devices that have "
        "left the inventory since are left out."
    )
    history = gettext_noop("Failed devices retried.")

    def start(self, job: Job, key: str) -> Job:
        """Start a job for the failed devices."""
        return retry_failed(job_id=job.pk, user=self.user, idempotency_key=key)

    def foresee_start(self, job: Job) -> Forecast:
        """Say how many devices would be tried again."""
        if not job.failed:
            text = _("No device of it failed, so there is nothing to retry.")
            return Forecast(row=job, text=text, possible=False)
        text = ngettext(
            "A new job is started for its %(count)d failed device.",
            "A new job is started for its %(count)d failed devices.",
            job.failed,
        ) % {"count": job.failed}
        return Forecast(row=job, text=text, possible=True)


class RunAgain(_Again):
    """Starts a job with the same scope and options."""

    name = "run_jobs_again"
    label = gettext_lazy("Run selected jobs again")
    title = gettext_lazy("Run jobs again")
    button = gettext_lazy("Yes, run again")
    note = gettext_lazy(
        "The new jobs have the scope and options of the old ones and are yours. A scope is applied "
        "anew, so it may be other devices than it was then."
    )
    history = gettext_noop("Run again.")

    def start(self, job: Job, key: str) -> Job:
        """Start a job like the old one."""
        return run_again(job_id=job.pk, user=self.user, idempotency_key=key)

    def foresee_start(self, job: Job) -> Forecast:
        """Say over which devices it would run."""
        scope = translate_sentence(Scope.from_json(job.scope).describe())
        text = _("A new job is started for %(scope)s.") % {"scope": scope}
        return Forecast(row=job, text=text, possible=True)
