"""What the page of a device shows beside its fields: of each list the newest, or the first, rows.

What is left out is on a page of its own (`belongings.py`, and the lists of jobs and of events).
"""

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import AnonymousUser, User
from django.utils.safestring import SafeString

from nornir_tasks.evaluation import complete_document
from prestage_plugin.admin.badges import device_state, event_fate, moment, role, verdict
from prestage_plugin.admin.devices.interfaces import InterfaceRow, interface_rows
from prestage_plugin.admin.devices.next_steps import next_steps
from prestage_plugin.models import (
    ChangeEvent,
    Device,
    DeviceEvaluation,
    Job,
    JobDevice,
    RoleChange,
)
from prestage_plugin.states import RuleWord

__all__ = ["change_rows", "details_context", "result_of"]

_LATEST = 10
"""Rows of each list; one more is read, to know whether there are more."""

_INTERFACES = 20
_SYSTEMS = 32
"""Junos has fifteen logical systems and the main instance at most; a row too many costs little."""


def details_context(device: Device, *, user: User | AnonymousUser) -> dict[str, Any]:
    """Return evidence, interfaces, logical systems, history, events, jobs and what to do next.

    Args:
        device: The device.
        user: Whoever looks; other people's jobs are left out when they may not be seen.
    """
    result = result_of(device)
    interfaces = interface_rows(result)
    job_rows = _job_rows(device, user)
    changes = change_rows(device.role_changes.order_by("-at", "-id")[: _LATEST + 1])
    events = _event_rows(device)
    return {
        "rules": [(verdict(rule["verdict"]), rule) for rule in result.get("rules", [])],
        "evaluation": result,
        "interfaces": interfaces[:_INTERFACES],
        "interface_counts": _counts(interfaces),
        "more_interfaces": len(interfaces) > _INTERFACES,
        "logical_systems": [
            (each, role(each.recommended_role, confirmed=_confirmed(each)))
            for each in device.logical_systems.order_by("name")[:_SYSTEMS]
        ],
        "history": changes[:_LATEST],
        "more_history": len(changes) > _LATEST,
        "events": events[:_LATEST],
        "job_rows": [
            (
                device_state(row),
                role(row.role_recommended, confirmed=row.role_recommended == row.role_assigned),
                moment(row.ended_at),
                row,
            )
            for row in job_rows[:_LATEST]
        ],
        "steps": next_steps(device, user=user, last=job_rows[0] if job_rows else None),
    }


def result_of(device: Device) -> dict[str, Any]:
    """Return what the rules said last of a device; empty when it was never evaluated.

    The facts, which are as large again, are not read.
    """
    rows = DeviceEvaluation.objects.filter(device=device)
    return complete_document(rows.values_list("result", flat=True).first() or {})


def change_rows(
    changes: Iterable[RoleChange],
) -> list[tuple[SafeString, SafeString, SafeString, RoleChange]]:
    """Return rows of the role history with their time, and the role before and after."""
    return [
        (moment(change.at), role(change.role_before), role(change.role_after), change)
        for change in changes
    ]


def _counts(interfaces: list[InterfaceRow]) -> dict[str, int]:
    recommended = [each.word for each in interfaces].count(RuleWord.RECOMMENDED)
    return {"recommended": recommended, "excluded": len(interfaces) - recommended}


def _confirmed(device: Device) -> bool:
    return device.recommended_role == device.assigned_role


def _event_rows(device: Device) -> list[tuple[SafeString, SafeString, ChangeEvent]]:
    events = ChangeEvent.objects.with_fates().filter(device=device).order_by("-id")
    return [
        (moment(event.received_at), event_fate(event), event) for event in events[: _LATEST + 1]
    ]


def _job_rows(device: Device, user: User | AnonymousUser) -> list[JobDevice]:
    rows = device.job_rows.filter(job__in=Job.objects.visible_to(user))
    return list(rows.select_related("job").defer("evidence").order_by("-id")[: _LATEST + 1])
