"""Synchronise the devices with the hosts of the Nornir inventory (design decision 7)."""

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from nornir.core.inventory import Host

from prestage_plugin.inventory import forget_nornir, get_nornir
from prestage_plugin.models import Device
from prestage_plugin.services.columns import update_columns
from prestage_plugin.services.device_locks import lock_devices
from prestage_plugin.services.events import note_changes
from prestage_plugin.states import ChangeSource

__all__ = ["SyncReport", "sync_devices"]

_BATCH = 500
_SYNCED = ("address", "platform", "groups", "in_inventory")


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncReport:
    """What a synchronisation did, in numbers of devices."""

    added: int
    updated: int
    removed: int
    unchanged: int

    def __str__(self) -> str:
        return (
            f"{self.added} devices added, {self.updated} updated, "
            f"{self.removed} no longer in the inventory, {self.unchanged} unchanged"
        )


def sync_devices() -> SyncReport:
    """Make a device row of every host; a host that is gone keeps its row and history.

    Devices that are new, or whose address, platform or groups changed, are prestaged again by
    themselves (prestaging spec, section 6, platform events).

    Returns:
        What changed.

    Raises:
        PrestageError: `inventory`; nothing was written.
    """
    forget_nornir()
    wanted = {name: _values(host) for name, host in get_nornir().inventory.hosts.items()}
    with transaction.atomic():
        known = {
            device.name: device
            for device in lock_devices(Device.objects.filter(parent__isnull=True))
        }
        added = [
            Device(name=name, **values) for name, values in wanted.items() if name not in known
        ]
        updated = [
            device
            for name, device in known.items()
            if name in wanted and _apply(device, wanted[name])
        ]
        removed = [
            device
            for name, device in known.items()
            if name not in wanted and _apply(device, {"in_inventory": False})
        ]
        Device.objects.bulk_create(added, batch_size=_BATCH)
        update_columns([*updated, *removed], _SYNCED)
        note_changes(devices=added, source=ChangeSource.PLATFORM, detail="added")
        note_changes(devices=updated, source=ChangeSource.PLATFORM, detail="changed")
    return SyncReport(
        added=len(added),
        updated=len(updated),
        removed=len(removed),
        unchanged=len(wanted) - len(added) - len(updated),
    )


def _values(host: Host) -> dict[str, Any]:
    return {
        "address": host.hostname or host.name,
        "platform": host.platform or "",
        "groups": [group.name for group in host.groups],
        "in_inventory": True,
    }


def _apply(device: Device, values: dict[str, Any]) -> bool:
    changed = {key: value for key, value in values.items() if getattr(device, key) != value}
    for key, value in changed.items():
        setattr(device, key, value)
    return bool(changed)
