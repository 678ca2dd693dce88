"""Drift: configurations that no longer support the assigned role (prestaging spec, section 2).

It is shown, filtered, counted and announced, and never applied by itself. Beside it stand the
devices whose role is as it was assigned while their loopback is another one now.
"""

from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery

from prestage_plugin.models import Device, RoleChange
from prestage_plugin.states import RoleChangeKind

__all__ = [
    "drift_document",
    "drift_found",
    "drift_lines",
    "drifted_devices",
    "with_since",
]

_MOST_SHOWN = 100


def drifted_devices() -> QuerySet[Device]:
    """Return the devices with drift; `since` says when a job found it out."""
    return with_since(Device.objects.drifted())


def with_since(devices: QuerySet[Any]) -> QuerySet[Any]:
    """Add `since`: when a job found out that the assigned role is not supported.

    Args:
        devices: Any devices; one statement stays one statement.
    """
    found = RoleChange.objects.filter(device=OuterRef("pk"), kind=RoleChangeKind.DRIFTED)
    newest = found.order_by("-at", "-id").values("at")[:1]
    annotated: QuerySet[Any] = devices.annotate(since=Subquery(newest))
    return annotated


def drift_found(*, job_id: int) -> QuerySet[RoleChange]:
    """Return what a job found out about roles that are no longer supported.

    Args:
        job_id: Primary key of the job.
    """
    return RoleChange.objects.filter(job_id=job_id, kind=RoleChangeKind.DRIFTED).order_by("pk")


def drift_document(*, job_id: int) -> dict[str, Any]:
    """Return the drift that a job found, for programs; a hundred devices at most.

    Args:
        job_id: Primary key of the job.
    """
    found = drift_found(job_id=job_id).select_related("device")
    return {
        "count": found.count(),
        "devices": [
            {
                "device": change.device.name,
                "assigned_role": change.role_before,
                "recommended_role": change.role_after,
                "reason": change.reason,
            }
            for change in found[:_MOST_SHOWN]
        ],
    }


def drift_lines(*, job_id: int) -> list[str]:
    """Return the drift that a job found, for people; a hundred devices at most.

    Args:
        job_id: Primary key of the job.
    """
    document = drift_document(job_id=job_id)
    lines = [
        f"{each['device']}: assigned {each['assigned_role']}, its configuration now says "
        f"{each['recommended_role']} ({each['reason']})"
        for each in document["devices"]
    ]
    left = document["count"] - len(lines)
    return [*lines, f"and {left} more"] if left else lines
