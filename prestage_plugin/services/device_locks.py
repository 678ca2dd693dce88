"""How several writers take the rows of the same devices without waiting in a circle."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Q, QuerySet

from prestage_plugin.models import Device

__all__ = ["family_of", "lock_devices", "lock_values"]


def lock_devices(devices: QuerySet[Device]) -> list[Device]:
    """Return devices whose rows are the caller's until the end of its transaction.

    Everybody takes them in the order of their keys. Rows that refer to a device, such as its
    events, can be inserted meanwhile: nobody changes a device's key.

    Args:
        devices: Which ones.
    """
    return list(devices.order_by("pk").select_for_update(of=("self",), no_key=True))


def lock_values(devices: QuerySet[Device], columns: Sequence[str]) -> list[tuple[Any, ...]]:
    """Return some columns of devices, whose rows are the caller's as with `lock_devices`.

    Args:
        devices: Which ones, without joins.
        columns: Names of fields of `Device`.
    """
    return list(devices.order_by("pk").select_for_update(no_key=True).values_list(*columns))


def family_of(device_id: int) -> QuerySet[Device]:
    """Return a router with all of its logical systems: they are judged together.

    Args:
        device_id: Primary key of the router or of one of its logical systems.
    """
    router = Device.objects.filter(Q(pk=device_id) | Q(logical_systems=device_id), parent=None)
    return Device.objects.filter(Q(pk__in=router.values("pk")) | Q(parent__in=router.values("pk")))
