"""What the lists of devices with roles show in their columns."""

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from prestage_plugin.admin import badges
from prestage_plugin.models import Device

__all__ = ["RoleColumns"]


class RoleColumns:
    """What each column shows of a device."""

    @admin.display(description=gettext_lazy("Device"), ordering="name")
    def device_name(self, device: Device) -> str:
        """Return the name."""
        return device.name

    @admin.display(description=gettext_lazy("Recommended role"), ordering="recommended_role")
    def recommended(self, device: Device) -> SafeString:
        """Return the recommendation, with a question mark until it is confirmed."""
        return badges.role(
            device.recommended_role, confirmed=device.recommended_role == device.assigned_role
        )

    @admin.display(description=gettext_lazy("Why"), ordering="reason")
    def why(self, device: Device) -> SafeString:
        """Return the reason, which leads to every rule with its evidence."""
        if not device.reason:
            return format_html("{}", badges.DASH)
        url = reverse("admin:prestage_recommendation_change", args=[device.pk])
        title = _("Why %(device)s has this role") % {"device": device.name}
        return format_html(
            '<a class="prestage-why" href="{}" title="{}">{}</a>', url, title, device.reason
        )

    @admin.display(description=gettext_lazy("Assigned role"), ordering="assigned_role")
    def assigned(self, device: Device) -> SafeString:
        """Return the confirmed role."""
        return badges.role(device.assigned_role)

    @admin.display(description=gettext_lazy("Loopback"), empty_value=badges.DASH)
    def loopback_text(self, device: Device) -> SafeString | str | None:
        """Return the address, and what was assigned where that is another one."""
        if device.assigned_loopback is None or device.assigned_loopback == device.loopback:
            return device.loopback
        return format_html(
            '{} <span class="prestage-quiet">{}</span>',
            device.loopback or badges.DASH,
            _("assigned %(address)s") % {"address": device.assigned_loopback},
        )

    @admin.display(description=gettext_lazy("UNI"), ordering="uni_count")
    def unis(self, device: Device) -> int:
        """Return the number of interfaces that can face customers."""
        return device.uni_count

    @admin.display(description=gettext_lazy("Last evaluated"), ordering="evaluated_at")
    def last_evaluated(self, device: Device) -> SafeString:
        """Return when something new was last found about it."""
        return badges.moment(device.evaluated_at)
