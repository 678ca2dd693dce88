"""The page that assigns roles, and why each device gets its own (prestaging spec, section 2)."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from prestage_plugin.admin.pages import DetailsPage
from prestage_plugin.admin.roles.actions import Assign
from prestage_plugin.admin.roles.assign_all import AssignAllPage
from prestage_plugin.admin.roles.device_list import DeviceList
from prestage_plugin.admin.roles.evidence import evidence_context
from prestage_plugin.admin.roles.exception_pages import ExceptionPages
from prestage_plugin.admin.roles.filters import ExceptionFilter, StageFilter
from prestage_plugin.models import Recommendation, RoleException

__all__ = ["RecommendationAdmin"]


@admin.register(Recommendation)
class RecommendationAdmin(DetailsPage, AssignAllPage, ExceptionPages, DeviceList):
    """Recommendations; what is confirmed leaves the list, and can be shown again."""

    list_display = (
        "device_name",
        "recommended",
        "why",
        "loopback_text",
        "unis",
        "excluded_interfaces",
        "has_exceptions",
        "assigned",
        "last_evaluated",
    )
    list_filter = (StageFilter, "recommended_role", "assigned_role", ExceptionFilter, "platform")
    actions = ("assign_roles", "unassign_roles", "prestage_devices")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Return all devices; the filter of the stage shows those that wait for somebody."""
        exceptions = RoleException.objects.filter(device=OuterRef("pk"))
        del request
        rows = Recommendation.objects.select_related("parent")
        return rows.annotate(overridden=Exists(exceptions))

    @admin.display(description=gettext_lazy("Excluded interfaces"), ordering="excluded_count")
    def excluded_interfaces(self, device: Recommendation) -> int:
        """Return the number of interfaces that cannot face customers."""
        return device.excluded_count

    @admin.display(description=gettext_lazy("Exceptions"))
    def has_exceptions(self, device: Any) -> str:
        """Return whether a person overrides the rules."""
        return _("yes") if device.overridden else _("no")

    @admin.action(description=Assign.label, permissions=["assign"])
    def assign_roles(self, request: HttpRequest, devices: QuerySet[Any]) -> HttpResponse | None:
        """Confirm recommendations."""
        return self.confirm(request, devices, Assign)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the list, with the way to assign everything."""
        context = {
            "title": _("Assign roles"),
            "note": _(
                "A question mark means that the role is recommended and nobody has confirmed it. "
                "UNKNOWN means that no role could be recommended."
            ),
            "tools": [(reverse("admin:prestage_discovery_changelist"), _("Discovery status"))],
            "empty": _("No device is in this stage. The filter leads to the others."),
            **self.list_context(request),
        }
        if self.has_assign_permission(request):
            context["tools"].append((self.assign_all_url(request), _("Assign all…")))
        return super().changelist_view(request, context | (extra_context or {}))

    def details(self, row: Recommendation, request: HttpRequest) -> dict[str, Any]:
        """Return what says why a device gets its role, and what can be done about it."""
        return {
            "subtitle": None,
            "checkbox_name": ACTION_CHECKBOX_NAME,
            "recommended": self.recommended(row),
            "assigned": self.assigned(row),
            "evaluated": self.last_evaluated(row),
            "loopback": self.loopback_text(row),
            **self.zone_context(),
            **evidence_context(row, request),
            **self.exceptions_context(row, request),
        }
