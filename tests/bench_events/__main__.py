"""`make bench-events`: how many events a second each source takes, and what that costs.

For each database and source a new site gets one receiving process (`manage.py prestage_listen`, or
gunicorn with one worker for webhooks), and another process sends. Then ticks turn the events into
jobs. No job is carried, so no router is needed.
"""

import argparse
import json
import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.bench.page import write_page
from tests.bench_events.databases import DATABASES, database, why_left_out
from tests.bench_events.report import table
from tests.bench_events.results import Measurement
from tests.bench_events.sources import SOURCES

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "performance-events.md"
OPEN = 86_400
"""Seconds; windows of auto prestaging that stay open."""

_EPILOG = f"""\
examples:
  everything, a few minutes:
    make bench-events
  one source, on the database that every machine has:
    make bench-events ARGS="--sources syslog-tcp --databases sqlite"
  everything, and the table into {PAGE.relative_to(ROOT)}:
    make bench-events ARGS="--write"
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and return the exit status: 1 when an event was lost without a trace."""
    options = parse(arguments)
    results = []
    for name in options.databases:
        if reason := why_left_out(name):
            sys.stderr.write(f"Left out: {name}. {reason}\n")
            continue
        for source in options.sources:
            sys.stderr.write(f"{source} on {name} ...\n")
            results.append(measure(source, name, options))
    text = table(results, events=options.events, devices=options.devices)
    sys.stdout.write(text)
    if options.write:
        write_page(PAGE, text)
    # One source's surplus must not hide what another one lost.
    missing = [result for result in results if result.missing]
    for each in missing:
        sys.stderr.write(f"{each.missing} events are missing: {each.source}, {each.database}\n")
    return 1 if missing else 0


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench_events",
        description=__doc__,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--events", type=_positive, default=100_000, help="events (100000)")
    parser.add_argument("--devices", type=_positive, default=10_000, help="devices (10000)")
    parser.add_argument(
        "--sources",
        nargs="+",
        choices=list(SOURCES),
        default=list(SOURCES),
        metavar="SOURCE",
        help=f"which, of {', '.join(SOURCES)} (all)",
    )
    parser.add_argument(
        "--databases",
        "--database",
        nargs="+",
        choices=DATABASES,
        default=list(DATABASES),
        metavar="DATABASE",
        help=f"which, of {', '.join(DATABASES)} (all that answer)",
    )
    parser.add_argument(
        "--write", action="store_true", help=f"put the table into {PAGE.relative_to(ROOT)}"
    )
    return parser.parse_args(arguments)


def measure(source: str, name: str, options: argparse.Namespace) -> Measurement:
    """Measure one source on one database, in a process of its own."""
    with tempfile.TemporaryDirectory() as folder, database(name) as variables:
        request = {
            "source": source,
            "database": name,
            "events": options.events,
            "devices": options.devices,
            "folder": folder,
        }
        settings = {**SOURCES[source].settings, "AUTO": True, "AUTO_WAIT": OPEN, "AUTO_IDLE": OPEN}
        environment = {
            "DJANGO_SETTINGS_MODULE": "tests.bench.settings",
            "PRESTAGE_BENCH_SETTINGS": json.dumps(settings),
            "PRESTAGE_DATA": folder,
            "PRESTAGE_HOSTS": "127.0.0.1",
            "PRESTAGE_SECRET_KEY": secrets.token_urlsafe(60),
            **variables,
        }
        done = subprocess.run(
            [sys.executable, "-m", "tests.bench_events.measurement"],
            input=json.dumps(request) + "\n",
            stdout=subprocess.PIPE,
            text=True,
            check=True,
            cwd=ROOT,
            env=_without_ours(os.environ) | environment,
        )
    return Measurement.from_json(done.stdout)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("it must be at least 1")
    return number


def _without_ours(environment: "os._Environ[str]") -> dict[str, str]:
    """Return the environment less what was said about another site."""
    return {name: value for name, value in environment.items() if not name.startswith("PRESTAGE_")}


if __name__ == "__main__":
    sys.exit(main())
