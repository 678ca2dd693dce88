"""`manage.py prestage schedule`: begin a series of jobs."""

from argparse import _SubParsersAction
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone

from prestage_plugin.management.prestage_cli.arguments import (
    add_request,
    add_subcommand,
    add_user,
    request_of,
    runner_named,
)
from prestage_plugin.management.prestage_cli.terminal import Terminal
from prestage_plugin.recurrence import Recurrence
from prestage_plugin.services.schedule import create_schedule
from prestage_plugin.states import Repeat

__all__ = ["add_parsers"]

_EXAMPLES = """\
schedule --repeat daily --at "2026-12-01 02:00" --zone Europe/Berlin
schedule --repeat weekly --every 2 --on mon,wed --at "2026-12-01 02:00" --ends-on 2027-01-31
schedule --repeat hourly --at "2026-12-01 00:30" --ends-after 24 --filter group=core"""


def add_parsers(subparsers: "_SubParsersAction[Any]") -> None:
    """Add the subcommand."""
    parser = add_subcommand(
        subparsers,
        "schedule",
        text="prestage devices again and again, in a time zone's wall-clock time",
        examples=_EXAMPLES,
    )
    add = parser.add_argument
    add("--repeat", required=True, choices=Repeat.values, help="the unit")
    add("--every", type=int, default=1, metavar="N", help="every so many units (default: 1)")
    add("--on", metavar="DAYS", help="weekly only: weekdays, e.g. mon,wed")
    add("--at", required=True, metavar="START", help='first local time, e.g. "2026-12-01 02:00"')
    add(
        "--zone",
        default=settings.TIME_ZONE,
        help="time zone of all these times (default: the site's, %(default)s)",
    )
    ends = parser.add_mutually_exclusive_group()
    ends.add_argument("--ends-on", metavar="DATE", help="last local date (default: never)")
    ends.add_argument("--ends-after", type=int, metavar="N", help="number of runs")
    add_request(parser)
    add_user(parser)
    parser.set_defaults(run=_run)


def _run(options: dict[str, Any], terminal: Terminal) -> int:
    recurrence = Recurrence.from_json(
        {
            "repeat": options["repeat"],
            "every": options["every"],
            "weekdays": options["on"].lower().split(",") if options["on"] else None,
            "start": options["at"],
            "zone": options["zone"],
            "until": options["ends_on"],
            "count": options["ends_after"],
        }
    )
    user = runner_named(options["user"])
    schedule = create_schedule(request=request_of(options), recurrence=recurrence, user=user)
    first = schedule.jobs.get()
    terminal.say(f"{recurrence.sentence()}: {schedule.name}.")
    terminal.say(f"The first is job #{first.pk}. The next times are:")
    for at in recurrence.preview(after=timezone.now()):
        terminal.say(f"- {at.astimezone(ZoneInfo(recurrence.zone)):%a %Y-%m-%d %H:%M %Z}")
    terminal.hint(f"Cancel the series with: manage.py prestage cancel {first.pk} --series")
    return 0
