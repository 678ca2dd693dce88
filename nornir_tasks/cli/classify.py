"""`python -m nornir_tasks classify`: the roles of saved configurations, without any device."""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from nornir_tasks.classification import classify
from nornir_tasks.cli.output import evaluation_json, printable, render_json, write_table
from nornir_tasks.errors import ErrorCode, PrestageError
from nornir_tasks.evaluation import Evaluation
from nornir_tasks.rules import CapabilityPolicy, profiles
from nornir_tasks.xml import MAX_BYTES

if TYPE_CHECKING:
    from argparse import _SubParsersAction

__all__ = ["add_parser", "run"]

EXIT_BAD_FILE = 2
_STANDARD_INPUT = "-"

_DESCRIPTION = """\
Tell which of several saved Junos configurations belong to N-PE or P routers and which of their
interfaces can be UNI. No device is contacted.

A file holds one configuration in XML, as <configuration> or as the <rpc-reply> it came in. On
the router: show configuration | display inheritance | display xml | no-more
When the same document also holds a reply to `show interfaces terse | display xml`, ports that
are not configured are judged as well."""

_EXAMPLES = """\
examples:
  python -m nornir_tasks classify pe1.xml pe2.xml
  python -m nornir_tasks classify --profile extended --format json configurations/*.xml
  ssh pe1 'show configuration | display inheritance | display xml' \\
    | python -m nornir_tasks classify -

exit status: 0 when every file was judged, 2 when one could not be; the others are still shown."""


def add_parser(subparsers: "_SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "classify",
        help="judge saved configurations",
        description=_DESCRIPTION,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "files", metavar="FILE", nargs="+", help="a saved configuration; - for standard input"
    )
    parser.add_argument(
        "--profile",
        choices=[profile.name for profile in profiles()],
        default=profiles()[0].name,
        help="which rules to ask (default: %(default)s)",
    )
    parser.add_argument(
        "--capability-policy",
        choices=[policy.value for policy in CapabilityPolicy],
        default=CapabilityPolicy.ANY.value,
        help="how many of the service capabilities make an N-PE (default: %(default)s)",
    )
    parser.add_argument(
        "--format", choices=["table", "json"], default="table", help="default: %(default)s"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Judge the files and print the results; one line on standard error for each bad file.

    Returns:
        0, or 2 when a file could not be judged.
    """
    status = 0
    results: list[tuple[str, Evaluation]] = []
    for name in arguments.files:
        try:
            results.extend((name, evaluation) for evaluation in _judge(name, arguments))
        except PrestageError as error:
            status = EXIT_BAD_FILE
            message = printable(f"error: {_display_name(name)}: {error.text} [{error.code}]")
            print(message, file=sys.stderr)  # noqa: T201 - a CLI
    if arguments.format == "json":
        sys.stdout.write(render_json([evaluation_json(name, e) for name, e in results]))
    elif results:
        write_table((evaluation for _, evaluation in results), sys.stdout)
    return status


def _judge(name: str, arguments: argparse.Namespace) -> Iterator[Evaluation]:
    yield from classify(
        _read(name),
        source="the file" if name != _STANDARD_INPUT else "the input",
        profile=arguments.profile,
        capability_policy=arguments.capability_policy,
    )


def _read(name: str) -> bytes:
    """Return a file's content; one byte more than the limit at most, which is then refused."""
    try:
        if name == _STANDARD_INPUT:
            return sys.stdin.buffer.read(MAX_BYTES + 1)
        with Path(name).open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "its name is not valid"
        raise PrestageError(ErrorCode.BAD_REQUEST, f"the file cannot be read: {reason}.") from error


def _display_name(name: str) -> str:
    return "standard input" if name == _STANDARD_INPUT else name
