"""The table."""

import os
from collections.abc import Sequence

from tests.bench_events.results import Measurement

__all__ = ["table"]

_COLUMNS = (
    "source, database",
    "events/s",
    "sent = accepted + dropped",
    "CPU s: receiver, sender, database",
    "others' CPU",
    "MiB: before, peak, after",
    "ticks s: taking (longest), starting",
    "tick MiB: before, peak",
    "changes, jobs, reads",
)


def table(results: Sequence[Measurement], *, events: int, devices: int) -> str:
    """Return what was measured, in Markdown."""
    lines = [
        f"{events:,} events of {devices:,} devices, {os.cpu_count()} cores.",
        "",
        f"| {' | '.join(_COLUMNS)} |",
        f"|{'---|' * len(_COLUMNS)}",
        *(f"| {' | '.join(_cells(each))} |" for each in results),
    ]
    return "\n".join(lines) + "\n"


def _cells(result: Measurement) -> tuple[str, ...]:
    fate = f"{result.sent:,} = {result.accepted:,} + {result.dropped:,}"
    if result.merged:
        fate += f" + {result.merged:,} merged"
    if result.refused or result.missing:
        fate += f", {result.refused:,} refused, {result.missing:,} missing"
    if result.earlier:
        fate += f" ({result.earlier:,} earlier)"
    return (
        f"{result.source}, {result.database}",
        f"{result.rate:,.0f}",
        fate,
        f"{result.receiver_cpu:.1f}, {result.sender_cpu:.1f}, {result.database_cpu:.1f}",
        f"{result.other_share:.0%}",
        f"{result.memory_before:.0f}, {result.memory_peak:.0f}, {result.memory_after:.0f}",
        f"{len(result.taking)} x {max(result.taking, default=0):.1f}, {result.starting:.1f}",
        f"{result.tick_before:.0f}, {result.tick_peak:.0f}",
        f"{result.changes:,}, {result.jobs:,}, {result.reads:,}",
    )
