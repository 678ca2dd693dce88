"""The program of `python -m tests.fuzz`, once Django is set up."""

import argparse
import sys
import time
from collections import Counter
from typing import Any

from django.core.management import call_command
from django.core.wsgi import get_wsgi_application

from prestage_plugin.api.core.callers import forget_callers
from prestage_plugin.models import (
    ApiToken,
    Device,
    Job,
    ListenerStatus,
    Schedule,
    UnknownSender,
)
from prestage_plugin.services.directory import forget_directory
from prestage_plugin.states import TokenScope
from tests.fuzz.campaign import Campaign, Report
from tests.fuzz.databases import keep_template, renew_database
from tests.prestage_plugin.api.conftest import make_token
from tests.prestage_plugin.api.world import World, make_world

STRANGERS = ("nobody", "expired", "revoked")
"""They are refused everywhere, so a few requests show it."""

STATEFUL = 0.3
"""Part of the time for sequences of requests."""

__all__ = ["main"]


def main(options: argparse.Namespace) -> int:
    """Send everything, say what was found, and return the status of the process."""
    call_command("migrate", verbosity=0)
    world = make_world()
    callers = _callers(world)
    wanted = options.callers.split(",") if options.callers else list(callers)
    keep_template()  # with the tokens of all
    until = time.monotonic() + (options.seconds or 0)
    reports: dict[str, Report] = {}
    for number, name in enumerate(wanted):
        # What one does not need is shared by those who are left.
        parts = [_part(each, options) for each in wanted[number:]]
        share = (until - time.monotonic()) * parts[0] / (sum(parts) or 1)
        seconds = max(1, int(share)) if options.seconds and parts[0] else None
        report = reports[name] = _run(name, callers[name], options, seconds)
        _say(f"{name}: {report.cases} cases, {_counted(report.phases)}")
        _say(f"  {_counted(report.statuses)}")
    return _judge(reports, at_least=options.at_least)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _part(name: str, options: argparse.Namespace) -> int:
    """Return how much of the time somebody gets; strangers do without."""
    return 0 if name in STRANGERS else 4 if name in options.thorough.split(",") else 1


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
    seconds: int | None,
) -> Report:
    renew_database()
    forget_callers()
    forget_directory()
    ids = {
        "jobs": list(Job.objects.values_list("pk", flat=True)),
        "schedules": list(Schedule.objects.values_list("pk", flat=True)),
        "devices": list(Device.objects.values_list("pk", flat=True)),
        "unknown-senders": list(UnknownSender.objects.values_list("pk", flat=True)),
        "listeners": list(ListenerStatus.objects.values_list("pk", flat=True)),
        # Not those that are used here: who revokes the own token is refused from then on.
        "tokens": list(ApiToken.objects.exclude(name="all scopes").values_list("pk", flat=True)),
    }
    thorough = name in options.thorough.split(",")
    single = ("examples", "coverage", "fuzzing") if thorough else ("examples", "fuzzing")
    report = Report()
    # Where time is limited, apart, so that the one does not take the time of the other.
    parts = [(single, 1 - STATEFUL), (("stateful",), STATEFUL)]
    for phases, part in parts if seconds else [((*single, "stateful"), 1.0)]:
        campaign = Campaign(
            app=get_wsgi_application(),
            headers=headers,
            ids=ids,
            examples=2 if name in STRANGERS else options.examples,
            phases=phases,
            seed=options.seed,
            seconds=None if seconds is None else max(2, int(seconds * part)),
        )
        report.add(campaign.run())
    if not report.phases["stateful"]:
        report.failures[f"stateful as {name}"] = "No sequence of requests was sent: give more time."
    return report


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
