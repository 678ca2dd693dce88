"""The whole job against what somebody would write with Nornir alone, and against C."""

import json
import os
import subprocess
import sys
from argparse import Namespace

import psutil

from tests.bench.chapter import Bars, Chapter, Promise, Table
from tests.bench.floor import Floor
from tests.bench.machine import measured
from tests.bench.stand import Run, Stand, median, stand

__all__ = ["measure"]

DEFAULT_THREADS = 20
THREADS = (10, 20, 30, 50)
FLOOR_THREADS = 100
_ATTEMPTS = 4
JOB, OTHER_ENGINE, FLOOR = "whole job", "whole job, ncclient engine", "C client (the floor)"
TIMES_DEFAULT, TIMES_BEST, SHARE_OF_SCRIPT, TIMES_FLOOR = 8, 6, 1 / 3, 4


def measure(options: Namespace) -> Chapter:
    """Measure everything in turns; what counts is the median of the ratios of each turn."""
    with stand(devices=options.devices) as built:
        floor = Floor(built.folder)
        sweep = {threads: run_script(built, threads) for threads in THREADS}
        best = max(sweep, key=lambda threads: sweep[threads].rate)
        turns = [_turn(built, floor, best) for _ in range(options.turns)]
    runs = {name: [turn[name] for turn in turns] for name in turns[0]}
    return _chapter(options, sweep, best, runs)


def _turn(built: Stand, floor: Floor, best: int) -> dict[str, Run]:
    runs = {_script(DEFAULT_THREADS): run_script(built, DEFAULT_THREADS), JOB: built.job()}
    if best != DEFAULT_THREADS:
        runs[_script(best)] = run_script(built, best)
    routers = built.routers
    done = floor.run(fleet=routers.fleet, port=routers.port, threads=FLOOR_THREADS)
    runs[FLOOR] = Run(done.rate, done.cpu_ms, 0, 0, 0)
    built.choose_engine("ncclient")
    runs[OTHER_ENGINE] = built.job()
    built.choose_engine("asyncssh")
    return runs


def run_script(built: Stand, threads: int) -> Run:
    """Run the plain script until it loses no device, for whose timeout it would wait.

    Raises:
        RuntimeError: It lost some each time.
    """
    for _attempt in range(_ATTEMPTS):
        failed, run = _run_script_once(built, threads)
        if not failed:
            return run
    raise RuntimeError(f"the script with {threads} threads lost {failed} devices")


def _run_script_once(built: Stand, threads: int) -> tuple[int, Run]:
    """Run it in a process of its own; return how many devices it lost as well."""
    inventory = built.routers.inventory_directory
    # In a family of its own: this process's other children are the worker and the routers.
    with measured(psutil.Process(), built.server) as cost:
        before = os.times()
        done = subprocess.run(
            [sys.executable, "-m", "tests.bench.script", inventory, str(threads)],
            capture_output=True,
            text=True,
            check=True,
            env=os.environ,
        )
        after = os.times()
    children = after.children_user + after.children_system
    cost.client = children - before.children_user - before.children_system
    failed = int(json.loads(done.stdout).get("failed", 0))
    return failed, Run.of(cost, len(built.routers.fleet))


def _script(threads: int) -> str:
    return f"script, {threads} threads"


def _chapter(
    options: Namespace, sweep: dict[int, Run], best: int, runs: dict[str, list[Run]]
) -> Chapter:
    text = (
        f"{options.devices} devices, 30 KB, 50 ms before each reply, 2 worker processes, "
        f"{options.turns} turns, medians. The script is what an engineer would write with Nornir "
        "and nornir-netconf (`tests/bench/script.py`): the same requests, ten rules by XPath, no "
        f"database. Its best number of threads was looked for first: {best}. The floor is the same "
        "session in C with libssh, which looks at nothing (`tests/bench/floor.c`)."
    )
    chapter = Chapter("The whole job", text)
    chapter.tables = [
        Table(
            ["script, threads", "devices/s", "client CPU, ms/device"],
            [[str(each), f"{run.rate:.0f}", f"{run.client_ms:.1f}"] for each, run in sweep.items()],
        ),
        _table(runs),
    ]
    chapter.promises = _promises(runs, best)
    chapter.bars = [
        Bars("Devices a second", {n: median(r.rate for r in each) for n, each in runs.items()}),
        Bars(
            "Client CPU, ms for each device",
            {n: median(r.client_ms for r in each) for n, each in runs.items()},
        ),
    ]
    return chapter


def _table(runs: dict[str, list[Run]]) -> Table:
    head = ["what", "devices/s", "client CPU, ms/device", "routers' CPU, ms/device", "others' CPU"]
    rows = [
        [
            name,
            f"{median(run.rate for run in each):.0f}",
            f"{median(run.client_ms for run in each):.2f}",
            f"{median(run.server_ms for run in each):.2f}" if name != FLOOR else "",
            f"{max(run.other for run in each):.0%}" if name != FLOOR else "",
        ]
        for name, each in runs.items()
    ]
    return Table(head, rows)


def _promises(runs: dict[str, list[Run]], best: int) -> list[Promise]:
    default, fastest, floor = runs[_script(DEFAULT_THREADS)], runs[_script(best)], runs[FLOOR]
    return [
        Promise.at_least(
            f"devices a second, against the script with {DEFAULT_THREADS} threads",
            TIMES_DEFAULT,
            _ratio(runs[JOB], default, "rate"),
            " x",
        ),
        Promise.at_least(
            f"devices a second, against the script at its best ({best} threads)",
            TIMES_BEST,
            _ratio(runs[JOB], fastest, "rate"),
            " x",
        ),
        Promise.at_most(
            f"client CPU, against the script with {DEFAULT_THREADS} threads",
            round(SHARE_OF_SCRIPT, 2),
            _ratio(runs[JOB], default, "client_ms"),
            " x",
        ),
        Promise.at_most(
            "client CPU, against the floor",
            TIMES_FLOOR,
            _ratio(runs[JOB], floor, "client_ms"),
            " x",
        ),
    ]


def _ratio(ours: list[Run], theirs: list[Run], figure: str) -> float:
    pairs = zip(ours, theirs, strict=True)
    return median(getattr(a, figure) / getattr(b, figure) for a, b in pairs)
