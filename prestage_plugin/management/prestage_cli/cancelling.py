"""`manage.py prestage cancel`: cancel a job, or the series that it belongs to."""

from argparse import _SubParsersAction
from typing import Any

from prestage_plugin.errors import Refused
from prestage_plugin.management.prestage_cli.arguments import (
    add_subcommand,
    add_user,
    job_with,
    user_named,
)
from prestage_plugin.management.prestage_cli.terminal import Terminal
from prestage_plugin.models import SYSTEM_USER, Job
from prestage_plugin.permissions import may_cancel, may_force_stop
from prestage_plugin.services.cancel import CancelOutcome, cancel_job
from prestage_plugin.services.schedule import cancel_schedule

__all__ = ["add_parsers"]

_EXAMPLES = """\
cancel 41
cancel 41 --force
cancel 41 --series"""

_STOPPING = {
    False: "no further device starts; those in flight finish and keep their results",
    True: "no further device starts, and the sessions in flight are closed",
}


def add_parsers(subparsers: "_SubParsersAction[Any]") -> None:
    """Add the subcommand."""
    parser = add_subcommand(
        subparsers,
        "cancel",
        text="cancel a job; what it has written stays",
        examples=_EXAMPLES,
    )
    parser.add_argument("id", type=int, metavar="ID", help="the job")
    parser.add_argument("--force", action="store_true", help="also close the sessions in flight")
    parser.add_argument(
        "--series", action="store_true", help="also cancel the schedule that the job belongs to"
    )
    add_user(parser)
    parser.set_defaults(run=_run)


def _run(options: dict[str, Any], terminal: Terminal) -> int:
    job, force = job_with(options["id"]), options["force"]
    actor = _actor(options["user"], job, force)
    if options["series"]:
        if job.schedule_id is None:
            raise Refused("not-recurring", f"Job #{job.pk} belongs to no series.")
        schedule = cancel_schedule(schedule_id=job.schedule_id, actor=actor)
        terminal.say(f"The series {schedule.name} is cancelled.")
        job.refresh_from_db()
        if job.is_terminal:
            return 0
    if cancel_job(job_id=job.pk, actor=actor, force=force) is CancelOutcome.CANCELLED:
        terminal.say(f"Job #{job.pk} is cancelled.")
    else:
        terminal.say(f"Job #{job.pk} is stopping: {_STOPPING[force]}.")
    return 0


def _actor(login: str | None, job: Job, force: bool) -> str:
    user = user_named(login)
    if user is None:
        return SYSTEM_USER
    if not may_cancel(user, job) or (force and not may_force_stop(user, job)):
        what = "stop by force" if force else "cancel"
        raise Refused("not-allowed", f"The user {login} may not {what} job #{job.pk}.")
    return user.get_username()
