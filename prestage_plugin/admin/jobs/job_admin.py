"""The *Prestage Device Jobs* page and the details of a job (jobs spec, section 1)."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import unquote
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
)
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from prestage_plugin.admin import badges
from prestage_plugin.admin.jobs.cancelling import cancel_all, forecast
from prestage_plugin.admin.jobs.details import facts_of, live_context
from prestage_plugin.admin.jobs.starting import StartForm
from prestage_plugin.errors import Refused
from prestage_plugin.models import Device, Job
from prestage_plugin.permissions import may_cancel, may_run

if TYPE_CHECKING:
    _Base = admin.ModelAdmin[Job]
else:
    _Base = admin.ModelAdmin

__all__ = ["JobAdmin"]

CANCEL_LIMIT = 500
"""Jobs that one confirmation takes; it must stay below Django's limit of fields in a form."""

_VIEWING = ("view_job", "view_all_jobs", "run_job")


@admin.register(Job)
class JobAdmin(_Base):
    """Jobs as a read-only list; starting and cancelling have pages of their own."""

    list_display = (
        "job_id",
        "job_name",
        "percent_bar",
        "state_pill",
        "type_of_job",
        "summary_text",
        "scheduled_start",
        "actual_start",
        "end_time",
        "user_name",
        "recurrence_text",
    )
    list_display_links = ("job_id", "job_name")
    list_filter = ("state", "job_type")
    search_fields = ("id__exact", "name", "devices__device_name")
    search_help_text = gettext_lazy("Search by id, name or device.")
    ordering = ("-id",)
    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    actions = ("cancel_jobs",)

    class Media:
        css = {"all": ["prestage_plugin/admin.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Job]:
        """Return the jobs that the user may see."""
        return Job.objects.visible_to(request.user)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Jobs are started, not added."""
        del request
        return False

    def has_change_permission(self, request: HttpRequest, obj: Job | None = None) -> bool:
        """Nobody changes a job by hand."""
        del request, obj
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Job | None = None) -> bool:
        """Jobs are history; retention removes them."""
        del request, obj
        return False

    def has_view_permission(self, request: HttpRequest, obj: Job | None = None) -> bool:
        """Whoever may start jobs sees the own ones; `get_queryset` narrows it."""
        del obj
        return any(request.user.has_perm(f"prestage.{name}") for name in _VIEWING)

    @admin.display(description=gettext_lazy("Job ID"), ordering="id")
    def job_id(self, job: Job) -> int:
        """Return the unique id."""
        return job.pk

    @admin.display(description=gettext_lazy("Name"), ordering="name")
    def job_name(self, job: Job) -> str:
        """Return the name."""
        return job.name

    @admin.display(description=gettext_lazy("Percent"))
    def percent_bar(self, job: Job) -> SafeString:
        """Return the share of finished devices as a bar with text."""
        return badges.progress(job)

    @admin.display(description=gettext_lazy("State"), ordering="state")
    def state_pill(self, job: Job) -> SafeString:
        """Return the state as a pill."""
        return badges.job_state(job)

    @admin.display(description=gettext_lazy("Job Type"), ordering="job_type")
    def type_of_job(self, job: Job) -> str:
        """Return the type's word."""
        return job.get_job_type_display()

    @admin.display(description=gettext_lazy("Summary"), empty_value=badges.DASH)
    def summary_text(self, job: Job) -> str:
        """Return the sentence with counts and cause, empty until the job has ended."""
        return job.summary

    @admin.display(description=gettext_lazy("Scheduled Start Time"), ordering="scheduled_for")
    def scheduled_start(self, job: Job) -> SafeString:
        """Return when the job was to start."""
        return badges.moment(job.scheduled_for)

    @admin.display(description=gettext_lazy("Actual Start Time"), ordering="started_at")
    def actual_start(self, job: Job) -> SafeString:
        """Return when the first worker took it."""
        return badges.moment(job.started_at)

    @admin.display(description=gettext_lazy("End Time"), ordering="ended_at")
    def end_time(self, job: Job) -> SafeString:
        """Return when it ended."""
        return badges.moment(job.ended_at)

    @admin.display(description=gettext_lazy("User"), ordering="username")
    def user_name(self, job: Job) -> str:
        """Return who started it."""
        return job.username

    @admin.display(description=gettext_lazy("Recurrence"), empty_value=badges.DASH)
    def recurrence_text(self, job: Job) -> str:
        """Return how often it recurs, in words; empty for a job that runs once."""
        return job.recurrence

    def get_urls(self) -> list[URLPattern]:
        """Add the start page and the live part of the details."""
        site = self.admin_site
        return [
            path("start/", site.admin_view(self.start_view), name="prestage_job_start"),
            path("<int:job_id>/live/", site.admin_view(self.live_view), name="prestage_job_live"),
            *super().get_urls(),
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the list, with the button for those who may start jobs."""
        context = {"title": _("Prestage Device Jobs"), "may_run": may_run(request.user)}
        return super().changelist_view(request, context | (extra_context or {}))

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show the details of a job instead of a form."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if request.method not in {"GET", "HEAD"}:
            return HttpResponseNotAllowed(["GET", "HEAD"])
        job = self.get_object(request, unquote(object_id))
        if job is None:
            return super().change_view(request, object_id, form_url, extra_context)
        context = self._page_context(request, title=job.name, subtitle=f"#{job.pk}") | {
            "facts": facts_of(job),
            "may_cancel": may_cancel(request.user, job),
            "checkbox_name": ACTION_CHECKBOX_NAME,
            **live_context(job, request),
        }
        return TemplateResponse(request, "admin/prestage/job/details.html", context)

    def live_view(self, request: HttpRequest, job_id: int) -> HttpResponse:
        """Answer with the part of the details that changes while the job runs.

        Raises:
            Http404: There is no such job, or the user may not see it.
        """
        if not self.has_view_permission(request):
            raise PermissionDenied
        job = self.get_object(request, str(job_id))
        if job is None:
            raise Http404
        return TemplateResponse(request, "admin/prestage/job/live.html", live_context(job, request))

    def start_view(self, request: HttpRequest) -> HttpResponse:
        """Ask what to start; on POST start it and go to the job."""
        if not may_run(request.user):
            raise PermissionDenied
        assert isinstance(request.user, User)
        form = StartForm(request.POST) if request.method == "POST" else StartForm()
        if form.is_bound and form.is_valid():
            try:
                job = form.submit(user=request.user)
            except Refused as refusal:
                form.add_error(None, refusal.text)
            else:
                self.log_addition(request, job, "Started.")
                self.message_user(
                    request, _("Job #%(id)s was started.") % {"id": job.pk}, messages.SUCCESS
                )
                return HttpResponseRedirect(reverse("admin:prestage_job_change", args=[job.pk]))
        context = self._page_context(request, title=_("Prestage all devices")) | {
            "form": form,
            "device_count": Device.objects.prestageable().count(),
        }
        return TemplateResponse(request, "admin/prestage/job/start.html", context)

    @admin.action(description=gettext_lazy("Cancel selected jobs"), permissions=["view"])
    def cancel_jobs(self, request: HttpRequest, queryset: QuerySet[Job]) -> HttpResponse | None:
        """Show what a cancel will do to each job; once confirmed, do it and count."""
        assert isinstance(request.user, User)
        jobs = list(queryset.order_by("-id")[: CANCEL_LIMIT + 1])
        if len(jobs) > CANCEL_LIMIT:
            text = _("Cancel at most %(limit)s jobs at a time.") % {"limit": CANCEL_LIMIT}
            self.message_user(request, text, messages.WARNING)
            return None
        if "confirmed" in request.POST:
            return self._cancel(request, request.user, jobs)
        context = self._page_context(request, title=_("Cancel jobs")) | {
            "forecasts": [forecast(job, user=request.user) for job in jobs],
            "checkbox_name": ACTION_CHECKBOX_NAME,
        }
        return TemplateResponse(request, "admin/prestage/job/cancel.html", context)

    def _cancel(self, request: HttpRequest, user: User, jobs: list[Job]) -> HttpResponse:
        report = cancel_all(jobs, user=user)
        for job in report.done:
            self.log_change(request, job, "Cancelled.")
        level = messages.SUCCESS if report.done else messages.WARNING
        self.message_user(request, report.text, level)
        if len(jobs) == 1:
            return HttpResponseRedirect(reverse("admin:prestage_job_change", args=[jobs[0].pk]))
        return HttpResponseRedirect(reverse("admin:prestage_job_changelist"))

    def _page_context(self, request: HttpRequest, **values: Any) -> dict[str, Any]:
        context = self.admin_site.each_context(request)
        return context | {"opts": self.opts, "media": self.media} | values
