"""Confirm what is recommended for devices."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop, ngettext

from prestage_plugin.admin.roles.actions.role_verb import RoleVerb
from prestage_plugin.models import Device
from prestage_plugin.services.device_report import DeviceReport
from prestage_plugin.services.roles import assign_roles

__all__ = ["Assign", "becomes"]


class Assign(RoleVerb):
    """Turns recommendations into assigned roles."""

    name = "assign_roles"
    label = gettext_lazy("Assign the recommended roles")
    title = gettext_lazy("Assign roles")
    button = gettext_lazy("Yes, assign")
    note = gettext_lazy(
        "An assigned role stays as it is, whatever later jobs find, until somebody takes it back. "
        "Nothing is sent to the devices."
    )
    history = gettext_noop("Role assigned.")
    done_code = "assigned"

    def act(self, device_ids: list[int]) -> DeviceReport:
        """Confirm."""
        return assign_roles(device_ids=device_ids, actor=self.user.get_username())

    def what_happens(self, device: Device) -> tuple[str, bool]:
        """Say which role it gets, or why none."""
        if device.assigned_role:
            text = _("It is assigned as %(role)s already; take that back first.")
            return text % {"role": device.assigned_role}, False
        if not device.recommended_role:
            return _("It was never evaluated; prestage it first."), False
        if not device.assignable:
            text = _("No role is recommended (%(reason)s).")
            return text % {"reason": device.reason}, False
        return becomes(device), True


def becomes(device: Device) -> str:
    """Return which role, loopback and interfaces a device gets."""
    values = {
        "role": device.recommended_role,
        "loopback": device.loopback or "-",
        "count": device.uni_count,
    }
    return (
        ngettext(
            "It becomes %(role)s with the loopback %(loopback)s and %(count)d UNI.",
            "It becomes %(role)s with the loopback %(loopback)s and %(count)d UNIs.",
            device.uni_count,
        )
        % values
    )
