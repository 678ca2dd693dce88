"""How far discovery and confirming have come (prestaging spec, sections 1 and 2)."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Count

from prestage_plugin.models import Device
from prestage_plugin.states import RoleChoice

__all__ = ["DiscoveryStatus", "discovery_status"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscoveryStatus:
    """Devices and logical systems of the inventory; each is counted once.

    Attributes:
        unassigned: Without an assigned role, by recommended role; UNKNOWN are those for which no
            role could be recommended.
        not_evaluated: Without an assigned role, and never read.
        assigned: By assigned role.
        drifted: Of the assigned, those whose configuration supports the role no longer.
    """

    unassigned: Mapping[str, int]
    not_evaluated: int
    assigned: Mapping[str, int]
    drifted: int

    @property
    def recommended(self) -> int:
        """The number of devices behind the bars."""
        return sum(self.unassigned.values())

    @property
    def total(self) -> int:
        """The number of all devices."""
        return self.recommended + self.not_evaluated + sum(self.assigned.values())


def discovery_status() -> DiscoveryStatus:
    """Count the devices of the inventory by roles, in one query."""
    unassigned = dict.fromkeys(RoleChoice.values, 0)
    assigned = dict.fromkeys([RoleChoice.N_PE.value, RoleChoice.P.value], 0)
    not_evaluated = drifted = 0
    rows = (
        Device.objects.filter(in_inventory=True)
        .order_by()
        .values_list("recommended_role", "assigned_role")
        .annotate(count=Count("pk"))
    )
    for recommended, given, count in rows:
        if given:
            assigned[given] += count
            drifted += count if recommended not in {"", given} else 0
        elif recommended:
            unassigned[recommended] += count
        else:
            not_evaluated += count
    return DiscoveryStatus(
        unassigned=unassigned, not_evaluated=not_evaluated, assigned=assigned, drifted=drifted
    )
