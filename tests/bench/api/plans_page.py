"""The section that says which filters read on until they have found enough."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any
from urllib.parse import parse_qsl

__all__ = ["plans_section"]

_MUCH = 5000
"""Rows; whatever looks at fewer is not worth a word."""

_TEXT = """\
PostgreSQL, with {jobs} jobs, as many events, and a job and a fleet of a tenth and a twentieth of
that. Every filter of the large lists was asked for in every order with a value that no row or
hardly any has, which is the worst case: `EXPLAIN ANALYZE` says how many rows and entries of indexes
were looked at for a page. Those that looked at more than 5,000 are here; every other filter and
order is answered from an index.
"""


def plans_section(plans: Sequence[dict[str, Any]], *, jobs: str) -> list[str]:
    """Return the section in Markdown.

    Args:
        plans: Of all requests, see `tests.bench.api.plans`.
        jobs: How many there are, for people.
    """
    lines = [
        f"| `{path}` | {name} | {rows:,} | {', '.join(scans) or 'none'} |"
        for path, name, rows, scans in _worst(plans)
    ]
    head = ["| list | filter | rows looked at | tables read from end to end |"]
    return [
        "\n## Filters that read on until a page is full\n",
        _TEXT.format(jobs=jobs),
        *head,
        "| --- | --- | --- | --- |",
        *lines,
        f"\n{len(plans)} requests were tried.",
    ]


def _worst(plans: Sequence[dict[str, Any]]) -> list[tuple[str, str, int, list[str]]]:
    named = sorted(
        ((_list(each["path"]), _filter(each["query"]), each["rows"], each["scans"]))
        for each in plans
        if each["rows"] > _MUCH
    )
    return [max(group, key=lambda row: row[2]) for _key, group in groupby(named, lambda r: r[:2])]


def _list(path: str) -> str:
    return "/".join("ID" if part.isdigit() else part for part in path.split("/"))


def _filter(query: str) -> str:
    given = [(name, value) for name, value in parse_qsl(query) if name != "ordering"]
    words = [f"`{name}={value}`" if name == "fate" else f"`{name}`" for name, value in given]
    return " with ".join(words) or "none"
