"""What the actions on roles share: one call of a service for all devices."""

from abc import abstractmethod

from django.contrib.auth.models import AnonymousUser, User
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy, ngettext

from prestage_plugin.admin import badges
from prestage_plugin.admin.verbs import Forecast, Outcome, Report, Verb
from prestage_plugin.models import Device
from prestage_plugin.permissions import may_assign
from prestage_plugin.services.device_report import DeviceReport

__all__ = ["RoleVerb", "role_now"]


class RoleVerb(Verb[Device]):
    """Changes the assigned roles of devices."""

    state_label = gettext_lazy("Role")
    done_code: str
    """By which the devices that were changed are counted."""

    @classmethod
    def is_offered_to(cls, user: User | AnonymousUser) -> bool:
        """Roles have a permission of their own."""
        return may_assign(user)

    @abstractmethod
    def act(self, device_ids: list[int]) -> DeviceReport:
        """Call the service for devices."""

    @abstractmethod
    def what_happens(self, device: Device) -> tuple[str, bool]:
        """Say what would happen to a device, and whether anything would."""

    def foresee(self, row: Device) -> Forecast:
        """Say what would happen to a device."""
        text, possible = self.what_happens(row)
        return Forecast(row=row, text=text, possible=possible, state=role_now(row))

    def carry_out(self, row: Device) -> Outcome:
        """Say what became of a device, after it was done to all of them."""
        refusal = self._report.refused.get(row.name)
        if refusal is not None:
            return Outcome(code=refusal.code, reason=refusal.text)
        if row.name in self._changed:
            return Outcome(code=self.done_code, done=True)
        return Outcome(code="gone")

    def carry_out_all(self) -> Report:
        """Do it to all of the devices at once, and count what was done and what was not."""
        self._report = self.act([row.pk for row in self.rows])
        self._changed = frozenset(self._report.changed)
        return super().carry_out_all()

    def words(self, code: str, count: int) -> str:
        """Return e.g. `3 assigned`."""
        return {
            "assigned": ngettext("%d assigned", "%d assigned", count) % count,
            "taken-back": ngettext("%d taken back", "%d taken back", count) % count,
            "role-assigned": ngettext(
                "%d already has an assigned role", "%d already have an assigned role", count
            )
            % count,
            "no-recommendation": ngettext(
                "%d skipped because no role is recommended",
                "%d skipped because no role is recommended",
                count,
            )
            % count,
            "no-role": ngettext("%d has no assigned role", "%d have no assigned role", count)
            % count,
            "no-drift": ngettext(
                "%d is as its configuration says",
                "%d are as their configurations say",
                count,
            )
            % count,
            "role-in-use": ngettext(
                "%d skipped because its role is in use",
                "%d skipped because their roles are in use",
                count,
            )
            % count,
            "gone": ngettext("%d is gone", "%d are gone", count) % count,
        }.get(code, "")


def role_now(device: Device) -> SafeString:
    """Return the assigned role, or the recommended one with a question mark."""
    if device.assigned_role:
        return badges.role(device.assigned_role)
    return badges.role(device.recommended_role, confirmed=False)
