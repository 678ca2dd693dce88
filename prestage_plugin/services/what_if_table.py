"""What other rules would recommend as a table: CSV, streamed line by line."""

from collections.abc import Iterable, Iterator
from typing import Any

from prestage_plugin.services.export import csv_lines
from prestage_plugin.services.what_if import Prospect, Standing

__all__ = ["prospect_lines"]

_HEADING = (
    *("device", "router", "assigned_role", "changes", "would_drift"),
    *("role_now", "role_then", "reason_now", "reason_then", "loopback_now", "loopback_then"),
    *("uni_count_now", "uni_count_then", "excluded_count_now", "excluded_count_then"),
    "problem",
)
_COMPARED = ("role", "reason", "loopback", "uni_count", "excluded_count")


def prospect_lines(prospects: Iterable[Prospect]) -> Iterator[str]:
    """Yield the lines of a table; memory does not grow with the number of devices."""
    return csv_lines(_rows(prospects))


def _rows(prospects: Iterable[Prospect]) -> Iterator[Iterable[Any]]:
    yield _HEADING
    for prospect in prospects:
        device = prospect.device
        yield (
            device.name,
            device.parent.name if device.parent else "",
            device.assigned_role,
            " ".join(prospect.changes),
            "yes" if prospect.would_drift else "no",
            *_compared(prospect.now, prospect.then),
            prospect.problem.code if prospect.problem else "",
        )


def _compared(now: Standing | None, then: Standing | None) -> Iterator[Any]:
    for name in _COMPARED:
        yield getattr(now, name, None)
        yield getattr(then, name, None)
