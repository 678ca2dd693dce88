"""The settings of auto prestaging as they hold now: the site's, and what people changed since."""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from prestage_plugin.conf import get_settings
from prestage_plugin.errors import Refused
from prestage_plugin.models import AutoSettings, ChangeEvent, Chore, Device
from prestage_plugin.services.device_locks import lock_devices
from prestage_plugin.services.device_report import DeviceReport
from prestage_plugin.states import ChangeSource, EventState

__all__ = [
    "COALESCER",
    "EDITABLE",
    "AutoPolicy",
    "auto_policy",
    "auto_settings",
    "change_auto_settings",
    "edit_auto_settings",
    "mute_devices",
    "note_off",
    "resume",
    "unmute_devices",
]

COALESCER = "coalesce"
"""Name of the chore whose row the coalescer holds while it works."""

_KEY = 1

EDITABLE = ("enabled", "wait", "idle", "most_jobs", "muted_sources")
"""What people can change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AutoPolicy:
    """How changes of devices become jobs.

    Attributes:
        enabled: Whether they do at all.
        wait: Seconds from the first event of a device until its job starts at the latest.
        idle: Seconds without a further event after which it starts earlier.
        most_jobs: Auto jobs that are scheduled or in progress at the same time, at most.
        muted_sources: Sources whose events are recorded and start nothing.
        was_off: Whether events may have been muted because it was not enabled.
    """

    enabled: bool
    wait: float
    idle: float
    most_jobs: int
    muted_sources: frozenset[str]
    was_off: bool = False

    @property
    def is_on_again(self) -> bool:
        """Whether events count again that were muted because it was not enabled."""
        return self.enabled and self.was_off


def auto_settings() -> AutoSettings:
    """Return what people have set; a row that is not saved when they never did."""
    return AutoSettings.objects.first() or AutoSettings(pk=_KEY)


def auto_policy(row: AutoSettings | None = None) -> AutoPolicy:
    """Return the policy that holds now.

    Args:
        row: What people have set; it is read when None.
    """
    site = get_settings()
    row = row or auto_settings()
    return AutoPolicy(
        enabled=site.auto if row.enabled is None else row.enabled,
        wait=site.auto_wait if row.wait is None else row.wait,
        idle=site.auto_idle if row.idle is None else row.idle,
        most_jobs=site.auto_jobs if row.most_jobs is None else row.most_jobs,
        muted_sources=frozenset(row.muted_sources),
        was_off=row.was_off,
    )


def note_off() -> None:
    """Remember that events were muted because auto prestaging is off; by the coalescer only."""
    AutoSettings.objects.update_or_create(pk=_KEY, defaults={"was_off": True})


def resume(policy: AutoPolicy) -> None:
    """Let the events count again that were muted while it was off; by the coalescer only."""
    AutoSettings.objects.filter(pk=_KEY).update(was_off=False)
    _listen_again(_not_muted(), policy)


def change_auto_settings(
    *,
    enabled: bool | None,
    wait: float | None,
    idle: float | None,
    most_jobs: int | None,
    muted_sources: Iterable[str],
) -> None:
    """Set the policy; None means as the site's settings say.

    What was muted and no longer is counts again: those devices changed, and nobody has read them
    since.

    Args:
        enabled: See `AutoPolicy`, as the others.
        wait: In seconds.
        idle: In seconds.
        most_jobs: At least 1.
        muted_sources: Values of `ChangeSource`.

    Raises:
        Refused: `bad-auto-settings`; nothing was written.
    """
    row = AutoSettings(
        pk=_KEY,
        enabled=enabled,
        wait=wait,
        idle=idle,
        most_jobs=most_jobs,
        muted_sources=sorted(set(muted_sources)),
    )
    _check(row)
    row.was_off = not (get_settings().auto if enabled is None else enabled)
    with transaction.atomic():
        _hold_coalescer()
        row.save()
        _listen_again(_not_muted(), auto_policy())


def edit_auto_settings(
    *,
    change: Mapping[str, Any],
    check: Callable[[AutoSettings], None] = lambda _row: None,
) -> tuple[AutoSettings, AutoSettings]:
    """Set some of the policy and leave the rest as it is.

    Args:
        change: New values by the names of `change_auto_settings`.
        check: Called with the present row before anything is written; what it raises goes on.

    Returns:
        The settings before and after.

    Raises:
        Refused: `bad-auto-settings`; nothing was written.
    """
    with transaction.atomic():
        _hold_coalescer()
        before = auto_settings()
        check(before)
        change_auto_settings(**{name: getattr(before, name) for name in EDITABLE} | dict(change))
        return before, auto_settings()


def mute_devices(*, device_ids: Iterable[int]) -> DeviceReport:
    """Let the events of devices start nothing from now on.

    Args:
        device_ids: Primary keys.

    Returns:
        What was muted, and who was refused with `already-muted` or `logical-system`.
    """
    with transaction.atomic():
        devices = _set_muted(device_ids, muted=True)
    return _report(devices, "already-muted", "Its events are muted already.")


def unmute_devices(*, device_ids: Iterable[int]) -> DeviceReport:
    """Let the events of devices count again, those that came meanwhile included.

    Args:
        device_ids: Primary keys.

    Returns:
        What was unmuted, and who was refused with `not-muted` or `logical-system`.
    """
    with transaction.atomic():
        _hold_coalescer()
        devices = _set_muted(device_ids, muted=False)
        _listen_again([device.pk for device, changed in devices if changed], auto_policy())
    return _report(devices, "not-muted", "Its events are not muted.")


def _set_muted(device_ids: Iterable[int], *, muted: bool) -> list[tuple[Device, bool]]:
    """Mute or unmute devices, and return each with whether it was otherwise before."""
    chosen = Device.objects.filter(pk__in=list(device_ids))
    devices = lock_devices(chosen.only("pk", "name", "parent_id", "events_muted"))
    found = [(each, each.parent_id is None and each.events_muted is not muted) for each in devices]
    ids = [device.pk for device, changed in found if changed]
    Device.objects.filter(pk__in=ids).update(events_muted=muted)
    return found


def _report(devices: list[tuple[Device, bool]], code: str, text: str) -> DeviceReport:
    """Say what became of devices; a logical system has no events of its own."""
    router = "It is a logical system, whose events are those of its router."
    refused = {
        each.name: Refused(code, text, conflict=True)
        if each.parent_id is None
        else Refused("logical-system", router, conflict=True)
        for each, changed in devices
        if not changed
    }
    changed = tuple(each.name for each, changed in devices if changed)
    return DeviceReport(changed=changed, refused=refused)


def _check(row: AutoSettings) -> None:
    unknown = sorted(set(row.muted_sources) - set(ChangeSource.values))
    if unknown:
        raise Refused("bad-auto-settings", f"There is no source {unknown[0]!r} of events.")
    try:
        row.clean_fields()
    except ValidationError as error:
        name, [text, *_more] = next(iter(error.message_dict.items()))
        raise Refused("bad-auto-settings", f"{name}: {text}") from None
    for name, seconds in (("wait", row.wait), ("idle", row.idle)):
        # It compares with nothing, so the limits do not hold it.
        if seconds is not None and math.isnan(seconds):
            raise Refused("bad-auto-settings", f"{name}: It must be a number.")


def _hold_coalescer() -> None:
    """Keep the coalescer waiting until the end of this transaction.

    It mutes by what it has read, so an event that it mutes at this moment would stay muted.
    """
    Chore.objects.get_or_create(name=COALESCER, defaults={"due_at": Now()})
    Chore.objects.select_for_update().get(name=COALESCER)


def _not_muted() -> QuerySet[Device, int]:
    return Device.objects.filter(events_muted=False).values_list("pk", flat=True)


def _listen_again(device_ids: Iterable[int], policy: AutoPolicy) -> None:
    """Put muted events of devices into the inbox again, less those that have to stay muted.

    An event that a read has answered in the meantime is absorbed by it, so this costs no read.
    """
    if policy.enabled:
        muted = ChangeEvent.objects.filter(state=EventState.MUTED, device__in=device_ids)
        muted.exclude(source__in=policy.muted_sources).update(state=EventState.NEW)
