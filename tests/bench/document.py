"""docs/performance.md, of which the benchmark writes everything that is a figure."""

import os
import platform
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from tests.bench.chapter import Chapter, Table
from tests.bench.page import write_page
from tests.bench.plot import draw

__all__ = ["as_text", "write"]

LIBRARIES = (
    "nornir",
    "nornir-netconf",
    "ncclient",
    "paramiko",
    "asyncssh",
    "lxml",
    "django",
    "django-q2",
)


def write(chapters: Sequence[Chapter], *, page: Path, picture: Path) -> str:
    """Write the figures into a page, between its marks, and the charts into a picture.

    Args:
        chapters: What was measured.
        page: See `write_page`.
        picture: An SVG file.

    Returns:
        What was written into the page.
    """
    charts = f"![Charts of the figures below](images/{picture.name})\n"
    written = "\n".join([_summary(chapters), charts, *map(as_text, chapters)])
    write_page(page, f"\n{written}\n")
    bars = [each for chapter in chapters for each in chapter.bars]
    curves = [each for chapter in chapters for each in chapter.curves]
    picture.write_text(draw(bars, curves), encoding="utf-8")
    return written


def _summary(chapters: Sequence[Chapter]) -> str:
    promises = [promise for chapter in chapters for promise in chapter.promises]
    rows = [
        [each.what, each.wanted, each.measured, "yes" if each.kept else "**no**"]
        for each in promises
    ]
    used = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    python = f"Python {platform.python_version()} ({os.path.realpath(sys.executable)})"
    return (
        f"Measured on {datetime.now(UTC):%Y-%m-%d}: {os.cpu_count()} cores ({_processor()}), "
        f"{python}, {used}. Routers, worker and database share the cores.\n\n"
        + _table(Table(["promise", "wanted", "measured", "kept"], rows))
    )


def as_text(chapter: Chapter) -> str:
    """Return one chapter in Markdown."""
    tables = "\n".join(map(_table, chapter.tables))
    return f"## {chapter.title}\n\n{chapter.text}\n\n{tables}"


def _table(table: Table) -> str:
    lines = [table.head, ["---"] * len(table.head), *table.rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _processor() -> str:
    names = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        if line.startswith("model name")
    ]
    return names[0] if names else platform.machine()
