"""Series of jobs: what they repeat, when they run next, and their end (jobs spec, section 3)."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import Model, QuerySet
from django.forms.widgets import Script
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from prestage_plugin.admin import badges
from prestage_plugin.admin.confirming import Confirms
from prestage_plugin.admin.jobs.actions.cancel_series import CancelSeries
from prestage_plugin.admin.jobs.actions.pause_series import PauseSeries, ResumeSeries
from prestage_plugin.admin.jobs.schedule_details import details_context
from prestage_plugin.admin.pages import DetailsPage
from prestage_plugin.admin.preferences import ZONE_SCRIPT, InUsersZone
from prestage_plugin.admin.query_string import WithoutNul
from prestage_plugin.admin.read_only import ReadOnly
from prestage_plugin.errors import Refused
from prestage_plugin.models import Schedule
from prestage_plugin.recurrence import Recurrence
from prestage_plugin.sentences import translate_sentence

if TYPE_CHECKING:
    _Base = admin.ModelAdmin[Schedule]
else:
    _Base = admin.ModelAdmin

__all__ = ["ScheduleAdmin"]

_VIEWING = ("view_schedule", "view_all_jobs", "run_job")


@admin.register(Schedule)
class ScheduleAdmin(InUsersZone, WithoutNul, DetailsPage, Confirms, ReadOnly, _Base):
    """Schedules as a read-only list; they begin on the page that starts jobs."""

    list_display = (
        "schedule_id",
        "schedule_name",
        "state_pill",
        "job_type",
        "recurrence_text",
        "next_start",
        "occurrences",
        "username",
    )
    list_display_links = ("schedule_id", "schedule_name")
    list_filter = ("state", "job_type")
    search_fields = ("name", "username")
    search_help_text = gettext_lazy("Name or user")
    ordering = ("-id",)
    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    actions = ("cancel_series", "pause_series", "resume_series")

    class Media:
        css = {"all": ["prestage_plugin/admin.css", "prestage_plugin/jobs.css"]}
        js = [
            ZONE_SCRIPT,
            Script("prestage_plugin/jobs.js", defer=True),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Schedule]:
        """Return the schedules that the user may see."""
        return Schedule.objects.visible_to(request.user)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Whoever may start jobs sees the own ones; `get_queryset` narrows it."""
        del obj
        return any(request.user.has_perm(f"prestage.{name}") for name in _VIEWING)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Their jobs name them."""
        del request, obj
        return False

    @admin.display(description=gettext_lazy("Schedule ID"), ordering="id")
    def schedule_id(self, schedule: Schedule) -> int:
        """Return the unique id."""
        return schedule.pk

    @admin.display(description=gettext_lazy("Name"), ordering="name")
    def schedule_name(self, schedule: Schedule) -> str:
        """Return the name."""
        return schedule.name

    @admin.display(description=gettext_lazy("State"), ordering="state")
    def state_pill(self, schedule: Schedule) -> SafeString:
        """Return the state as a pill."""
        return badges.pill(f"schedule-{schedule.state}", schedule.get_state_display())

    @admin.display(description=gettext_lazy("Recurrence"))
    def recurrence_text(self, schedule: Schedule) -> str:
        """Return the rule in words."""
        try:
            return Recurrence.from_json(schedule.recurrence).sentence()
        except Refused as refusal:
            return translate_sentence(refusal.text)

    @admin.display(description=gettext_lazy("Next start"), ordering="next_at")
    def next_start(self, schedule: Schedule) -> SafeString:
        """Return when it runs next."""
        return badges.moment(schedule.next_at)

    @admin.action(description=CancelSeries.label, permissions=["view"])
    def cancel_series(
        self, request: HttpRequest, schedules: QuerySet[Schedule]
    ) -> HttpResponse | None:
        """End series."""
        return self.confirm(request, schedules, CancelSeries)

    def has_run_permission(self, request: HttpRequest) -> bool:
        """Whether to offer what changes series."""
        return PauseSeries.is_offered_to(request.user)

    @admin.action(description=PauseSeries.label, permissions=["run"])
    def pause_series(
        self, request: HttpRequest, schedules: QuerySet[Schedule]
    ) -> HttpResponse | None:
        """Pause series."""
        return self.confirm(request, schedules, PauseSeries)

    @admin.action(description=ResumeSeries.label, permissions=["run"])
    def resume_series(
        self, request: HttpRequest, schedules: QuerySet[Schedule]
    ) -> HttpResponse | None:
        """Let series go on."""
        return self.confirm(request, schedules, ResumeSeries)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the list."""
        context = {"title": _("Schedules")} | (extra_context or {})
        return super().changelist_view(request, context)

    def details(self, row: Schedule, request: HttpRequest) -> dict[str, Any]:
        """Return what the page of a schedule shows."""
        return {
            "checkbox_name": ACTION_CHECKBOX_NAME,
            "state_pill": self.state_pill(row),
            "recurrence": self.recurrence_text(row),
            **details_context(row, user=request.user),
        }
