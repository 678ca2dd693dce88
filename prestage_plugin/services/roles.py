"""Confirm recommendations, and take assigned roles back (prestaging spec, section 2, stage 3)."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.module_loading import import_string

from prestage_plugin.conf import get_settings
from prestage_plugin.errors import Refused
from prestage_plugin.models import Device, RoleChange
from prestage_plugin.services.columns import update_columns
from prestage_plugin.services.device_locks import lock_devices
from prestage_plugin.services.device_report import DeviceReport
from prestage_plugin.services.events import note_changes
from prestage_plugin.states import ChangeSource, RoleChangeKind, RoleChoice

__all__ = [
    "Dependencies",
    "assign_every",
    "assign_recommendations",
    "assign_roles",
    "follow_configurations",
    "roles_in_use",
    "unassign_roles",
]

Dependencies = Callable[[Sequence[str]], Mapping[str, Sequence[str]]]
"""What `ROLE_DEPENDENCIES` names: from device names to what uses the role of each, in words."""

_SHOWN = 3
_BATCH = 500
"""Devices that are held at the same time when there are many."""
_ASSIGNED = ["assigned_role", "assigned_loopback", "assigned_at", "assigned_by"]


def assign_roles(*, device_ids: Iterable[int], actor: str) -> DeviceReport:
    """Confirm the recommended roles of devices or logical systems.

    Args:
        device_ids: Primary keys.
        actor: Login of who confirms.

    Returns:
        What was assigned, and who was refused with `no-recommendation` or `role-assigned`.
    """
    now = timezone.now()
    with transaction.atomic():
        devices = _locked(device_ids)
        refused = {device.name: why for device in devices if (why := _why_not(device))}
        changed = [device for device in devices if device.name not in refused]
        for device in changed:
            device.assigned_role = device.recommended_role
            device.assigned_loopback = device.loopback
            device.assigned_at, device.assigned_by = now, actor
        _write(changed)
        RoleChange.objects.bulk_create(
            RoleChange(
                device=device,
                at=now,
                kind=RoleChangeKind.ASSIGNED,
                role_after=device.assigned_role,
                actor=actor,
                reason="Confirmed.",
            )
            for device in changed
        )
    return DeviceReport(changed=tuple(device.name for device in changed), refused=refused)


def assign_recommendations(*, device_ids: Sequence[int], actor: str) -> DeviceReport:
    """Confirm the recommendations of many devices, some at a time, so that nobody waits for long.

    Args:
        device_ids: Primary keys.
        actor: Login of who confirms.

    Returns:
        As `assign_roles`.
    """
    ids = sorted(device_ids)
    changed: list[str] = []
    refused: dict[str, Refused] = {}
    for start in range(0, len(ids), _BATCH):
        report = assign_roles(device_ids=ids[start : start + _BATCH], actor=actor)
        changed += report.changed
        refused |= report.refused
    return DeviceReport(changed=tuple(changed), refused=refused)


def assign_every(*, devices: QuerySet[Device], actor: str) -> Iterator[DeviceReport]:
    """Confirm the recommendations of however many devices there are.

    Some are held at a time, and each of them is its own transaction: what was reported stays, also
    when the caller goes away, and asking again does the rest.

    Args:
        devices: Which ones; those that cannot be confirmed are passed over.
        actor: Login of who confirms.

    Yields:
        What became of the next devices, in the order of their keys.
    """
    last = 0
    candidates = devices.filter(pk__in=Device.objects.assignable().values("pk")).order_by("pk")
    while ids := list(candidates.filter(pk__gt=last).values_list("pk", flat=True)[:_BATCH]):
        yield assign_roles(device_ids=ids, actor=actor)
        last = ids[-1]


def follow_configurations(*, device_ids: Iterable[int], actor: str) -> DeviceReport:
    """Assign what is recommended now instead of what was assigned (drift, spec section 2).

    Args:
        device_ids: Primary keys.
        actor: Login of who decides that the configuration is right.

    Returns:
        Which devices are assigned anew, and who was refused with `no-role`, `no-drift`,
        `no-recommendation`, or with `role-in-use` where the role is another one.
    """
    now = timezone.now()
    with transaction.atomic():
        devices = _locked(device_ids)
        refused = {device.name: why for device in devices if (why := _why_not_follow(device))}
        possible = [device for device in devices if device.name not in refused]
        refused |= roles_in_use([device for device in possible if device.drift])
        changed = [device for device in possible if device.name not in refused]
        RoleChange.objects.bulk_create(
            RoleChange(
                device=device,
                at=now,
                kind=RoleChangeKind.ASSIGNED,
                role_before=device.assigned_role,
                role_after=device.recommended_role,
                actor=actor,
                reason="Confirmed as the configuration says now.",
            )
            for device in changed
        )
        for device in changed:
            device.assigned_role = device.recommended_role
            device.assigned_loopback = device.loopback
            device.assigned_at, device.assigned_by = now, actor
        _write(changed)
    return DeviceReport(changed=tuple(device.name for device in changed), refused=refused)


def unassign_roles(*, device_ids: Iterable[int], actor: str) -> DeviceReport:
    """Take assigned roles back; afterwards the devices are candidates again and are read anew.

    Args:
        device_ids: Primary keys.
        actor: Login of who takes them back.

    Returns:
        What was taken back, and who was refused with `no-role`, or with `role-in-use`, a conflict
        that names what blocks it, because something registered by `ROLE_DEPENDENCIES` uses it.
    """
    now = timezone.now()
    with transaction.atomic():
        devices = _locked(device_ids)
        assigned = [device for device in devices if device.assigned_role]
        refused = {
            device.name: _no_role(device) for device in devices if not device.assigned_role
        } | roles_in_use(assigned)
        changed = [device for device in assigned if device.name not in refused]
        history = [
            RoleChange(
                device=device,
                at=now,
                kind=RoleChangeKind.UNASSIGNED,
                role_before=device.assigned_role,
                actor=actor,
                reason="Taken back.",
            )
            for device in changed
        ]
        for device in changed:
            device.assigned_role, device.assigned_by = "", ""
            device.assigned_loopback = device.assigned_at = None
        _write(changed)
        RoleChange.objects.bulk_create(history)
        routers = {device.parent or device: None for device in changed}
        note_changes(devices=list(routers), source=ChangeSource.PLATFORM, detail="un-assigned")
    return DeviceReport(changed=tuple(device.name for device in changed), refused=refused)


def roles_in_use(devices: Sequence[Device]) -> dict[str, Refused]:
    """Return why assigned roles cannot be taken back, by name, where something uses them.

    Args:
        devices: Devices with an assigned role; `ROLE_DEPENDENCIES` is asked once for all of them.
    """
    path = get_settings().role_dependencies
    if path is None or not devices:
        return {}
    dependencies: Dependencies = import_string(path)
    names = [device.name for device in devices]
    found = dependencies(names)
    # It may know more than what it was asked for.
    return {name: _used(name, users) for name in names if (users := found.get(name))}


def _locked(device_ids: Iterable[int]) -> list[Device]:
    devices = Device.objects.filter(pk__in=list(device_ids))
    return lock_devices(devices.select_related("parent"))


def _write(devices: Sequence[Device]) -> None:
    update_columns(devices, _ASSIGNED)


def _why_not(device: Device) -> Refused | None:
    if device.assigned_role:
        return Refused(
            "role-assigned",
            f"{device.name} is assigned as {device.assigned_role} already; take that back first.",
            conflict=True,
        )
    if device.recommended_role in {"", RoleChoice.UNKNOWN}:
        return Refused(
            "no-recommendation",
            f"No role is recommended for {device.name}; its page says why.",
            conflict=True,
        )
    return None


def _no_role(device: Device) -> Refused:
    return Refused("no-role", f"{device.name} has no assigned role.", conflict=True)


def _why_not_follow(device: Device) -> Refused | None:
    if not device.assigned_role:
        return _no_role(device)
    if not device.drift and not device.moved:
        text = f"The configuration of {device.name} supports what is assigned."
        return Refused("no-drift", text, conflict=True)
    if device.recommended_role == RoleChoice.UNKNOWN:
        text = f"No role is recommended for {device.name} any more; take the assigned one back."
        return Refused("no-recommendation", text, conflict=True)
    return None


def _used(name: str, users: Sequence[str]) -> Refused:
    shown = ", ".join(users[:_SHOWN])
    more = f" and {len(users) - _SHOWN} more" if users[_SHOWN:] else ""
    return Refused(
        "role-in-use",
        f"The role of {name} cannot be taken back: it is used by {shown}{more}.",
        conflict=True,
    )
