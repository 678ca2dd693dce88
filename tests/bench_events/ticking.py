"""The process that turns the events into jobs: the clockwork of a worker, tick after tick.

No worker carries the jobs, so no router is needed: what counts is what they were to read. The
windows stay open until the inbox is empty; then they end, and the next tick starts the jobs.
"""

import json
import os
import sys
import time

import django

django.setup()

from prestage_plugin.models import ChangeEvent  # noqa: E402 - after the set-up
from prestage_plugin.services.auto import change_auto_settings  # noqa: E402 - after the set-up
from prestage_plugin.services.tick import tick  # noqa: E402 - after the set-up
from tests.bench_events.memory import forget_peak, peak_mib, resident_mib  # noqa: E402

SHORTEST = 0.1
"""Seconds, of a window."""


def main() -> None:
    """Tick until every event is in a job's scope, and print what it took."""
    forget_peak(os.getpid())
    before = resident_mib(os.getpid())
    taking = []
    while ChangeEvent.objects.new().exists():
        taking.append(timed_tick())
    change_auto_settings(
        enabled=True, wait=SHORTEST, idle=SHORTEST, most_jobs=None, muted_sources=()
    )
    time.sleep(2 * SHORTEST)
    document = {
        "taking": taking,
        "starting": timed_tick(),
        "memory_before": before,
        "memory_peak": peak_mib(os.getpid()),
    }
    sys.stdout.write(json.dumps(document) + "\n")


def timed_tick() -> float:
    """Tick once, and return the seconds that it took."""
    began = time.perf_counter()
    tick()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
