"""What an idle subscription to NETCONF notifications costs: `python -m tests.bench.subscriptions`.

A lab in a process of its own, and `prestage_listen` as a site runs it. Of that process the resident
memory is taken before its first session and when all devices are subscribed to, and the CPU time
while nothing happens but SSH's keep-alives, which come once a minute from each session.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from nornir_tasks.lab import Fleet, LabProcess
from tests.bench.site import prepare

SETTLE_SECONDS = 20.0
STOP_SECONDS = 60.0


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition(":")[0])
    parser.add_argument("--devices", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=180.0, help="of idleness")
    parser.add_argument("--rate", type=float, default=20.0, help="sessions begun in a second")
    arguments = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        LabProcess(Fleet.of({"npe": arguments.devices}), notifications=100) as lab,
    ):
        settings = json.dumps({"NETCONF_EVENTS_RATE": arguments.rate})
        inventory = lab.inventory_directory
        prepare(folder=Path(folder), inventory=inventory, PRESTAGE_BENCH_SETTINGS=settings)
        from tests.bench.job import create_site  # sets Django up

        create_site()
        measure(lab, arguments.devices, arguments.seconds)


def measure(lab: LabProcess, devices: int, seconds: float) -> None:
    """Run a listener and print what it costs.

    Args:
        lab: The devices.
        devices: How many there are.
        seconds: Of idleness.
    """
    before = memory_of(["--no-syslog", "--netconf", "!*"])
    listener = start("--no-syslog", "--netconf")
    try:
        began = time.monotonic()
        while lab.statistics()["subscriptions_open"] < devices:
            time.sleep(1)
        took, opening = time.monotonic() - began, cpu_of(listener)
        time.sleep(SETTLE_SECONDS)
        idle = cpu_of(listener)
        time.sleep(seconds)
        idle = cpu_of(listener) - idle
        memory = listener.memory_info().rss
    finally:
        began = time.monotonic()
        listener.terminate()
        listener.wait(STOP_SECONDS)
    stopping = time.monotonic() - began
    lines = (
        f"{devices} devices, subscribed to within {took:.0f} s",
        f"opening: {opening / devices * 1000:.1f} ms of CPU each, the process's start included",
        (
            f"idle: {idle / seconds * 100:.2f} % of a core for all, "
            f"{idle / seconds / devices * 1e6:.0f} µs of CPU each second for one"
        ),
        (
            f"memory: {before / 2**20:.0f} MiB without a session, {memory / 2**20:.0f} MiB with "
            f"all, {(memory - before) / devices / 1024:.0f} KiB for one"
        ),
        f"stopping: {stopping:.1f} s, {lab.statistics()['sessions_open']} sessions left open",
    )
    sys.stdout.write("\n".join(lines) + "\n")


def memory_of(arguments: list[str]) -> int:
    """Return the resident memory of a listener that has nothing to do."""
    listener = start(*arguments)
    time.sleep(SETTLE_SECONDS)
    memory = int(listener.memory_info().rss)
    listener.terminate()
    listener.wait(STOP_SECONDS)
    return memory


def start(*arguments: str) -> psutil.Popen:
    """Start a listener."""
    return psutil.Popen(
        [sys.executable, "-m", "django", "prestage_listen", *arguments],
        stderr=subprocess.DEVNULL,
    )


def cpu_of(process: psutil.Process) -> float:
    """CPU seconds of a process."""
    times = process.cpu_times()
    return float(times.user + times.system)


if __name__ == "__main__":
    main()
