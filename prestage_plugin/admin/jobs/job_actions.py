"""The actions of the list of jobs: confirm, carry out, say what was done; and export."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from prestage_plugin.admin.jobs.actions import (
    VERBS,
    Cancel,
    ForceStop,
    Reassign,
    RetryFailed,
    RunAgain,
    Verb,
)
from prestage_plugin.admin.pages import own_page
from prestage_plugin.models import Job
from prestage_plugin.services.export import ExportFormat, export_jobs

if TYPE_CHECKING:
    _Base = admin.ModelAdmin[Any]
else:
    _Base = object

__all__ = ["MOST_JOBS", "JobActions"]

MOST_JOBS = 500
"""Jobs that one confirmation takes; it must stay below Django's limit of fields in a form."""

MOST_EXPORTED = 10_000
"""Jobs of one export."""

_CONTENT_TYPES = {ExportFormat.CSV: "text/csv", ExportFormat.JSON: "application/json"}


class JobActions(_Base):
    """Mixed in front of a `ModelAdmin` of jobs."""

    actions = (
        "show_details",
        *VERBS,
        "export_csv",
        "export_json",
    )

    def has_force_stop_permission(self, request: HttpRequest) -> bool:
        """Whether to offer the forced stop."""
        return ForceStop.is_offered_to(request.user)

    def has_run_permission(self, request: HttpRequest) -> bool:
        """Whether to offer what starts jobs."""
        return RunAgain.is_offered_to(request.user)

    def has_reassign_permission(self, request: HttpRequest) -> bool:
        """Whether to offer to give jobs away."""
        return Reassign.is_offered_to(request.user)

    @admin.action(description=gettext_lazy("Show Details"), permissions=["view"])
    def show_details(self, request: HttpRequest, jobs: QuerySet[Job]) -> HttpResponse | None:
        """Open the details of the one job that is selected."""
        selected = list(jobs.values_list("pk", flat=True)[:2])
        if len(selected) != 1:
            self.message_user(request, _("Select one job to see its details."), messages.WARNING)
            return None
        return HttpResponseRedirect(reverse("admin:prestage_job_change", args=selected))

    @admin.action(description=Cancel.label, permissions=["view"])
    def cancel_jobs(self, request: HttpRequest, jobs: QuerySet[Job]) -> HttpResponse | None:
        """Cancel jobs."""
        return self._confirm(request, jobs, Cancel)

    @admin.action(description=ForceStop.label, permissions=["force_stop"])
    def force_stop_jobs(self, request: HttpRequest, jobs: QuerySet[Job]) -> HttpResponse | None:
        """Stop jobs by force."""
        return self._confirm(request, jobs, ForceStop)

    @admin.action(description=RetryFailed.label, permissions=["run"])
    def retry_jobs(self, request: HttpRequest, jobs: QuerySet[Job]) -> HttpResponse | None:
        """Retry failed devices."""
        return self._confirm(request, jobs, RetryFailed)

    @admin.action(description=RunAgain.label, permissions=["run"])
    def run_jobs_again(self, request: HttpRequest, jobs: QuerySet[Job]) -> HttpResponse | None:
        """Run jobs again."""
        return self._confirm(request, jobs, RunAgain)

    @admin.action(description=Reassign.label, permissions=["reassign"])
    def reassign_jobs(self, request: HttpRequest, jobs: QuerySet[Job]) -> HttpResponse | None:
        """Give jobs away."""
        return self._confirm(request, jobs, Reassign)

    @admin.action(description=gettext_lazy("Export selected jobs as CSV"), permissions=["view"])
    def export_csv(self, request: HttpRequest, jobs: QuerySet[Job]) -> HttpResponseBase | None:
        """Download jobs with their devices as a table."""
        return self._export(request, jobs, ExportFormat.CSV)

    @admin.action(description=gettext_lazy("Export selected jobs as JSON"), permissions=["view"])
    def export_json(self, request: HttpRequest, jobs: QuerySet[Job]) -> HttpResponseBase | None:
        """Download jobs with devices, evidence and history."""
        return self._export(request, jobs, ExportFormat.JSON)

    def _confirm(
        self, request: HttpRequest, queryset: QuerySet[Job], kind: type[Verb]
    ) -> HttpResponse | None:
        """Say what will happen to each job; once that is confirmed, do it and count."""
        assert isinstance(request.user, User)
        jobs = list(queryset.select_related("schedule").order_by("-id")[: MOST_JOBS + 1])
        if len(jobs) > MOST_JOBS:
            text = _("Choose at most %(limit)s jobs at a time.") % {"limit": MOST_JOBS}
            self.message_user(request, text, messages.WARNING)
            return None
        confirmed = "confirmed" in request.POST
        verb = kind(user=request.user, jobs=jobs, data=request.POST if confirmed else None)
        if confirmed and verb.form.is_valid():
            return self._carry_out(request, verb)
        forecasts = [verb.foresee(job) for job in jobs]
        context = own_page(self, request, title=verb.title) | {
            "verb": verb,
            "forecasts": forecasts,
            "possible": sum(forecast.possible for forecast in forecasts),
            "checkbox_name": ACTION_CHECKBOX_NAME,
        }
        return TemplateResponse(request, "admin/prestage/job/confirm.html", context)

    def _carry_out(self, request: HttpRequest, verb: Verb) -> HttpResponse:
        report = verb.carry_out_all()
        for job in report.done:
            self.log_change(request, job, verb.history)
        text = report.text + (f": {_numbers(report.started)}." if report.started else ".")
        level = messages.SUCCESS if report.done else messages.WARNING
        self.message_user(request, text, level)
        shown = report.started or list(verb.jobs)
        if len(shown) == 1 and Job.objects.visible_to(verb.user).filter(pk=shown[0].pk).exists():
            return HttpResponseRedirect(reverse("admin:prestage_job_change", args=[shown[0].pk]))
        return HttpResponseRedirect(reverse("admin:prestage_job_changelist"))

    def _export(
        self, request: HttpRequest, jobs: QuerySet[Job], form: ExportFormat
    ) -> HttpResponseBase | None:
        numbers = list(jobs.order_by("-id").values_list("pk", flat=True)[: MOST_EXPORTED + 1])
        if len(numbers) > MOST_EXPORTED:
            text = _("Export at most %(limit)s jobs at a time.") % {"limit": MOST_EXPORTED}
            self.message_user(request, text, messages.WARNING)
            return None
        name = f"prestage-job-{numbers[0]}" if len(numbers) == 1 else "prestage-jobs"
        return StreamingHttpResponse(
            export_jobs(job_ids=numbers, form=form),
            content_type=f"{_CONTENT_TYPES[form]}; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{name}.{form}"'},
        )


def _numbers(jobs: list[Job]) -> str:
    return ", ".join(f"#{job.pk}" for job in jobs)
