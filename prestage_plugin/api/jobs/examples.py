"""Examples of jobs, for the schema."""

from drf_spectacular.utils import OpenApiExample

__all__ = [
    "BULK",
    "CANCEL_SOME",
    "EXPORT",
    "EXPORT_SOME",
    "JOB",
    "JOB_DEVICE",
    "REASSIGN",
    "RETRY",
    "START_FILTERED",
    "START_LATER",
    "START_NAMED",
    "TRANSITION",
]

START_NAMED = OpenApiExample(
    "Two devices, now",
    value={"scope": {"devices": ["pe1", "pe2"]}, "job_type": "discover-only"},
    request_only=True,
)
START_FILTERED = OpenApiExample(
    "Everything of a group that has no role yet, roles are assigned",
    value={"scope": {"filter": {"group": "edge", "assigned_role": ""}}, "name": "New edge"},
    request_only=True,
)
START_LATER = OpenApiExample(
    "The entire inventory, tonight, without writing anything",
    value={"dry_run": True, "scheduled_for": "2027-01-31T02:00:00+01:00"},
    request_only=True,
)

_ADDRESS = "https://example.org/prestage/api/v1/jobs/41/"

JOB = OpenApiExample(
    "A job in progress",
    value={
        "id": 41,
        "name": "Prestage all devices",
        "job_type": "manual",
        "job_type_display": "Manual",
        "state": "in-progress",
        "state_display": "In progress",
        "cancelling": False,
        "percent": 37,
        "counts": {
            "total": 100,
            "queued": 43,
            "running": 20,
            "prestaged": 33,
            "unchanged": 2,
            "excluded": 0,
            "absorbed": 0,
            "failed": 2,
            "cancelled": 0,
        },
        "summary": "",
        "scope": {"kind": "all"},
        "dry_run": False,
        "read_all": False,
        "profile": "csd",
        "capability_policy": "any",
        "failure_threshold": 0,
        "user": "alice",
        "created_at": "2027-01-30T12:00:00Z",
        "scheduled_for": "2027-01-30T12:00:00Z",
        "started_at": "2027-01-30T12:00:01.250000Z",
        "ended_at": None,
        "recurrence": None,
        "schedule": None,
        "retry_of": None,
        "links": {
            "self": _ADDRESS,
            "devices": f"{_ADDRESS}devices/",
            "transitions": f"{_ADDRESS}transitions/",
            "cancel": f"{_ADDRESS}cancel/",
        },
    },
    response_only=True,
    status_codes=["200", "202"],
)
BULK = OpenApiExample(
    "One of each",
    value={
        "results": [
            {"id": 41, "outcome": "cancelling", "code": None, "detail": None},
            {"id": 40, "outcome": "cancelled", "code": None, "detail": None},
            {
                "id": 39,
                "outcome": "refused",
                "code": "already-finished",
                "detail": "Job #39 cannot be cancelled: it already ended as Success.",
            },
        ]
    },
    response_only=True,
)
JOB_DEVICE = OpenApiExample(
    "A device that did not answer",
    value={
        "device": "pe7",
        "state": "failed",
        "state_display": "Failed",
        "role_before": None,
        "recommended_role": None,
        "assigned_role": None,
        "reason": "",
        "loopback": None,
        "uni_count": 0,
        "excluded_count": 0,
        "evidence": "",
        "error": {"code": "connect-timeout", "text": "The device does not answer."},
        "attempt": 1,
        "started_at": "2027-01-30T12:00:01.250000Z",
        "ended_at": "2027-01-30T12:00:31.250000Z",
    },
    response_only=True,
)
TRANSITION = OpenApiExample(
    "It was submitted",
    value={
        "id": 90,
        "at": "2027-01-30T12:00:00Z",
        "from_state": None,
        "from_state_display": None,
        "to_state": "scheduled",
        "to_state_display": "Job Scheduled",
        "actor": "alice via token ci",
        "reason": "Submitted.",
    },
    response_only=True,
)
REASSIGN = OpenApiExample("To a colleague", value={"user": "bob"}, request_only=True)
RETRY = OpenApiExample("The devices that failed", value={"scope": "failed"}, request_only=True)
CANCEL_SOME = OpenApiExample("Two jobs", value={"ids": [41, 42]}, request_only=True)
_EXPORTED = {
    "job": {"id": 41, "name": "Prestage all devices", "state": "success", "history": []},
    "devices": [{"device": "pe1", "state": "prestaged", "role_assigned": "N-PE", "evidence": []}],
}
EXPORT = OpenApiExample("One job, in short", value=_EXPORTED, response_only=True)
EXPORT_SOME = OpenApiExample("One job, in short", value=[_EXPORTED], response_only=True)
