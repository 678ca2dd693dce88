"""Examples of schedules, for the schema."""

from drf_spectacular.utils import OpenApiExample

__all__ = ["CANCEL", "CHANGE", "CREATE", "PREVIEW", "SCHEDULE", "TIMES"]

_RECURRENCE = {
    "repeat": "weekly",
    "every": 2,
    "weekdays": ["mon", "wed"],
    "start": "2026-11-23T02:00",
    "zone": "Europe/Berlin",
    "until": "2027-01-31",
    "count": None,
}
_WORDS = "Every 2 weeks on Mon, Wed at 02:00 Europe/Berlin until 2027-01-31"
_ADDRESS = "https://example.org/prestage/api/v1/schedules/7/"

CREATE = OpenApiExample(
    "Discover the edge twice every other week",
    value={
        "recurrence": _RECURRENCE,
        "job_type": "discover-only",
        "scope": {"filter": {"group": "edge"}},
    },
    request_only=True,
)
CHANGE = OpenApiExample(
    "One hour later, every day",
    value={"recurrence": {"repeat": "daily", "start": "2026-11-23T03:00", "zone": "Europe/Berlin"}},
    request_only=True,
)
PREVIEW = OpenApiExample(
    "The next two times", value={"recurrence": _RECURRENCE, "count": 2}, request_only=True
)
TIMES = OpenApiExample(
    "Two times",
    value={
        "recurrence_display": _WORDS,
        "times": ["2026-11-23T01:00:00Z", "2026-11-25T01:00:00Z"],
    },
    response_only=True,
)
SCHEDULE = OpenApiExample(
    "A series that goes on",
    value={
        "id": 7,
        "name": "Discover roles of devices with group edge",
        "state": "active",
        "state_display": "Active",
        "recurrence": _RECURRENCE,
        "recurrence_display": _WORDS,
        "next_at": "2026-11-25T01:00:00Z",
        "occurrences": 2,
        "job_type": "discover-only",
        "job_type_display": "Discover only",
        "scope": {"kind": "filter", "filter": {"group": "edge"}},
        "dry_run": False,
        "read_all": False,
        "profile": "csd",
        "capability_policy": "any",
        "failure_threshold": 0,
        "user": "alice",
        "created_at": "2026-11-20T12:00:00Z",
        "links": {
            "self": _ADDRESS,
            "preview": f"{_ADDRESS}preview/",
            "cancel": f"{_ADDRESS}cancel/",
            "jobs": "https://example.org/prestage/api/v1/jobs/?schedule=7",
        },
    },
    response_only=True,
)
CANCEL = OpenApiExample("Its next job alone", value={"which": "next"}, request_only=True)
