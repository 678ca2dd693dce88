"""The actions of the list of jobs: confirm, carry out, say what was done; and export."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
)
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from prestage_plugin.admin.confirming import Confirms
from prestage_plugin.admin.jobs.actions import (
    VERBS,
    Cancel,
    ForceStop,
    Reassign,
    RetryFailed,
    RunAgain,
)
from prestage_plugin.models import Job
from prestage_plugin.services.export import ExportFormat, export_jobs
from prestage_plugin.streaming import stream_file

__all__ = ["JobActions"]

MOST_EXPORTED = 10_000
"""Jobs of one export."""

_CONTENT_TYPES = {ExportFormat.CSV: "text/csv", ExportFormat.JSON: "application/json"}


class JobActions(Confirms):
    """Mixed in front of a `ModelAdmin` of jobs."""

    confirmed_related = ("schedule",)

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
        return self.confirm(request, jobs, Cancel)

    @admin.action(description=ForceStop.label, permissions=["force_stop"])
    def force_stop_jobs(self, request: HttpRequest, jobs: QuerySet[Job]) -> HttpResponse | None:
        """Stop jobs by force."""
        return self.confirm(request, jobs, ForceStop)

    @admin.action(description=RetryFailed.label, permissions=["run"])
    def retry_jobs(self, request: HttpRequest, jobs: QuerySet[Job]) -> HttpResponse | None:
        """Retry failed devices."""
        return self.confirm(request, jobs, RetryFailed)

    @admin.action(description=RunAgain.label, permissions=["run"])
    def run_jobs_again(self, request: HttpRequest, jobs: QuerySet[Job]) -> HttpResponse | None:
        """Run jobs again."""
        return self.confirm(request, jobs, RunAgain)

    @admin.action(description=Reassign.label, permissions=["reassign"])
    def reassign_jobs(self, request: HttpRequest, jobs: QuerySet[Job]) -> HttpResponse | None:
        """Give jobs away."""
        return self.confirm(request, jobs, Reassign)

    @admin.action(description=gettext_lazy("Export selected jobs as CSV"), permissions=["view"])
    def export_csv(self, request: HttpRequest, jobs: QuerySet[Job]) -> HttpResponseBase | None:
        """Download jobs with their devices as a table."""
        return self._export(request, jobs, ExportFormat.CSV)

    @admin.action(description=gettext_lazy("Export selected jobs as JSON"), permissions=["view"])
    def export_json(self, request: HttpRequest, jobs: QuerySet[Job]) -> HttpResponseBase | None:
        """Download jobs with devices, evidence and history."""
        return self._export(request, jobs, ExportFormat.JSON)

    def _export(
        self, request: HttpRequest, jobs: QuerySet[Job], form: ExportFormat
    ) -> HttpResponseBase | None:
        numbers = list(jobs.order_by("-id").values_list("pk", flat=True)[: MOST_EXPORTED + 1])
        if len(numbers) > MOST_EXPORTED:
            text = _("Export at most %(limit)s jobs at a time.") % {"limit": MOST_EXPORTED}
            self.message_user(request, text, messages.WARNING)
            return None
        if not numbers:
            self.message_user(request, _("None of these is there."), messages.WARNING)
            return None
        name = f"prestage-job-{numbers[0]}" if len(numbers) == 1 else "prestage-jobs"
        return stream_file(
            request,
            export_jobs(job_ids=numbers, form=form),
            content_type=f"{_CONTENT_TYPES[form]}; charset=utf-8",
            name=f"{name}.{form}",
        )
