"""`make bench`: the whole job against a plain Nornir script, and against the physical limit.

All in one run, in turns, so that what else the machine does hits all of them; what counts is the
median of the ratios of each turn.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import psutil
import ruamel.yaml

from nornir_tasks.lab import Fleet
from tests.bench import site
from tests.bench.floor import Floor
from tests.bench.routers import Routers
from tests.bench.machine import Cost, measured

LATENCY_MS = 50.0
SIZE = 30_000
FLOOR_THREADS = 50


@dataclass(frozen=True, slots=True)
class Run:
    """One measurement: devices per second, milliseconds of CPU for each, share of others."""

    rate: float
    client_ms: float
    server_ms: float
    other: float

    @classmethod
    def of(cls, cost: Cost, devices: int) -> "Run":
        """Divide a cost by the number of devices."""
        return cls(
            rate=devices / cost.wall,
            client_ms=cost.client / devices * 1000,
            server_ms=cost.server / devices * 1000,
            other=cost.other_share,
        )


def main() -> None:
    """Measure and print."""
    arguments = parse()
    fleet = Fleet.generate(devices=arguments.devices, size=SIZE)
    with (
        tempfile.TemporaryDirectory() as name,
        Routers(fleet, Path(name), latency_ms=LATENCY_MS) as lab,
    ):
        folder = Path(name)
        choose_engine(lab.inventory_directory, arguments.engine)
        site.prepare(folder=folder, inventory=lab.inventory_directory)
        runs = measure(lab, fleet, Floor(folder), folder, arguments)
    report(runs, arguments)


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--devices", type=int, default=1000, help="routers (1000)")
    parser.add_argument("--turns", type=int, default=3, help="turns (3)")
    parser.add_argument(
        "--threads", type=int, nargs="+", default=[20, 50], help="of the script (20 50)"
    )
    parser.add_argument("--engine", default="asyncssh", help="asyncssh or ncclient (asyncssh)")
    return parser.parse_args()


def choose_engine(inventory: Path, engine: str) -> None:
    """Write the engine into the lab's inventory."""
    yaml = ruamel.yaml.YAML()
    path = inventory / "defaults.yaml"
    defaults = yaml.load(path)
    defaults["connection_options"]["netconf"]["extras"]["engine"] = engine
    yaml.dump(defaults, path)


def measure(
    lab: Routers, fleet: Fleet, floor: Floor, folder: Path, arguments: argparse.Namespace
) -> dict[str, list[Run]]:
    """Run everything in turns, after one job that warms the caches up."""
    from tests.bench import job

    devices, server = len(fleet), psutil.Process(lab.pid)
    runs: dict[str, list[Run]] = {}
    job.create_site()
    with site.worker(folder=folder) as family:
        job.run_job()
        for _turn in range(arguments.turns):
            for threads in arguments.threads:
                name = f"script, {threads} threads"
                runs.setdefault(name, []).append(run_script(lab, threads, devices, server))
            for name, read_all in (("whole job", True), ("unchanged fleet", False)):
                with measured(family, server) as cost:
                    job.run_job(read_all=read_all)
                runs.setdefault(name, []).append(Run.of(cost, devices))
            key = lab.client_key
            done = floor.run(fleet=fleet, port=lab.port, key=key, threads=FLOOR_THREADS)
            runs.setdefault("C floor", []).append(Run(done.rate, done.cpu_ms, 0, 0))
    return runs


def run_script(lab: Routers, threads: int, devices: int, server: psutil.Process) -> Run:
    """Run the plain script in a process of its own."""
    with measured(psutil.Process(), server) as cost:
        done = subprocess.run(
            [sys.executable, "-m", "tests.bench.script", lab.inventory_directory, str(threads)],
            capture_output=True,
            text=True,
            check=True,
            env=os.environ,
        )
    failed = json.loads(done.stdout).get("failed", 0)
    if failed:
        sys.stderr.write(f"the script with {threads} threads lost {failed} of {devices} devices\n")
    return Run.of(cost, devices)


def report(runs: dict[str, list[Run]], arguments: argparse.Namespace) -> None:
    """Print medians, and the whole job's ratios to each of the others."""
    write = sys.stdout.write
    write(
        f"{arguments.devices} devices, {LATENCY_MS:g} ms for each reply, {SIZE // 1000} KB, "
        f"engine {arguments.engine}, {arguments.turns} turns, {os.cpu_count()} cores\n\n"
        "| what | devices/s | client CPU ms/device | lab's CPU ms/device | others' CPU |\n"
        "|---|---|---|---|---|\n"
    )
    for name, each in runs.items():
        write(
            f"| {name} | {_median(r.rate for r in each):.0f} "
            f"| {_median(r.client_ms for r in each):.2f} "
            f"| {_median(r.server_ms for r in each):.2f} | {_median(r.other for r in each):.0%} |\n"
        )
    jobs = runs["whole job"]
    write("\n| the whole job against | devices/s | client CPU |\n|---|---|---|\n")
    for name, each in runs.items():
        if name != "whole job":
            pairs = list(zip(jobs, each, strict=True))
            write(
                f"| {name} | {_median(a.rate / b.rate for a, b in pairs):.2f} x "
                f"| {_median(a.client_ms / b.client_ms for a, b in pairs):.2f} x |\n"
            )


def _median(values: Iterable[float]) -> float:
    return statistics.median(values)


if __name__ == "__main__":
    main()
