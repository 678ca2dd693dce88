"""What the page of a device shows beside its fields."""

from typing import Any

from django.contrib.auth.models import AnonymousUser, User

from prestage_plugin.admin.badges import device_state, event_fate, moment, role, verdict
from prestage_plugin.models import ChangeEvent, Device, DeviceEvaluation, Job, JobDevice

__all__ = ["details_context"]

_LATEST = 10


def details_context(device: Device, *, user: User | AnonymousUser) -> dict[str, Any]:
    """Return evidence, interfaces, logical systems, history, events and jobs of a device.

    Args:
        device: The device.
        user: Whoever looks; other people's jobs are left out when they may not be seen.
    """
    result = _result(device)
    return {
        "rules": [(verdict(rule["verdict"]), rule) for rule in result.get("rules", [])],
        "interfaces": [(verdict(each["verdict"]), each) for each in result.get("interfaces", [])],
        "evaluation": result,
        "logical_systems": [
            (each, role(each.recommended_role, confirmed=_confirmed(each)))
            for each in device.logical_systems.order_by("name")
        ],
        "history": [
            (moment(change.at), role(change.role_before), role(change.role_after), change)
            for change in device.role_changes.order_by("-at", "-id")[:_LATEST]
        ],
        "events": [
            (moment(event.received_at), event_fate(event), event)
            for event in ChangeEvent.objects.with_fates()
            .filter(device=device)
            .order_by("-id")[:_LATEST]
        ],
        "job_rows": [
            (
                device_state(row),
                role(row.role_recommended, confirmed=row.role_recommended == row.role_assigned),
                moment(row.ended_at),
                row,
            )
            for row in _job_rows(device, user)
        ],
    }


def _result(device: Device) -> dict[str, Any]:
    try:
        result: dict[str, Any] = device.evaluation.result
    except DeviceEvaluation.DoesNotExist:
        return {}
    return result


def _confirmed(device: Device) -> bool:
    return device.recommended_role == device.assigned_role


def _job_rows(device: Device, user: User | AnonymousUser) -> list[JobDevice]:
    rows = device.job_rows.filter(job__in=Job.objects.visible_to(user))
    return list(rows.select_related("job").defer("evidence").order_by("-id")[:_LATEST])
