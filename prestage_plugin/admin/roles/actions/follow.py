"""Assign what the configuration says now instead of what was assigned."""

from collections.abc import Mapping
from functools import cached_property

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from prestage_plugin.admin.roles.actions.assign import becomes
from prestage_plugin.admin.roles.actions.role_verb import RoleVerb
from prestage_plugin.errors import Refused
from prestage_plugin.models import Device
from prestage_plugin.sentences import translate_sentence
from prestage_plugin.services.device_report import DeviceReport
from prestage_plugin.services.roles import follow_configurations, roles_in_use
from prestage_plugin.states import RoleChoice

__all__ = ["Follow"]


class Follow(RoleVerb):
    """Says that the configuration is right, and the assigned role was to change."""

    name = "follow_configurations"
    label = gettext_lazy("Assign what the configurations say now")
    title = gettext_lazy("Assign what the configurations say now")
    button = gettext_lazy("Yes, assign")
    note = gettext_lazy(
        "Do this where the configuration was changed on purpose. Where it was not, put it right "
        "and prestage the device again. Nothing is sent to the devices."
    )
    history = gettext_noop("Assigned anew, as its configuration says.")
    done_code = "assigned"

    def act(self, device_ids: list[int]) -> DeviceReport:
        """Assign anew."""
        return follow_configurations(device_ids=device_ids, actor=self.user.get_username())

    def what_happens(self, device: Device) -> tuple[str, bool]:
        """Say what it becomes, or why it stays."""
        if not device.drift and not device.moved:
            return _("It is as its configuration says."), False
        if device.recommended_role == RoleChoice.UNKNOWN:
            text = _("No role is recommended any more (%(reason)s); take the assigned one back.")
            return text % {"reason": device.reason}, False
        blocked = self._in_use.get(device.name)
        if blocked is not None:
            return translate_sentence(blocked.text), False
        return becomes(device), True

    @cached_property
    def _in_use(self) -> Mapping[str, Refused]:
        return roles_in_use([row for row in self.rows if row.drift])
