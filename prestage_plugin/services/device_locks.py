"""How several writers take the rows of the same devices without waiting in a circle."""

from django.db.models import QuerySet

from prestage_plugin.models import Device

__all__ = ["lock_devices"]


def lock_devices(devices: QuerySet[Device]) -> list[Device]:
    """Return devices whose rows are the caller's until the end of its transaction.

    Everybody takes them in the order of their keys. Rows that refer to a device, such as its
    events, can be inserted meanwhile: nobody changes a device's key.

    Args:
        devices: Which ones.
    """
    return list(devices.order_by("pk").select_for_update(of=("self",), no_key=True))
