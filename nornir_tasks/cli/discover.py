"""`python -m nornir_tasks discover`: ask the devices of an inventory for their roles."""

import argparse
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

from nornir.core import Nornir
from nornir.core.task import MultiResult
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from nornir_tasks.cancel import CancelToken
from nornir_tasks.cli.report import FORMATS, write_failures, write_results
from nornir_tasks.inventory import limit, load_nornir
from nornir_tasks.outcome import Discovery, HostError, NotStarted, Outcome, outcome_of
from nornir_tasks.rules import CapabilityPolicy, profiles
from nornir_tasks.runner import PrestageRunner
from nornir_tasks.tasks import discover_role

if TYPE_CHECKING:
    from argparse import _SubParsersAction

__all__ = ["add_parser", "run"]

EXIT_DEVICE_FAILED = 1
EXIT_INTERRUPTED = 130

_DESCRIPTION = """\
Read the configuration of every device in a Nornir inventory over NETCONF and tell which can be
N-PE or P and how many of their interfaces can be UNI. Nothing is changed on any device."""

_EXAMPLES = """\
examples:
  python -m nornir_tasks discover --inventory inventory/config.yaml
  python -m nornir_tasks discover --limit 'pe*,!pe7' --profile extended
  python -m nornir_tasks discover --limit group:core --format json > roles.json

Ctrl-C starts no further device and lets those in flight finish; once more cuts them off.

exit status: 0 when every device was read, 1 when one failed, 2 for bad input, 130 after Ctrl-C."""


def add_parser(subparsers: "_SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "discover",
        help="ask the devices of an inventory for their roles",
        description=_DESCRIPTION,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add(
        "--inventory",
        metavar="FILE",
        help="Nornir configuration file, or the folder it is in (default: inventory)",
    )
    add("--limit", metavar="EXPR", help="only these devices: names, patterns, group:NAME, !NAME")
    add(
        "--profile",
        choices=[profile.name for profile in profiles()],
        default=profiles()[0].name,
        help="which rules to ask (default: %(default)s)",
    )
    add(
        "--capability-policy",
        choices=[policy.value for policy in CapabilityPolicy],
        default=CapabilityPolicy.ANY.value,
        help="how many of the service capabilities make an N-PE (default: %(default)s)",
    )
    add("--format", choices=FORMATS, default=FORMATS[0], help="default: %(default)s")
    add("--workers", type=_count, default=50, metavar="N", help="devices at a time (default: 50)")
    add(
        "--deadline",
        type=_seconds,
        default=180.0,
        metavar="S",
        help="seconds for each device (default: 180)",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Discover the devices and print what was found; failures go to standard error.

    Returns:
        0, 1 when a device failed, or 130 when it was interrupted.

    Raises:
        PrestageError: The inventory or the limit is not usable.
    """
    nornir = load_nornir(arguments.inventory)
    if arguments.limit:
        nornir = limit(nornir, arguments.limit)
    token = CancelToken()
    with _ctrl_c_cancels(token):
        outcomes = _discover(nornir, arguments, token)
    discoveries = [found for found in outcomes.values() if isinstance(found, Discovery)]
    errors = {name: found for name, found in outcomes.items() if isinstance(found, HostError)}
    write_results(discoveries, errors, arguments.format, sys.stdout)
    write_failures(errors, sys.stderr)
    if token.cancelled:
        left = sum(isinstance(found, NotStarted) for found in outcomes.values())
        _tell(f"Interrupted: {left} of {len(outcomes)} devices were not started.")
        return EXIT_INTERRUPTED
    return EXIT_DEVICE_FAILED if errors else 0


def _discover(
    nornir: Nornir, arguments: argparse.Namespace, token: CancelToken
) -> dict[str, Outcome]:
    with _progress(len(nornir.inventory.hosts)) as advance:
        runner = PrestageRunner(
            workers=arguments.workers,
            logins=min(25, arguments.workers),
            deadline=arguments.deadline,
            cancel=token,
            on_result=advance,
        )
        results = nornir.with_runner(runner).run(
            discover_role,
            profile=arguments.profile,
            capability_policy=arguments.capability_policy,
        )
    return {name: outcome_of(name, result) for name, result in results.items()}


class _Advance:
    """Moves the bar on by one device and counts the failed ones."""

    def __init__(self, progress: Progress, total: int) -> None:
        self._progress = progress
        self._failed = 0
        self._bar = progress.add_task("", total=total, failed="")

    def __call__(self, name: str, result: MultiResult) -> None:  # noqa: ARG002 - the runner's call
        if result.failed:
            self._failed += 1
        self._progress.update(
            self._bar, advance=1, failed=f"{self._failed} failed" if self._failed else ""
        )


@contextmanager
def _progress(total: int) -> Iterator[_Advance]:
    """Show a bar on standard error while devices are asked, where that is a terminal."""
    console = Console(stderr=True)
    progress = Progress(
        TextColumn("Discovering"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("[red]{task.fields[failed]}"),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    with progress:
        yield _Advance(progress, total)


@contextmanager
def _ctrl_c_cancels(token: CancelToken) -> Iterator[None]:
    """Let the first Ctrl-C cancel and the second one force."""

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        if token.cancelled:
            token.force()
            return
        token.cancel()
        _tell("Stopping: devices in flight finish. Press Ctrl-C once more to cut them off.")

    before = signal.signal(signal.SIGINT, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _tell(text: str) -> None:
    print(text, file=sys.stderr)  # noqa: T201 - a CLI


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number


def _seconds(text: str) -> float:
    number = float(text)
    if not 0 < number < float("inf"):
        raise ValueError
    return number


_count.__name__ = "number (1 or more)"
_seconds.__name__ = "number of seconds (more than 0)"
