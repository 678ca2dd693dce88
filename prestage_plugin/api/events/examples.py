"""Examples of events, for the schema."""

from drf_spectacular.utils import OpenApiExample

__all__ = ["ACCEPTED", "EVENT", "REPORT", "SENDER"]

REPORT = OpenApiExample(
    "A playbook was rolled out",
    value={"devices": ["pe1", "pe2"], "user": "ci", "detail": "playbook bgp.yml"},
    request_only=True,
)
ACCEPTED = OpenApiExample(
    "One of them is not known",
    value={"accepted": 1, "unknown": 1, "ignored": {}},
    response_only=True,
    status_codes=["202"],
)
EVENT = OpenApiExample(
    "A commit that a job has read",
    value={
        "id": 512,
        "received_at": "2026-11-23T08:15:00.120000Z",
        "device": "pe1",
        "source": "syslog",
        "source_display": "Syslog",
        "fate": "started",
        "fate_display": "Job",
        "job": 41,
        "sender": "192.0.2.1",
        "actor": "alice",
        "detail": "UI_COMMIT_COMPLETED",
    },
    response_only=True,
)
SENDER = OpenApiExample(
    "A router that is not in the inventory",
    value={
        "id": 5,
        "sender": "192.0.2.77",
        "source": "syslog",
        "source_display": "Syslog",
        "events": 12,
        "first_at": "2026-11-20T09:00:00Z",
        "last_at": "2026-11-23T08:15:00Z",
        "detail": "UI_COMMIT_COMPLETED",
        "links": {"self": "https://example.org/prestage/api/v1/unknown-senders/5/"},
    },
    response_only=True,
)
