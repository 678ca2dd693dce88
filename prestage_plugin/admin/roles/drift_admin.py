"""*Drift*: devices that are not as they were assigned, and what to do about each."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from prestage_plugin.admin import badges
from prestage_plugin.admin.roles.actions import Follow
from prestage_plugin.admin.roles.device_list import DeviceList
from prestage_plugin.admin.roles.filters import DeviationFilter
from prestage_plugin.models import Drift
from prestage_plugin.services.drift import with_since
from prestage_plugin.states import RoleChoice

__all__ = ["DriftAdmin"]


@admin.register(Drift)
class DriftAdmin(DeviceList):
    """Devices whose configuration no longer supports the role, or has another loopback."""

    list_display = (
        "device_name",
        "what_differs",
        "assigned",
        "recommended",
        "why",
        "loopback_text",
        "found",
        "what_next",
    )
    list_filter = (DeviationFilter, "assigned_role", "recommended_role", "in_inventory")
    actions = ("follow_configurations", "unassign_roles", "prestage_devices")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Return the devices that are not as they were assigned."""
        del request
        return with_since(Drift.objects.deviating())

    @admin.display(description=gettext_lazy("What differs"))
    def what_differs(self, device: Drift) -> SafeString:
        """Return the role, or the loopback alone."""
        if device.drift:
            return badges.pill("drift", _("role"))
        return badges.pill("moved", _("loopback"))

    @admin.display(description=gettext_lazy("Found"), ordering="since")
    def found(self, device: Any) -> SafeString:
        """Return when a job found out that the role is not supported."""
        return badges.moment(device.since if device.drift else device.evaluated_at)

    @admin.display(description=gettext_lazy("What to do next"))
    def what_next(self, device: Drift) -> str:
        """Return the choices that are left."""
        if device.recommended_role == RoleChoice.UNKNOWN:
            return _("Put its configuration right and prestage it again, or take the role back.")
        return _(
            "If the change is wanted, assign what the configuration says now; otherwise put it "
            "right and prestage it again."
        )

    @admin.action(description=Follow.label, permissions=["assign"])
    def follow_configurations(
        self, request: HttpRequest, devices: QuerySet[Any]
    ) -> HttpResponse | None:
        """Assign anew."""
        return self.confirm(request, devices, Follow)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the list."""
        context = {
            "title": _("Drift"),
            "note": _(
                "The configuration of these devices no longer supports what was assigned. Nothing "
                "is changed by itself: an assigned role stays until somebody decides."
            ),
            "empty": _("Everything is as it was assigned."),
            **self.list_context(request),
        }
        return super().changelist_view(request, context | (extra_context or {}))

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Go to the page that says why the device has its role."""
        del request, form_url, extra_context
        url = reverse("admin:prestage_recommendation_change", args=[object_id])
        return HttpResponseRedirect(url)
