"""Which rows PostgreSQL looks at for each filter and order of the large lists.

A value that no row or hardly any row has is the worst that can be asked for: an order without a
fitting index is then followed to its end.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from prestage_plugin.api.devices.belongings import DeviceEventListView, DeviceJobListView
from prestage_plugin.api.devices.filters import DeviceEventFilters, DeviceFilters, DeviceJobFilters
from prestage_plugin.api.devices.views import DeviceListView
from prestage_plugin.api.events.filters import ChangeEventFilters
from prestage_plugin.api.events.views import EventListView
from prestage_plugin.api.jobs.filters import JobDeviceFilters, JobFilters
from prestage_plugin.api.jobs.views import JobDeviceListView, JobListView

__all__ = ["Plan", "plans"]

_WINDOW = timedelta(minutes=10)
"""Of filters of events together with a time; an event a second is in the table."""

_PAST, _FUTURE = "2000-01-01T00:00:00Z", "2999-01-01T00:00:00Z"

VALUES: Mapping[type[Any], Mapping[str, str]] = {
    JobFilters: {
        "state": "cancelled",
        "job_type": "auto",
        "user": "nobody",
        "name": "no such name",
        "device": "none",
        "dry_run": "true",
        "schedule": "1",
        "retry_of": "1",
        "scheduled_after": _FUTURE,
        "scheduled_before": _PAST,
    },
    JobDeviceFilters: {"state": "cancelled", "error_code": "timeout-rpc", "name": "no such name"},
    ChangeEventFilters: {
        "device": "none",
        "source": "platform",
        "fate": "failed",
        "job": "999999999",
        "sender": "nobody",
        "actor": "nobody",
        "received_after": _FUTURE,
        "received_before": _PAST,
    },
    DeviceFilters: {
        "id": "7",
        "name": "none",
        "search": "no such name",
        "recommended_role": "UNKNOWN",
        "assigned_role": "P",
        "platform": "none",
        "group": "none",
        "router": "1",
        "in_inventory": "false",
        "events_muted": "true",
        "has_exceptions": "true",
        "drift": "true",
    },
    DeviceEventFilters: {
        "source": "platform",
        "received_after": _FUTURE,
        "received_before": _PAST,
    },
    DeviceJobFilters: {"state": "cancelled"},
}
"""A rare value of every filter of the large lists; a new filter needs one here."""

_SMALL = 1000
"""Rows of a table that nobody minds to be read."""

FATES = ("received", "muted", "pending", "not-in-inventory", "started", "absorbed", "unchanged")
"""Further values of `fate`, for each of which the database is asked another way."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How one request is answered.

    Attributes:
        path: Of the list.
        query: What is asked for.
        rows: Rows of tables and entries of indexes that were looked at.
        scans: Names of the tables that were read from end to end.
    """

    path: str
    query: str
    rows: int
    scans: list[str]


def plans(send: Callable[[str], int], *, job: int, device: int) -> list[dict[str, Any]]:
    """Return the plans of all requests.

    Args:
        send: Sends a request for a path below the API and returns its status.
        job: A job with many devices.
        device: A device with many events and jobs.
    """
    found = []
    for path, query in _requests(job, device):
        with CaptureQueriesContext(connection) as captured:
            status = send(f"{path}?{query}" if query else path)
        if status != 200:
            raise RuntimeError(f"{path}?{query} is {status}")
        pages = [each["sql"] for each in captured.captured_queries if "LIMIT 51" in each["sql"]]
        rows, scans = 0, set()
        for page in pages:
            for node in _nodes(_explain(page)):
                rows += _looked_at(node)
                if node["Node Type"].endswith("Seq Scan") and _looked_at(node) > _SMALL:
                    scans.add(node["Relation Name"])
        found.append(asdict(Plan(path=path, query=query, rows=rows, scans=sorted(scans))))
    return found


def _requests(job: int, device: int) -> Iterator[tuple[str, str]]:
    lists: list[tuple[str, Any]] = [
        ("jobs/", JobListView),
        (f"jobs/{job}/devices/", JobDeviceListView),
        ("events/", EventListView),
        ("devices/", DeviceListView),
        (f"devices/{device}/events/", DeviceEventListView),
        (f"devices/{device}/jobs/", DeviceJobListView),
    ]
    for path, view in lists:
        filters = view.filterset_class
        values = VALUES[filters]
        missing = set(filters.base_filters) ^ set(values)
        if missing:
            raise RuntimeError(f"{path}: {missing} has no value here")
        asked = [{}, *({name: value} for name, value in values.items())]
        if "fate" in values:
            asked += [{"fate": fate} for fate in FATES]
            since = {"received_after": (timezone.now() - _WINDOW).isoformat()}
            asked += [
                {name: values[name]} | since for name in ("source", "fate", "sender", "actor")
            ]
        for ordering in view.orderings:
            for each in asked:
                yield path, urlencode(each | {"ordering": ordering})


def _explain(statement: str) -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}")
        [[document]] = cursor.fetchall()
    read = json.loads(document) if isinstance(document, str) else document
    plan: dict[str, Any] = read[0]["Plan"]
    return plan


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for each in plan.get("Plans", []):
        yield from _nodes(each)


def _looked_at(node: dict[str, Any]) -> int:
    if "Relation Name" not in node and "Index Name" not in node:
        return 0
    each = node["Actual Rows"] + sum(
        value for name, value in node.items() if name.startswith("Rows Removed by")
    )
    return int(each * node["Actual Loops"])
