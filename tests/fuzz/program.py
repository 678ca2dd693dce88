"""The program of `python -m tests.fuzz`, once Django is set up."""

import argparse
import shutil
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.db import connection

from prestage_plugin.api.core.callers import forget_callers
from prestage_plugin.models import Device, Job, Schedule
from prestage_plugin.services.directory import forget_directory
from prestage_plugin.states import TokenScope
from tests.fuzz.campaign import Campaign, Report
from tests.prestage_plugin.api.conftest import make_token
from tests.prestage_plugin.api.world import World, make_world

STRANGERS = ("nobody", "expired", "revoked")
"""They are refused everywhere, so a few requests show it."""

THOROUGH = ("superuser", "owner")
"""For them every keyword of every schema is gone through; for others that would show the same."""


__all__ = ["main"]


def main() -> int:
    """Send everything, say what was found, and return the status of the process."""
    options = _options()
    world, template = _prepare()
    callers = _callers(world)
    wanted = options.callers.split(",") if options.callers else list(callers)
    shutil.copy(connection.settings_dict["NAME"], template)  # with the tokens of all
    until = time.monotonic() + (options.seconds or 0)
    reports: dict[str, Report] = {}
    for number, name in enumerate(wanted):
        # What one does not need is shared by those who are left.
        parts = [_part(each) for each in wanted[number:]]
        share = (until - time.monotonic()) * parts[0] / (sum(parts) or 1)
        seconds = max(1, int(share)) if options.seconds and parts[0] else None
        report = reports[name] = _run(name, callers[name], options, template, seconds)
        _say(f"{name}: {report.cases} cases, {_counted(report.phases)}")
        _say(f"  {_counted(report.statuses)}")
    return _judge(reports, at_least=options.at_least)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _part(name: str) -> int:
    """Return how much of the time somebody gets; strangers do without."""
    return 0 if name in STRANGERS else 4 if name in THOROUGH else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description="See make fuzz-api.")
    add = parser.add_argument
    add(
        "--examples", type=int, default=10, help="requests of each operation (default: %(default)s)"
    )
    add("--callers", help="only these, with commas between (default: every kind)")
    add("--no-coverage", action="store_true", help="leave out the phase that takes longest")
    add("--all-coverage", action="store_true", help="have it for every kind of caller")
    add("--seconds", type=int, help="go on for so long (default: only the examples)")
    add("--at-least", type=int, default=0, help="cases; fewer are a fault (default: any number)")
    add("--seed", type=int, default=1, help="the same seed sends the same (default: %(default)s)")
    return parser.parse_args()


def _prepare() -> tuple[World, Path]:
    call_command("migrate", verbosity=0)
    return make_world(), Path(settings.DATA) / "template.sqlite3"


def _callers(world: World) -> dict[str, dict[str, str]]:
    """Return the headers of every kind of caller, those who may most first."""
    secrets = {
        name: make_token(user, *TokenScope, name="all scopes")
        for name, user in reversed(list(world.users.items()))
    }
    secrets |= {
        f"token {name}" if name not in STRANGERS else name: secret
        for name, secret in world.tokens.items()
    }
    return {name: {"Authorization": f"Bearer {secret}"} for name, secret in secrets.items()} | {
        "nobody": {}
    }


def _run(
    name: str,
    headers: dict[str, str],
    options: argparse.Namespace,
    template: Path,
    seconds: int | None,
) -> Report:
    connection.close()
    shutil.copy(template, connection.settings_dict["NAME"])
    forget_callers()
    forget_directory()
    ids = {
        "jobs": list(Job.objects.values_list("pk", flat=True)),
        "schedules": list(Schedule.objects.values_list("pk", flat=True)),
        "devices": list(Device.objects.values_list("pk", flat=True)),
    }
    return Campaign(
        app=get_wsgi_application(),
        headers=headers,
        ids=ids,
        examples=2 if name in STRANGERS else options.examples,
        coverage=options.all_coverage or (name in THOROUGH and not options.no_coverage),
        seed=options.seed,
        seconds=seconds,
    ).run()


def _counted(counts: Counter[Any]) -> str:
    return ", ".join(f"{count}x {name}" for name, count in sorted(counts.items()))


def _judge(reports: dict[str, Report], *, at_least: int) -> int:
    failures = {
        label: f"as {name}: {text}"
        for name, report in reports.items()
        for label, text in report.failures.items()
    }
    for label, text in failures.items():
        _say(f"\n{label}\n{text}")
    cases = sum(report.cases for report in reports.values())
    worked: set[str] = set().union(*(report.operations for report in reports.values()))
    _say(f"{cases} cases, {len(worked)} operations answered with a success, {len(failures)} faults")
    return 1 if failures or cases < at_least else 0
