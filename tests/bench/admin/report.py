"""The page of what was measured."""

import os
import platform
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

__all__ = ["Case", "report"]


@dataclass(frozen=True, kw_only=True)
class Page:
    """A request of a benchmark.

    Attributes:
        words: What it is.
        path: `{large}` is the number of the job of many devices, `{middle}` of a job in the middle.
        caller: The owner of every tenth job, or an auditor who sees all.
    """

    words: str
    path: str
    caller: str = "auditor"


_JOBS = "/admin/prestage/job/"
_LARGE = f"{_JOBS}{{large}}/"


class Case(Enum):
    """What is measured on sites of each size."""

    ALL = Page(words="jobs: all", path=_JOBS)
    OWN = Page(words="jobs: own", path=_JOBS, caller="owner")
    FAILED = Page(words="jobs: failures", path=f"{_JOBS}?state__exact=failure")
    USER = Page(words="jobs: of a user", path=f"{_JOBS}?user=owner")
    BY_START = Page(words="jobs: by scheduled start", path=f"{_JOBS}?o=-7")
    TENTH = Page(words="jobs: tenth page", path=f"{_JOBS}?p=10")
    BY_ID = Page(words="jobs: search an id", path=f"{_JOBS}?q={{middle}}")
    BY_NAME = Page(words="jobs: search a frequent name", path=f"{_JOBS}?q=prestage")
    NO_NAME = Page(words="jobs: search a name of none", path=f"{_JOBS}?q=nothing+like+this")
    ROWS = Page(
        words="jobs: rows that refresh", path=f"{_JOBS}rows/?ids={{middle}}&after={{large}}"
    )
    DETAILS = Page(words="a job: details", path=f"{_LARGE}change/")
    OUTCOME = Page(words="a job: devices that failed", path=f"{_LARGE}change/?state=failed")
    ERROR = Page(words="a job: by error", path=f"{_LARGE}change/?error=unreachable")
    FROM = Page(words="a job: devices from a name on", path=f"{_LARGE}change/?from=router-5")
    LIVE = Page(words="a job: part that refreshes", path=f"{_LARGE}live/")
    DASHBOARD = Page(words="dashboard", path="/admin/prestage/")

    def request(self, *, jobs: int, large: int) -> dict[str, str]:
        """Return what a site is asked for."""
        path = self.value.path.format(middle=jobs // 2, large=large)
        return {"path": path, "caller": self.value.caller}


_NAMES = {"sqlite": "SQLite", "postgres": "PostgreSQL"}

_HEAD = """\
# What the admin costs

Written by `make bench-admin` (`{command}`) on
{machine}; what else ran on it is in that load. Sites of each size were asked in turns in one run.
The requests go into the WSGI application itself, all middleware of the ready-made site included,
without a web server and without a test client. {fleets}

Milliseconds, p50. The ratio is that of the largest site to the smallest, the median of the turns:
about 1 means that the time does not depend on the total. The dashboard counts the jobs of the last
seven days, so it grows with these by its nature; jobs of these sites were a second apart.
One device in fifty of the largest job failed: in the smallest site these do not fill a page of 50
rows, which is why pages of failures cost less there, and the same in the other two.
"""


def report(found: dict[str, Any], *, command: str) -> str:
    """Return the page in Markdown.

    Args:
        found: Sizes, and the answers by backend, size and case.
        command: How it was measured.
    """
    load = os.getloadavg()[2]
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}, load {load:.1f}"
    fleets = ", ".join(f"{jobs:,} jobs and {devices:,}" for jobs, devices in found["sizes"])
    text = f"Sites have {fleets} devices in their largest job."
    parts = [_HEAD.format(command=command, machine=machine, fleets=text)]
    head = ["page", *(f"{jobs:,} jobs" for jobs, _devices in found["sizes"]), "ratio", "CPU"]
    for backend, name in _NAMES.items():
        if backend in found:
            parts.append(f"## {name}\n")
            parts += [*_table(head, _rows(found[backend])), ""]
    return "\n".join(parts).rstrip() + "\n"


def _rows(answers: dict[str, Any]) -> Iterable[list[str]]:
    for case in Case:
        turns = [answers[size][case.name] for size in answers]
        medians = [_median(each) for each in turns]
        ratios = [
            statistics.median(last["walls"]) / statistics.median(first["walls"])
            for first, last in zip(turns[0], turns[-1], strict=True)
        ]
        cpu = statistics.median(each["cpu"] for each in turns[-1])
        yield [
            case.value.words,
            *(f"{each:.1f}" for each in medians),
            f"{statistics.median(ratios):.2f}",
            f"{cpu:.1f}",
        ]


def _median(turns: Sequence[dict[str, Any]]) -> float:
    walls: list[float] = [wall for each in turns for wall in each["walls"]]
    return statistics.median(walls)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = [head, ["---"] * len(head), *rows]
    return [f"| {' | '.join(line)} |" for line in lines]
