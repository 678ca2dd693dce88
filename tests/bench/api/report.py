"""The page of what was measured."""

import base64
import json
import os
import platform
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from tests.bench.api.plans_page import plans_section

__all__ = ["Case", "report"]


@dataclass(frozen=True, kw_only=True)
class Request:
    """A request of a benchmark.

    Attributes:
        words: What it is.
        path: Below the API; `{middle}` is the number in the middle of all jobs, `{cursor}` that of
            a page there.
        caller: The owner of every tenth job, or an auditor who sees all.
        tag: What `If-None-Match` says: the newest tag, or an older one; nothing when empty.
    """

    words: str
    path: str
    caller: str = "auditor"
    tag: str = ""


class Case(Enum):
    """What is measured on sites of each size."""

    OWN = Request(words="list: own jobs", path="jobs/", caller="owner")
    ALL = Request(words="list: all jobs", path="jobs/")
    FAILED = Request(words="list: failures", path="jobs/?state=failure")
    BY_TIME = Request(words="list: by time", path="jobs/?ordering=-scheduled_for")
    DEEP = Request(words="list: a page in the middle", path="jobs/?cursor={cursor}")
    READ = Request(words="read a job", path="jobs/{middle}/")
    UNCHANGED = Request(words="poll: 304", path="jobs/{middle}/", tag="known")
    SHARED = Request(words="poll: 200, others follow too", path="jobs/{middle}/", tag="old")

    def request(self, size: int) -> dict[str, str]:
        """Return what the site is asked for when it has so many jobs."""
        middle = size // 2
        cursor = json.dumps({"o": "-id", "d": "on", "p": [str(middle)]}).encode()
        text = base64.urlsafe_b64encode(cursor).decode().rstrip("=")
        path = self.value.path.format(middle=middle, cursor=text)
        return {"path": path, "caller": self.value.caller, "tag": self.value.tag}


_NAMES: dict[str, str] = {"sqlite": "SQLite", "postgres": "PostgreSQL"}

_HEAD = """\
# What the API costs

Written by `make bench-api` (`{command}`) on {machine}. What is
compared was measured in turns of a few requests each, right after one another in one run. Requests
of lists, reads and polls go into the WSGI application itself, all middleware of the ready-made site
included, without a web server and without a test client.
"""

_POLLS = """\
One process; CPU is that of the web process, without the database server's. A server waits for the
next request, and the processor has forgotten by then what it needs: the same polls cost more when
they are 3 ms apart than right after one another.
"""

_SERVERS = """\
Milliseconds of CPU of the server's processes for one 304: one client over one connection sends one
request after the other. The empty application answers 304 with the same headers and does nothing
else, so what it costs is the server: reading and parsing the request, handing it to a thread,
writing the answer. The rest is Django with its middleware, and the poll.
"""

_SCENE = """\
Every 5 seconds unless the command above says otherwise. gunicorn has 2 processes of 8 threads, and
each client a connection of its own. The crowd and the simulated routers share the machine with the
web server, the database and the workers, so what it costs the job includes what the crowd itself
needs. A job that waits does not change, so all but the first answers are 304; one that runs has
news for almost every look.
"""


def report(found: dict[str, Any], *, command: str) -> str:
    """Return the page in Markdown.

    Args:
        found: What was measured, by backend.
        command: How.
    """
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}"
    parts = [_HEAD.format(command=command, machine=machine)]
    backends = [name for name in _NAMES if name in found]
    sizes = [f"{size:,}" for size in found["sizes"]]
    for backend in backends:
        parts.append(f"\n## Lists and reads, {_name(backend)}\n")
        others = f"{found[backend]['others'] * 100:.0f}"
        parts.append(
            "Milliseconds, p50; pages have 50 rows. The ratio is the median of the turns' ratios, "
            f"with its quartiles. Other processes took {others} % of the machine meanwhile.\n"
        )
        parts += _table(
            ["request", *(f"{size} jobs" for size in sizes), "ratio"],
            _sizes(found[backend]["answers"]),
        )
    parts.append("\n## Polls\n")
    parts.append(_POLLS)
    parts += _table(
        ["", "answer", "CPU, ms", "p50, ms", "a second"],
        [row for backend in backends for row in _polls(backend, found[backend])],
    )
    parts += _servers({name: found[name]["servers"] for name in backends})
    for backend in backends:
        if found[backend]["plans"]:
            parts += plans_section(found[backend]["plans"], jobs=sizes[-1])
    crowds = {name: found[name]["crowd"] for name in backends if found[name]["crowd"]}
    if crowds:
        parts += _crowds(crowds, found["clients"])
    return "\n".join(parts).replace("\n\n\n", "\n\n").rstrip() + "\n"


def _sizes(answers: dict[str, Any]) -> Iterable[list[str]]:
    for case in Case:
        if case.value.tag:
            continue
        turns = [answers[size][case.name] for size in answers]
        medians = [statistics.median(_walls(each)) for each in turns]
        ratios = [
            statistics.median(last["walls"]) / statistics.median(first["walls"])
            for first, last in zip(turns[0], turns[-1], strict=True)
        ]
        yield [
            case.value.words,
            *(f"{each:.1f}" for each in medians),
            _with_quartiles(ratios),
        ]


def _with_quartiles(ratios: Sequence[float]) -> str:
    middle = f"{statistics.median(ratios):.2f}"
    if len(ratios) < 2:
        return middle
    low, _middle, high = statistics.quantiles(ratios, n=4)
    return f"{middle} ({low:.2f} to {high:.2f})"


def _servers(found: dict[str, Any]) -> list[str]:
    rows = [
        [
            _name(backend),
            each["server"],
            f"{each['site']:.2f}",
            f"{each['nothing']:.2f}",
            f"{each['site'] - each['nothing']:.2f}",
        ]
        for backend, servers in found.items()
        for each in servers
    ]
    return [
        "\n## What of a 304 is the web server's\n",
        _SERVERS,
        *_table(["", "server", "304 of the site", "of an empty application", "difference"], rows),
    ]


def _polls(backend: str, found: dict[str, Any]) -> Iterable[list[str]]:
    small = next(iter(found["answers"].values()))
    kinds = [
        (Case.UNCHANGED.value.words, small[Case.UNCHANGED.name]),
        ("the same, 3 ms apart", found["paused"]),
        *((case.value.words, small[case.name]) for case in (Case.SHARED, Case.READ)),
    ]
    for words, turns in kinds:
        wall = statistics.median(_walls(turns))
        yield [
            _name(backend),
            words,
            f"{statistics.median(each['cpu'] for each in turns):.2f}",
            f"{wall:.2f}",
            f"{1000 / wall:,.0f}",
        ]


def _walls(turns: Sequence[dict[str, Any]]) -> list[float]:
    return [wall for each in turns for wall in each["walls"]]


def _crowds(crowds: dict[str, Any], clients: int) -> list[str]:
    rows = [
        _followed(backend, name, turns)
        for backend, crowd in crowds.items()
        for name, turns in (("waits", [crowd["idle"]]), ("runs", crowd["followed"]))
    ]
    costs = [_cost(backend, crowd) for backend, crowd in crowds.items()]
    head = ["", "the job", "requests", "304", "errors", "CPU each, ms", "of a core"]
    return [
        f"\n## {clients:,} clients follow one job\n",
        _SCENE,
        *_table([*head, "p50, ms", "p99, ms"], rows),
        "\nWhat the crowd costs the job; jobs alone and jobs that are followed in turns:\n",
        *_table(["", "devices a second, alone", "followed", "ratio"], costs),
    ]


def _followed(backend: str, name: str, turns: Sequence[dict[str, Any]]) -> list[str]:
    requests = sum(turn["requests"] for turn in turns)
    cpu = sum(turn["server_cpu"] for turn in turns)
    return [
        _name(backend),
        name,
        f"{requests:,}",
        f"{sum(turn['unchanged'] for turn in turns):,}",
        str(sum(turn["failed"] for turn in turns)),
        f"{cpu / max(1, requests) * 1000:.2f}",
        f"{cpu / sum(turn['seconds'] for turn in turns) * 100:.0f} %",
        f"{statistics.median(turn['p50'] for turn in turns):.0f}",
        f"{statistics.median(turn['p99'] for turn in turns):.0f}",
    ]


def _cost(backend: str, crowd: dict[str, Any]) -> list[str]:
    alone, followed = _rates(crowd["alone"]), _rates(crowd["followed"])
    ratios = [second / first for first, second in zip(alone, followed, strict=True)]
    return [
        _name(backend),
        f"{statistics.median(alone):.0f}",
        f"{statistics.median(followed):.0f}",
        f"{statistics.median(ratios):.2f}",
    ]


def _rates(turns: Sequence[dict[str, Any]]) -> list[float]:
    return [turn["devices"] / turn["seconds"] for turn in turns]


def _name(backend: str) -> str:
    return _NAMES[backend]


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = [head, ["---"] * len(head), *rows]
    return [f"| {' | '.join(line)} |" for line in lines]
