"""The *Prestage Device Jobs* page and the details of a job (jobs spec, section 1)."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.forms.widgets import Script
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
)
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from prestage_plugin.admin.columns import ChoosableColumns
from prestage_plugin.admin.dashboard.part import DashboardPart
from prestage_plugin.admin.jobs.columns import COLUMNS, JobColumns
from prestage_plugin.admin.jobs.details import device_context, facts_of, live_context
from prestage_plugin.admin.jobs.filters import DeviceFilter, StartFilter, UserFilter
from prestage_plugin.admin.jobs.job_actions import JobActions
from prestage_plugin.admin.jobs.live_rows import new_rows, rows_context
from prestage_plugin.admin.jobs.search import MOST_SEARCHED, search_jobs
from prestage_plugin.admin.jobs.start_pages import StartPages
from prestage_plugin.admin.pages import DetailsPage, own_page
from prestage_plugin.admin.paginator import LookAheadPaginator, page_number_in
from prestage_plugin.admin.preferences import ZONE_SCRIPT, InUsersZone
from prestage_plugin.admin.query_string import WithoutNul
from prestage_plugin.models import Job, JobDevice
from prestage_plugin.permissions import may_run, may_view_jobs

if TYPE_CHECKING:
    _Base = admin.ModelAdmin[Job]
else:
    _Base = admin.ModelAdmin

__all__ = ["JobAdmin"]


@admin.register(Job)
class JobAdmin(
    InUsersZone,
    WithoutNul,
    DetailsPage,
    ChoosableColumns,
    JobActions,
    StartPages,
    DashboardPart,
    JobColumns,
    _Base,
):
    """Jobs as a read-only list; what is done with them has pages of its own."""

    list_display = COLUMNS
    always_shown = ("job_id",)
    list_display_links = ("job_id", "job_name")
    list_filter = ("state", "job_type", UserFilter, DeviceFilter, StartFilter)
    # Only for the field: `search_jobs` does it.
    search_fields = ("name",)
    search_help_text = gettext_lazy("Id, name or device")
    ordering = ("-id",)
    list_per_page = 50
    list_max_show_all = 0
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER

    class Media:
        css = {"all": ["prestage_plugin/admin.css", "prestage_plugin/jobs.css"]}
        js = [
            ZONE_SCRIPT,
            Script("prestage_plugin/jobs.js", defer=True),
            Script("prestage_plugin/start.js", defer=True),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Job]:
        """Return the jobs that the user may see."""
        return Job.objects.visible_to(request.user)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Job], search_term: str
    ) -> tuple[QuerySet[Job], bool]:
        """Return the jobs that were searched for."""
        del request
        return search_jobs(queryset, search_term), False

    def get_paginator(
        self, request: HttpRequest, queryset: Any, per_page: int, *_args: Any, **_kwargs: Any
    ) -> "Paginator[Any]":
        """Return pages that nobody counts."""
        return LookAheadPaginator(queryset, per_page, page=page_number_in(request))

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
        return may_view_jobs(request.user)

    def get_urls(self) -> list[URLPattern]:
        """Add the live parts of the list and of the details."""
        site = self.admin_site
        return [
            path("rows/", site.admin_view(self.rows_view), name="prestage_job_rows"),
            path("<int:job_id>/live/", site.admin_view(self.live_view), name="prestage_job_live"),
            path(
                "<int:job_id>/devices/<int:row_id>/",
                site.admin_view(self.device_view),
                name="prestage_job_device",
            ),
            *super().get_urls(),
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the list, with the button for those who may start jobs."""
        context = {
            "title": _("Prestage Device Jobs"),
            "may_run": may_run(request.user),
            "rows_url": reverse("admin:prestage_job_rows"),
            "most_searched": MOST_SEARCHED,
            **self.columns_context(request),
        }
        return super().changelist_view(request, context | (extra_context or {}))

    def rows_view(self, request: HttpRequest) -> HttpResponse:
        """Answer with the rows of some jobs (`ids`), and with those of newer ones (`after`)."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        jobs = self.get_queryset(request)
        context = rows_context(self, jobs, request.GET.get("ids", ""), request)
        context |= new_rows(self, jobs, request)
        return TemplateResponse(request, "admin/prestage/job/rows.html", context)

    def details(self, row: Job, request: HttpRequest) -> dict[str, Any]:
        """Return what the page of a job shows."""
        return {
            "facts": facts_of(row),
            "checkbox_name": ACTION_CHECKBOX_NAME,
            **live_context(row, request),
        }

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
        context = live_context(job, request) | {"checkbox_name": ACTION_CHECKBOX_NAME}
        return TemplateResponse(request, "admin/prestage/job/live.html", context)

    def device_view(self, request: HttpRequest, job_id: int, row_id: int) -> HttpResponse:
        """Say why a device got its role in a job.

        Raises:
            Http404: There is no such row, or the user may not see its job.
        """
        if not self.has_view_permission(request):
            raise PermissionDenied
        rows = JobDevice.objects.filter(job__in=self.get_queryset(request), job=job_id)
        row = rows.select_related("job").filter(pk=row_id).first()
        if row is None:
            raise Http404
        context = own_page(self, request, title=row.device_name, subtitle=str(row.job))
        return TemplateResponse(
            request, "admin/prestage/job/device.html", context | device_context(row)
        )
