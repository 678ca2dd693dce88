"""Arguments that several subcommands share, and what they mean."""

from argparse import ArgumentParser, BooleanOptionalAction, RawDescriptionHelpFormatter
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.utils import timezone

from nornir_tasks.rules import CapabilityPolicy, profiles
from prestage_plugin.errors import Refused
from prestage_plugin.models import Job
from prestage_plugin.permissions import may_run
from prestage_plugin.services.scope import FILTER_KEYS, Scope
from prestage_plugin.services.submit import JobRequest
from prestage_plugin.states import JobType

if TYPE_CHECKING:
    from argparse import _SubParsersAction

__all__ = [
    "add_request",
    "add_subcommand",
    "add_user",
    "add_wait",
    "instant",
    "job_with",
    "request_of",
    "runner_named",
    "user_named",
]


def add_subcommand(
    subparsers: "_SubParsersAction[Any]", name: str, *, text: str, examples: str
) -> ArgumentParser:
    """Add a parser whose help shows examples.

    Args:
        subparsers: Where it belongs to.
        name: What people type.
        text: One sentence.
        examples: Commands, one a line.
    """
    lines = "\n".join(f"  manage.py prestage {line}" for line in examples.strip().splitlines())
    parser: ArgumentParser = subparsers.add_parser(
        name,
        help=text,
        description=text[0].upper() + text[1:] + ".",
        epilog=f"examples:\n{lines}",
        formatter_class=RawDescriptionHelpFormatter,
    )
    return parser


def add_request(parser: ArgumentParser) -> None:
    """Add what a job is about and what it does."""
    scope = parser.add_mutually_exclusive_group()
    scope.add_argument(
        "--device",
        nargs="+",
        action="extend",
        metavar="NAME",
        help="only these devices (default: the entire inventory)",
    )
    scope.add_argument(
        "--filter",
        action="append",
        metavar="KEY=VALUE",
        help=f"only devices that match; may be repeated. Keys: {', '.join(FILTER_KEYS)}; "
        "a name may hold * and ?",
    )
    parser.add_argument(
        "--discover-only", action="store_true", help="recommend roles, assign nothing"
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="report, write nothing about the devices"
    )
    parser.add_argument(
        "--force",
        action="store_true",
        help="read every configuration, also those that have not changed",
    )
    parser.add_argument(
        "--profile", default="", choices=[each.name for each in profiles()], help="which rules"
    )
    parser.add_argument(
        "--policy",
        default="",
        choices=[policy.value for policy in CapabilityPolicy],
        help="how many of the service capabilities make an N-PE",
    )


def add_user(parser: ArgumentParser) -> None:
    """Add the login on whose behalf the command acts."""
    parser.add_argument(
        "--user", metavar="LOGIN", help="act as this user, with the user's permissions"
    )


def add_wait(parser: ArgumentParser) -> None:
    """Add whether the command follows the job to its end."""
    parser.add_argument(
        "--wait",
        action=BooleanOptionalAction,
        help="follow the job to its end (default: yes, unless it starts later)",
    )


def request_of(options: dict[str, Any], *, scheduled_for: datetime | None = None) -> JobRequest:
    """Return the request that the options of `add_request` describe.

    Args:
        options: The parsed options.
        scheduled_for: When to start; now when None.

    Raises:
        Refused: `bad-scope`.
    """
    return JobRequest(
        scope=_scope(options["device"], options["filter"]),
        job_type=JobType.DISCOVER_ONLY if options["discover_only"] else JobType.MANUAL,
        dry_run=options["dry_run"],
        read_all=options["force"],
        profile=options["profile"],
        capability_policy=options["policy"],
        scheduled_for=scheduled_for,
    )


def user_named(login: str | None) -> User | None:
    """Return the user with this login; None, which is the system, without one.

    Raises:
        Refused: `unknown-user` or `inactive-user`.
    """
    if login is None:
        return None
    model = get_user_model()
    user = model.objects.filter(**{model.USERNAME_FIELD: login}).first()
    if user is None:
        raise Refused("unknown-user", f"There is no user {login}.")
    if not user.is_active:
        raise Refused("inactive-user", f"The user {login} is not active.")
    return user


def runner_named(login: str | None) -> User | None:
    """Return the user with this login, who may run jobs; None, the system, without one.

    Raises:
        Refused: `unknown-user`, `inactive-user` or `user-may-not-run`.
    """
    user = user_named(login)
    if user is not None and not may_run(user):
        raise Refused(
            "user-may-not-run",
            f"The user {login} may not run jobs; that needs the permission prestage.run_job.",
        )
    return user


def job_with(job_id: int) -> Job:
    """Return a job.

    Raises:
        Refused: `unknown-job`.
    """
    job = Job.objects.filter(pk=job_id).first()
    if job is None:
        raise Refused(
            "unknown-job", f"There is no job #{job_id}; manage.py prestage status lists the last."
        )
    return job


def instant(text: str) -> datetime:
    """Return the time that ISO 8601 text names; without an offset in the site's time zone.

    Raises:
        Refused: `bad-time` or `in-the-past`.
    """
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise Refused(
            "bad-time", f"{text!r} is no time; write it like 2026-12-01T02:00+01:00."
        ) from error
    if timezone.is_naive(at):
        at = timezone.make_aware(at)
    if at < timezone.now():
        raise Refused("in-the-past", f"{text} is in the past; leave --at out to start now.")
    return at


def _scope(devices: Sequence[str] | None, filters: Sequence[str] | None) -> Scope:
    if devices is not None:
        return Scope.from_json({"devices": list(devices)})
    if filters is None:
        return Scope()
    wanted: dict[str, str] = {}
    for text in filters:
        key, equals, value = text.partition("=")
        if not equals or key in wanted:
            raise Refused("bad-scope", f"--filter {text}: write KEY=VALUE, and each key only once.")
        wanted[key] = value
    return Scope.from_json({"filter": wanted})
