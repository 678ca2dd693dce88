"""Entries in the admin's history of devices."""

from collections.abc import Iterable

from django.contrib.admin.models import CHANGE, LogEntry
from django.http import HttpRequest

from prestage_plugin.models import Device

__all__ = ["log_on_devices"]


def log_on_devices(request: HttpRequest, device_ids: Iterable[int], text: str) -> None:
    """Write into the history of devices who did what; many of them at once.

    Args:
        request: Of who did it.
        device_ids: Primary keys of the devices with which it was done.
        text: What was done, in English.
    """
    assert request.user.pk is not None
    devices = Device.objects.filter(pk__in=device_ids).only("pk", "name")
    LogEntry.objects.log_actions(request.user.pk, devices, CHANGE, text)
