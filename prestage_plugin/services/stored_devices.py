"""What the tables say of devices that are judged again: a few columns of each, without its model.

An instance of the model has two dozen columns, four of them JSON. To make one takes longer than
everything else that a device costs whose configuration has not changed.
"""

from dataclasses import dataclass
from typing import Self

from django.db.models import QuerySet

from prestage_plugin.models import Device, DeviceEvaluation
from prestage_plugin.services.device_locks import lock_values

__all__ = ["StoredDevice", "lock_stored_devices"]

_COLUMNS = (
    "pk",
    "name",
    "parent_id",
    "in_inventory",
    "recommended_role",
    "reason",
    "loopback",
    "uni_count",
    "excluded_count",
    "assigned_role",
)


@dataclass(slots=True, eq=False)
class StoredDevice:
    """A device as its rows have it; see the columns of `Device` and `DeviceEvaluation`.

    Attributes:
        pk: 0 for one that has no row yet.
        name: As in the inventory, `router:LS` for a logical system.
        parent_id: Key of the router of a logical system.
        in_inventory: See `Device`, as the others.
        recommended_role: Empty when it was never judged.
        reason: Machine code.
        loopback: An address.
        uni_count: Interfaces.
        excluded_count: Interfaces.
        assigned_role: Empty when none is assigned.
        digest: Of the last evaluation; empty when there is none, or it was not asked for.
        rules_key: By which rules that was made.
    """

    pk: int
    name: str
    parent_id: int | None
    in_inventory: bool = True
    recommended_role: str = ""
    reason: str = ""
    loopback: str | None = None
    uni_count: int = 0
    excluded_count: int = 0
    assigned_role: str = ""
    digest: str = ""
    rules_key: str = ""

    @classmethod
    def of(cls, device: Device) -> Self:
        """Return a device that was read with its evaluation, which it must have."""
        stored = cls(*(getattr(device, column) for column in _COLUMNS))
        stored.digest, stored.rules_key = device.evaluation.digest, device.evaluation.rules_key
        return stored


def lock_stored_devices(devices: QuerySet[Device], *, evaluations: bool) -> list[StoredDevice]:
    """Return devices whose rows are the caller's until the end of its transaction.

    Args:
        devices: Which ones.
        evaluations: Whether to read digest and key of the last evaluations as well.
    """
    locked = [StoredDevice(*values) for values in lock_values(devices, _COLUMNS)]
    if evaluations:
        # Only now, when nobody can judge these devices meanwhile.
        by_key = {device.pk: device for device in locked}
        rows = DeviceEvaluation.objects.filter(pk__in=list(by_key))
        for key, digest, rules_key in rows.values_list("pk", "digest", "rules_key"):
            by_key[key].digest, by_key[key].rules_key = digest, rules_key
    return locked
