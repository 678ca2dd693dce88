"""`make bench-admin`: what the pages of the admin cost, on small and on large sites.

Sites of all sizes are measured in one run and in turns, so that what else the machine does hits all
of them; what counts is the median.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from http import HTTPStatus
from pathlib import Path
from typing import Any

from tests.bench.admin.report import Case, report
from tests.bench.admin.site import AdminSite
from tests.bench.api.databases import BACKENDS, site_environment


def main() -> None:
    """Measure, and write the page anew after every turn: it may be stopped when it is enough."""
    arguments = parse()
    sizes = list(zip(arguments.jobs, arguments.devices, strict=True))
    found: dict[str, Any] = {"sizes": sizes}
    command = " ".join(["python -m tests.bench.admin", *sys.argv[1:]])
    for backend in arguments.backends:
        with tempfile.TemporaryDirectory(prefix="bench-admin-") as folder:
            for answers in measure(backend, Path(folder), arguments, sizes):
                found[backend] = answers
                if arguments.output:
                    text = report(found, command=command)
                    Path(arguments.output).write_text(text, encoding="utf-8")
    say(report(found, command=command))


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.admin", description=__doc__)
    add = parser.add_argument
    jobs, devices = [10_000, 100_000, 1_000_000], [1_000, 10_000, 100_000]
    add("--jobs", type=int, nargs="+", default=jobs, help="of each site")
    add("--devices", type=int, nargs="+", default=devices, help="of the largest job of each site")
    add("--calls", type=int, default=10, help="of each page in a turn (10)")
    add("--turns", type=int, default=5, help="turns (5)")
    add("--backends", nargs="+", choices=BACKENDS, default=list(BACKENDS), help="(both)")
    add("--output", help="page to write, e.g. docs/performance-admin.md")
    return parser.parse_args()


def measure(
    backend: str, folder: Path, arguments: argparse.Namespace, sizes: list[tuple[int, int]]
) -> Iterator[dict[str, dict[str, list[dict[str, Any]]]]]:
    """Ask sites of each size in turns; after each yield the answers so far by size and case."""
    with ExitStack() as stack:
        sites: dict[int, AdminSite] = {}
        large: dict[int, int] = {}
        for jobs, devices in sizes:
            environment = stack.enter_context(site_environment(backend, folder / str(jobs)))
            sites[jobs] = stack.enter_context(AdminSite(environment))
            filled = sites[jobs].ask(do="fill", jobs=jobs, devices=devices)
            large[jobs] = filled["large"]
            say(f"{backend}: {jobs} jobs in {filled['seconds']:.0f} s")
        answers: dict[str, dict[str, list[dict[str, Any]]]] = {
            str(jobs): {case.name: [] for case in Case} for jobs in sites
        }
        for turn in range(arguments.turns):
            order = list(sites) if turn % 2 else list(sites)[::-1]
            for case in Case:
                for jobs in order:
                    asked = case.request(jobs=jobs, large=large[jobs])
                    answer = sites[jobs].ask(do="call", count=arguments.calls, **asked)
                    if answer["status"] != HTTPStatus.OK:
                        raise RuntimeError(f"{case.name} answered {answer['status']}")
                    answers[str(jobs)][case.name].append(answer)
            say(f"{backend}: turn {turn + 1}")
            yield answers


def say(text: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    os.environ.pop("DJANGO_SETTINGS_MODULE", None)
    main()
