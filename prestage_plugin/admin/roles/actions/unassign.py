"""Take assigned roles back."""

from collections.abc import Mapping
from functools import cached_property

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from prestage_plugin.admin.roles.actions.role_verb import RoleVerb
from prestage_plugin.errors import Refused
from prestage_plugin.models import Device
from prestage_plugin.sentences import translate_sentence
from prestage_plugin.services.device_report import DeviceReport
from prestage_plugin.services.roles import roles_in_use, unassign_roles

__all__ = ["Unassign"]


class Unassign(RoleVerb):
    """Makes devices candidates again."""

    name = "unassign_roles"
    label = gettext_lazy("Take the assigned roles back")
    title = gettext_lazy("Take roles back")
    button = gettext_lazy("Yes, take back")
    note = gettext_lazy(
        "Afterwards the devices are candidates again: they are read anew, and a job that assigns "
        "roles gives them one again unless an exception excludes them."
    )
    history = gettext_noop("Role taken back.")
    done_code = "taken-back"

    def act(self, device_ids: list[int]) -> DeviceReport:
        """Take back."""
        return unassign_roles(device_ids=device_ids, actor=self.user.get_username())

    def what_happens(self, device: Device) -> tuple[str, bool]:
        """Say what becomes of it, or what uses its role."""
        if not device.assigned_role:
            return _("It has no assigned role."), False
        blocked = self._in_use.get(device.name)
        if blocked is not None:
            return translate_sentence(blocked.text), False
        text = _("It is %(role)s no longer; %(recommended)s is recommended.")
        if not device.recommended_role:
            text = _("It is %(role)s no longer.")
        return text % {"role": device.assigned_role, "recommended": device.recommended_role}, True

    @cached_property
    def _in_use(self) -> Mapping[str, Refused]:
        return roles_in_use([row for row in self.rows if row.assigned_role])
