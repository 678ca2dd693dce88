"""`manage.py prestage run` and `retry`: start a job and follow it."""

from argparse import _SubParsersAction
from typing import Any

from django.utils import timezone

from prestage_plugin.management.prestage_cli.arguments import (
    add_request,
    add_subcommand,
    add_user,
    add_wait,
    instant,
    request_of,
    runner_named,
)
from prestage_plugin.management.prestage_cli.following import follow
from prestage_plugin.management.prestage_cli.terminal import Terminal
from prestage_plugin.models import Job
from prestage_plugin.services.retry import retry_failed, run_again
from prestage_plugin.services.submit import submit_job

__all__ = ["add_parsers"]

_RUN_EXAMPLES = """\
run
run --device pe1 pe2 --discover-only
run --filter group=core --filter platform=junos --dry-run
run --at 2026-12-01T02:00+01:00 --user alice"""

_RETRY_EXAMPLES = """\
retry 41
retry 41 --all --no-wait"""


def add_parsers(subparsers: "_SubParsersAction[Any]") -> None:
    """Add both subcommands."""
    run = add_subcommand(
        subparsers,
        "run",
        text="prestage devices, now or later, and follow the job to its end",
        examples=_RUN_EXAMPLES,
    )
    add_request(run)
    run.add_argument("--at", metavar="TIME", help="start later, e.g. 2026-12-01T02:00+01:00")
    add_user(run)
    add_wait(run)
    run.set_defaults(run=_run)
    retry = add_subcommand(
        subparsers,
        "retry",
        text="start a job for the devices that failed in another one",
        examples=_RETRY_EXAMPLES,
    )
    retry.add_argument("id", type=int, metavar="ID", help="the job that has ended")
    retry.add_argument("--all", action="store_true", help="all its devices, not the failed alone")
    add_user(retry)
    add_wait(retry)
    retry.set_defaults(run=_retry)


def _run(options: dict[str, Any], terminal: Terminal) -> int:
    at = instant(options["at"]) if options["at"] is not None else None
    user = runner_named(options["user"])
    job = submit_job(request=request_of(options, scheduled_for=at), user=user)
    return _started(job, options, terminal)


def _retry(options: dict[str, Any], terminal: Terminal) -> int:
    user = runner_named(options["user"])
    again = run_again if options["all"] else retry_failed
    return _started(again(job_id=options["id"], user=user), options, terminal)


def _started(job: Job, options: dict[str, Any], terminal: Terminal) -> int:
    later = job.planned_at is None
    start = timezone.localtime(job.scheduled_for)
    when = f"starts at {start:%Y-%m-%d %H:%M:%S %Z}" if later else f"{job.total} devices"
    terminal.say(f"Job #{job.pk} is accepted: {job.name}, {when}.")
    wait = options["wait"] if options["wait"] is not None else not later
    return follow(job, terminal) if wait else 0
