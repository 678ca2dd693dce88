"""`manage.py prestage status`: the last jobs, or one job."""

from argparse import _SubParsersAction
from datetime import datetime
from typing import Any

from django.utils import timezone
from rich import box
from rich.table import Table
from rich.text import Text

from nornir_tasks.cli.output import printable
from prestage_plugin.management.prestage_cli.arguments import add_subcommand, job_with
from prestage_plugin.management.prestage_cli.terminal import Terminal
from prestage_plugin.models import Job
from prestage_plugin.recurrence import recurrence_in_words
from prestage_plugin.states import DeviceState, JobState

__all__ = ["add_parsers"]

_EXAMPLES = """\
status
status --last 50
status 41"""

_STYLES = {
    JobState.SCHEDULED: "cyan",
    JobState.IN_PROGRESS: "blue",
    JobState.SUCCESS: "green",
    JobState.FAILURE: "red",
    JobState.CANCELLED: "yellow",
}
_FAILED_SHOWN = 20


def add_parsers(subparsers: "_SubParsersAction[Any]") -> None:
    """Add the subcommand."""
    parser = add_subcommand(
        subparsers, "status", text="show the last jobs, or one job", examples=_EXAMPLES
    )
    parser.add_argument("id", type=int, nargs="?", metavar="ID", help="the job")
    parser.add_argument(
        "--last", type=int, default=20, metavar="N", help="so many jobs (default: 20)"
    )
    parser.set_defaults(run=_run)


def _run(options: dict[str, Any], terminal: Terminal) -> int:
    if options["id"] is None:
        _show_jobs(max(1, options["last"]), terminal)
    else:
        _show_job(job_with(options["id"]), terminal)
    return 0


def _show_jobs(count: int, terminal: Terminal) -> None:
    headings = ("Job ID", "Name", "Percent", "State", "Job Type", "Summary", "Scheduled", "User")
    table = _table(*headings, whole={"Job ID", "Percent", "State"})
    jobs = list(Job.objects.order_by("-pk")[:count])
    if not jobs:
        terminal.say("There are no jobs yet; manage.py prestage run starts one.")
        return
    for job in jobs:
        table.add_row(
            str(job.pk),
            _text(job.name),
            _percent(job),
            _state(job),
            str(job.get_job_type_display()),
            _text(job.summary),
            _time(job.scheduled_for),
            _text(job.username),
        )
    terminal.show(table)


def _show_job(job: Job, terminal: Terminal) -> None:
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for name, value in _facts(job):
        table.add_row(name, value)
    terminal.show(table)
    if job.failed:
        terminal.show(_failures(job))
    history = _table("Time", "From", "To", "By", "Why")
    for row in job.transitions.all():
        states = (str(row.get_from_state_display() or "-"), str(row.get_to_state_display()))
        history.add_row(_time(row.at), *states, _text(row.actor), _text(row.reason))
    terminal.show(history)


def _facts(job: Job) -> list[tuple[str, Text]]:
    counts = ", ".join(
        f"{getattr(job, name)} {name}"
        for name in (*map(str, DeviceState.finished()), "cancelled")
        if getattr(job, name)
    )
    facts = [
        (f"Job #{job.pk}", _text(job.name)),
        ("State", _state(job)),
        ("Percent", Text(_percent(job))),
        ("Devices", Text(f"{job.total} ({counts})" if counts else str(job.total))),
        ("Job Type", Text(str(job.get_job_type_display()))),
        ("User", _text(job.username)),
        ("Scheduled Start Time", Text(_time(job.scheduled_for))),
        ("Actual Start Time", Text(_time(job.started_at))),
        ("End Time", Text(_time(job.ended_at))),
        ("Recurrence", _text(recurrence_in_words(job.recurrence))),
        ("Summary", _text(job.summary)),
    ]
    facts += [("Notification", Text(_notification(each))) for each in job.notifications.all()]
    return [(name, value) for name, value in facts if value.plain]


def _failures(job: Job) -> Table:
    table = _table("Failed device", "Error code", "Error", whole={"Failed device", "Error code"})
    failed = job.devices.filter(state=DeviceState.FAILED).order_by("device_name")
    for row in failed[:_FAILED_SHOWN]:
        table.add_row(_text(row.device_name), row.error_code, _text(row.error_text))
    more = job.failed - _FAILED_SHOWN
    if more > 0:
        table.add_row(f"and {more} more", "", f"manage.py prestage export {job.pk} has them all")
    return table


def _notification(notification: Any) -> str:
    words = f"{notification.get_channel_display()}: {notification.get_state_display()}"
    return f"{words} ({notification.error})" if notification.error else words


def _table(*headings: str, whole: set[str] | None = None) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    for heading in headings:
        table.add_column(heading, no_wrap=heading in (whole or set()), overflow="fold")
    return table


def _state(job: Job) -> Text:
    word = f"{job.get_state_display()}{' (cancelling)' if job.cancelling else ''}"
    return Text(word, style=_STYLES[JobState(job.state)])


def _percent(job: Job) -> str:
    failed = f", {job.failed} failed" if job.failed else ""
    return f"{job.percent} % ({job.finished}/{job.total}{failed})"


def _text(text: str) -> Text:
    return Text(printable(text))


def _time(at: datetime | None) -> str:
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M:%S %Z}" if at is not None else ""
