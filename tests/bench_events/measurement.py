"""One measurement, in a process of its own: a new site, its receiver, who sends, then the ticks.

`python -m tests.bench_events.measurement`, called by `tests.bench_events` with the site's
environment and, as JSON on the standard input, what to measure. It prints a `Measurement`.
"""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import django
import psutil

django.setup()

from django.core.management import call_command  # noqa: E402 - after the set-up
from django.db.models import Max  # noqa: E402 - after the set-up

from prestage_plugin.models import (  # noqa: E402 - after the set-up
    ChangeEvent,
    Device,
    DeviceChange,
    Job,
    JobDevice,
    ListenerStatus,
)
from tests.bench.machine import Cost, measured  # noqa: E402
from tests.bench_events.databases import postgres_process  # noqa: E402
from tests.bench_events.fleet import address_of, name_of  # noqa: E402
from tests.bench_events.memory import forget_peak, peak_mib, resident_mib  # noqa: E402
from tests.bench_events.results import Measurement  # noqa: E402
from tests.bench_events.sources import SOURCES  # noqa: E402
from tests.bench_events.sources.base import Plan, Served, Source  # noqa: E402

LOOK_SECONDS = 0.05
SILENCE_SECONDS = 30.0
"""Without a further row for so long, what is missing does not come any more."""


class Sender:
    """The process that sends.

    Attributes:
        process: It.
        counts: What it said when it was done; empty until then.
    """

    def __init__(self, source: Source) -> None:
        self.counts: dict[str, Any] = {}
        self._pipe = subprocess.Popen(
            [sys.executable, "-m", source.sender],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.process = psutil.Process(self._pipe.pid)
        self._reader = Thread(target=self._read, daemon=True)

    @property
    def is_done(self) -> bool:
        """Whether it has sent everything, or has died."""
        return not self._reader.is_alive()

    def begin(self, options: dict[str, Any]) -> None:
        """Let it send."""
        assert self._pipe.stdin is not None
        self._pipe.stdin.write(json.dumps(options) + "\n")
        self._pipe.stdin.flush()
        self._reader.start()

    def dismiss(self) -> None:
        """Let it end."""
        self._pipe.communicate()

    def _read(self) -> None:
        assert self._pipe.stdout is not None
        self.counts = json.loads(self._pipe.stdout.readline() or "{}")


def main() -> None:
    """Measure and print."""
    request = json.loads(sys.stdin.readline())
    source = SOURCES[request["source"]]
    plan = Plan(
        events=request["events"], devices=request["devices"], folder=Path(request["folder"])
    )
    create_site(plan)
    with source.serving(plan) as served, sending(source) as sender:
        values = receive(source, plan, served, sender)
    values.update(unwritten())  # the listener's last word
    result = Measurement(
        source=source.name, database=request["database"], **values, **ticks(), **consequences()
    )
    sys.stdout.write(result.as_json() + "\n")


def create_site(plan: Plan) -> None:
    """Create the tables and the devices."""
    call_command("migrate", verbosity=0)
    Device.objects.bulk_create(
        [
            Device(name=name_of(number), address=address_of(number), platform="junos")
            for number in range(plan.devices)
        ],
        batch_size=500,
    )


@contextmanager
def sending(source: Source) -> Iterator[Sender]:
    """Start who sends, and let it end behind the block."""
    sender = Sender(source)
    try:
        time.sleep(1)  # its imports are not what is measured
        yield sender
    finally:
        sender.dismiss()


def receive(source: Source, plan: Plan, served: Served | None, sender: Sender) -> dict[str, Any]:
    """Let everything be sent and written, and return what it took."""
    root, worker = (served.root, served.worker) if served else (sender.process, sender.process)
    other_side = (served.sender or sender.process) if served else None
    earlier = ChangeEvent.objects.count()
    forget_peak(worker.pid)
    before = resident_mib(worker.pid)
    with measured(root, other_side, database=postgres_process()) as cost:
        sender.begin(source.options(plan, served))
        last_row_at = wait_for_rows(source, sender, earlier)
    counts = sender.counts
    return {
        "sent": counts["sent"],
        "accepted": ChangeEvent.objects.count() - earlier,
        "earlier": earlier,
        "refused": counts.get("refused", 0),
        "seconds": last_row_at - counts["began"],
        **cpu_of(cost),
        "memory_before": before,
        "memory_peak": peak_mib(worker.pid),
        "memory_after": resident_mib(worker.pid),
    }


def cpu_of(cost: Cost) -> dict[str, float]:
    """Return who took how much CPU."""
    return {
        "receiver_cpu": cost.client,
        "sender_cpu": cost.server,
        "database_cpu": cost.database,
        "other_share": cost.other_share,
    }


def wait_for_rows(source: Source, sender: Sender, earlier: int) -> float:
    """Wait until everything is written, and return when the last row was seen first.

    Args:
        source: Where it comes from.
        sender: Who sends it.
        earlier: Events that were there before.

    Raises:
        RuntimeError: Who sends has died.
    """
    newest, seen_at = 0, time.time()
    while True:
        time.sleep(LOOK_SECONDS)
        found = ChangeEvent.objects.aggregate(newest=Max("pk"))["newest"] or 0
        if found != newest:
            newest, seen_at = found, time.time()
        if sender.is_done:
            if not sender.counts:
                raise RuntimeError(f"{source.sender} has died")
            if is_complete(source, sender, earlier) or time.time() - seen_at > SILENCE_SECONDS:
                return seen_at


def is_complete(source: Source, sender: Sender, earlier: int) -> bool:
    """Tell whether nothing more will come."""
    there = ChangeEvent.objects.count() - earlier
    if source.is_lossy:
        there += sum(unwritten().values())
    return there >= int(sender.counts.get("accepted", sender.counts["sent"]))


def unwritten() -> dict[str, int]:
    """Return what the listener says it has not written; it says so every few seconds."""
    row = ListenerStatus.objects.first()
    if row is None:
        return {"dropped": 0, "merged": 0}
    return {"dropped": row.lost, "merged": row.counters.get("netconf", {}).get("merged", 0)}


def ticks() -> dict[str, Any]:
    """Turn the events into jobs, and return what that took."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench_events.ticking"],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    found = json.loads(done.stdout)
    return {
        "taking": found["taking"],
        "starting": found["starting"],
        "tick_before": found["memory_before"],
        "tick_peak": found["memory_peak"],
    }


def consequences() -> dict[str, Any]:
    """Return what came of the events."""
    rows = JobDevice.objects.filter(job__job_type="auto")
    return {
        "changes": DeviceChange.objects.count(),
        "jobs": Job.objects.filter(job_type="auto").count(),
        "reads": rows.count(),
        "read_devices": rows.values("device").distinct().count(),
    }


if __name__ == "__main__":
    main()
