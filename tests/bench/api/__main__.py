"""`make bench-api`: what lists, reads and polls cost, on small and large sites, and in crowds.

What is compared is measured in one run and in turns, so that what else the machine does hits all
of it; what counts is the median.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psutil

from nornir_tasks.lab import Fleet, LabProcess
from tests.bench.api.calls import API, Site
from tests.bench.api.databases import BACKENDS, site_environment
from tests.bench.api.report import Case, report
from tests.bench.api.server import cost_of_304
from tests.bench.machine import measured

LATENCY_MS = 50.0
SIZE = 30_000

PAUSE = 0.003
"""Seconds."""

FOLLOWING = "import django; django.setup(); from tests.bench.api.following import main; main()"
"""Django has to be set up before the module is imported."""


def main() -> None:
    """Measure, and write the page."""
    arguments = parse()
    found: dict[str, Any] = {"sizes": arguments.jobs, "clients": arguments.clients}
    for backend in arguments.backends:
        with tempfile.TemporaryDirectory(prefix="bench-api-") as folder:
            found[backend] = {
                **measure_calls(backend, Path(folder), arguments),
                "crowd": measure_crowd(backend, Path(folder), arguments),
            }
        say(f"{backend} is done")
    text = report(found, command=" ".join(["python -m tests.bench.api", *sys.argv[1:]]))
    if arguments.output:
        Path(arguments.output).write_text(text, encoding="utf-8")
    say(text)


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.api", description=__doc__)
    add = parser.add_argument
    add("--jobs", type=int, nargs="+", default=[10_000, 1_000_000], help="sizes (10000 1000000)")
    add("--calls", type=int, default=5, help="of each request in a turn (5)")
    add("--polls", type=int, default=100, help="of each kind in a turn (100)")
    add("--turns", type=int, default=20, help="turns (20)")
    add("--served", type=int, default=3000, help="polls through each web server (3000)")
    add("--clients", type=int, default=1000, help="that follow one job (1000); 0 leaves it out")
    add("--every", type=float, default=5.0, help="seconds between two looks of one (5)")
    add("--idle", type=float, default=30.0, help="seconds at a job that does not change (30)")
    add("--job-turns", type=int, default=3, help="jobs alone, and as many followed (3)")
    add("--devices", type=int, default=1000, help="routers of such a job (1000)")
    add("--backends", nargs="+", choices=BACKENDS, default=list(BACKENDS), help="(both)")
    add("--output", help="page to write, e.g. docs/performance-api.md")
    return parser.parse_args()


def measure_calls(backend: str, folder: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    """Ask sites of each size in turns; return the answers, plans, and what a server adds.

    A turn is a few requests of one case to each site, right after one another, so that what else
    the machine does meets both; and whose turn is first changes with each.
    """
    sizes: Sequence[int] = arguments.jobs
    with ExitStack() as stack:
        sites, environments = {}, {}
        for size in sizes:
            environments[size] = stack.enter_context(site_environment(backend, folder / str(size)))
            sites[size] = stack.enter_context(Site(environments[size]))
            filled = sites[size].ask(do="fill", jobs=size)
            say(f"{backend}: {filled['jobs']} jobs in {filled['seconds']:.0f} s")
        answers: dict[str, dict[str, list[dict[str, Any]]]] = {
            str(size): {case.name: [] for case in Case} for size in sizes
        }
        small, paused = sizes[0], []
        database = sites[small].ask(do="database")
        with measured(
            psutil.Process(), None, database=psutil.Process(database) if database else None
        ) as cost:
            for turn in range(arguments.turns):
                for case in Case:
                    count = arguments.polls if case.value.tag else arguments.calls
                    for size in sizes if turn % 2 else sizes[::-1]:
                        answer = sites[size].ask(do="call", count=count, **case.request(size))
                        answers[str(size)][case.name].append(answer)
                request = Case.UNCHANGED.request(small) | {"pause": PAUSE}
                paused.append(sites[small].ask(do="call", count=arguments.polls, **request))
        say(f"{backend}: lists, reads and polls are done")
        secret = sites[small].ask(do="secret", caller="auditor")
        servers = cost_of_304(
            environment=environments[small],
            path=f"{API}jobs/{small // 2}/",
            secret=secret,
            count=arguments.served,
        )
        plans = sites[sizes[-1]].ask(do="plans") if backend == "postgres" else None
    return {
        "answers": answers,
        "paused": paused,
        "others": cost.other_share,
        "servers": servers,
        "plans": plans,
    }


def measure_crowd(backend: str, folder: Path, arguments: argparse.Namespace) -> Any:
    """Let a crowd follow jobs; None when it is left out."""
    if not arguments.clients:
        return None
    fleet = Fleet.generate(devices=arguments.devices, size=SIZE)
    with (
        site_environment(backend, folder / "crowd") as environment,
        LabProcess(fleet, latency_ms=LATENCY_MS, host_key="ed25519") as lab,
    ):
        config = lab.inventory_directory / "config.yaml"
        command = [sys.executable, "-c", FOLLOWING]
        for name in ("clients", "every", "idle"):
            command += [f"--{name}", str(getattr(arguments, name))]
        command += ["--turns", str(arguments.job_turns)]
        result = subprocess.run(
            command,
            env=environment | {"PRESTAGE_NORNIR_CONFIG": str(config)},
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    return json.loads(result.stdout.splitlines()[-1])


def say(text: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    os.environ.pop("DJANGO_SETTINGS_MODULE", None)
    main()
