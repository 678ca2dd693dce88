"""Examples of devices, for the schema."""

from drf_spectacular.utils import OpenApiExample

__all__ = [
    "CHANGE_NOTE",
    "DEVICE",
    "DEVICES",
    "DEVICE_JOB",
    "EVIDENCE",
    "EXCEPTION",
    "INTERFACE",
    "LISTED",
    "PRESTAGE",
    "REPORT",
    "ROLE_CHANGE",
    "SET_EXCEPTION",
    "SET_LOOPBACK",
]

_ADDRESS = "https://example.org/prestage/api/v1/devices/7/"
_BELONGINGS = ("evidence", "interfaces", "history", "events", "jobs", "exceptions")

DEVICE = OpenApiExample(
    "An N-PE router whose role is assigned",
    value={
        "id": 7,
        "name": "pe1",
        "address": "192.0.2.7",
        "platform": "junos",
        "groups": ["edge"],
        "in_inventory": True,
        "router": None,
        "events_muted": False,
        "recommended_role": "N-PE",
        "recommended_role_display": "N-PE",
        "reason": "capabilities",
        "loopback": "10.0.0.7",
        "capabilities": ["l3"],
        "flags": [],
        "warnings": [],
        "uni_count": 12,
        "excluded_count": 36,
        "evaluated_at": "2027-01-30T12:00:01.250000Z",
        "assigned_role": "N-PE",
        "assigned_role_display": "N-PE",
        "assigned_loopback": "10.0.0.7",
        "assigned_at": "2027-01-30T12:05:00Z",
        "assigned_by": "alice",
        "drift": False,
        "has_exceptions": False,
        "logical_systems": [{"id": 8, "name": "pe1:LS1"}],
        "links": {"self": _ADDRESS} | {name: f"{_ADDRESS}{name}/" for name in _BELONGINGS},
    },
    response_only=True,
)
EVIDENCE = OpenApiExample(
    "Why it is an N-PE",
    value={
        "id": 7,
        "device": "pe1",
        "role": "N-PE",
        "role_display": "N-PE",
        "reason": "capabilities",
        "loopback": "10.0.0.7",
        "loopback_alternatives": [],
        "capabilities": ["l3"],
        "flags": [],
        "warnings": [],
        "profile": "csd",
        "capability_policy": "any",
        "sources": ["configuration", "interface-information"],
        "rules": [
            {
                "id": "R6",
                "name": "inet-vpn",
                "verdict": "pass",
                "verdict_display": "pass",
                "reason": "BGP carries inet-vpn unicast.",
                "evidence": [
                    {"path": "protocols/bgp/group[RR]/family/inet-vpn/unicast", "value": ""}
                ],
            }
        ],
        "evaluated_at": "2027-01-30T12:00:01.250000Z",
        "uni_count": 12,
        "excluded_count": 36,
        "links": {
            "self": f"{_ADDRESS}evidence/",
            "device": _ADDRESS,
            "interfaces": f"{_ADDRESS}interfaces/",
        },
    },
    response_only=True,
)
LISTED = OpenApiExample(
    "An N-PE router whose role is assigned",
    value={name: value for name, value in DEVICE.value.items() if name != "logical_systems"},
    response_only=True,
)
INTERFACE = OpenApiExample(
    "A port that can be UNI",
    value={
        "name": "ge-0/0/1",
        "verdict": "recommended",
        "verdict_display": "recommended",
        "rule": "free",
        "matched": ["free"],
        "in_use": False,
        "vlan_pool": [1, 4094],
        "used_vlans": [],
        "warnings": ["down"],
        "evidence": [],
    },
    response_only=True,
)
ROLE_CHANGE = OpenApiExample(
    "Confirmed by a program",
    value={
        "id": 71,
        "at": "2027-01-30T12:05:00Z",
        "kind": "assigned",
        "kind_display": "Assigned",
        "role_before": None,
        "role_before_display": None,
        "role_after": "N-PE",
        "role_after_display": "N-PE",
        "actor": "alice via token ci",
        "job": None,
        "reason": "Confirmed.",
    },
    response_only=True,
)
DEVICE_JOB = OpenApiExample(
    "A job that did not reach it",
    value={
        "job": {
            "id": 41,
            "name": "Prestage all devices",
            "state": "failure",
            "state_display": "Failure",
            "link": "https://example.org/prestage/api/v1/jobs/41/",
        },
        "state": "failed",
        "state_display": "Failed",
        "role_before": "N-PE",
        "recommended_role": None,
        "assigned_role": "N-PE",
        "reason": "",
        "loopback": None,
        "uni_count": 0,
        "excluded_count": 0,
        "error": {"code": "unreachable", "text": "No route to 192.0.2.7."},
        "attempt": 1,
        "started_at": "2027-01-30T12:00:01.250000Z",
        "ended_at": "2027-01-30T12:00:11.250000Z",
    },
    response_only=True,
)
DEVICES = OpenApiExample("Three devices", value={"ids": [7, 9, 10]}, request_only=True)
REPORT = OpenApiExample(
    "One of three could not be assigned",
    value={
        "done": 2,
        "skipped": 1,
        "results": [
            {"id": 7, "name": "pe1", "outcome": "done", "code": None, "detail": None},
            {"id": 9, "name": "pe2", "outcome": "done", "code": None, "detail": None},
            {
                "id": 10,
                "name": "pe3",
                "outcome": "skipped",
                "code": "no-recommendation",
                "detail": "No role is recommended for pe3; its page says why.",
            },
        ],
    },
    response_only=True,
)
PRESTAGE = OpenApiExample(
    "Recommend only, assign nothing", value={"job_type": "discover-only"}, request_only=True
)
SET_EXCEPTION = OpenApiExample(
    "Never a customer's port",
    value={"kind": "exclude-interface", "value": "ge-0/0/1", "note": "Reserved for the lab."},
    request_only=True,
)
CHANGE_NOTE = OpenApiExample(
    "Another note", value={"note": "Until the lab has moved."}, request_only=True
)
SET_LOOPBACK = OpenApiExample(
    "Another loopback", value={"kind": "loopback", "value": "10.0.0.8"}, request_only=True
)
EXCEPTION = OpenApiExample(
    "Never a customer's port",
    value={
        "id": 3,
        "kind": "exclude-interface",
        "kind_display": "Exclude interface as UNI",
        "value": "ge-0/0/1",
        "note": "Reserved for the lab.",
        "author": "alice",
        "created_at": "2027-01-30T12:00:00Z",
        "links": {"self": f"{_ADDRESS}exceptions/3/", "device": _ADDRESS},
    },
    response_only=True,
)
