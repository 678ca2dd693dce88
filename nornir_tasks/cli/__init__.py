"""`python -m nornir_tasks`: discover roles, classify saved configurations, run a lab."""

import argparse
import os
import sys
from collections.abc import Sequence

from nornir_tasks.cli import classify, discover, lab
from nornir_tasks.errors import PrestageError

__all__ = ["main"]

EXIT_USAGE = 2
EXIT_INTERRUPTED = 130
EXIT_PIPE_CLOSED = 141


def main(argv: Sequence[str] | None = None) -> int:
    """Run one subcommand and return the exit status.

    Args:
        argv: Arguments without the program's name; `sys.argv[1:]` when None.

    Returns:
        0 when all went well, 1 when a device failed, 2 for bad input, 130 after Ctrl-C.
    """
    arguments = build_parser().parse_args(argv)
    try:
        status: int = arguments.run(arguments)
        sys.stdout.flush()
    except PrestageError as error:
        print(f"error: {error.text} [{error.code}]", file=sys.stderr)  # noqa: T201 - a CLI
        return EXIT_USAGE
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has seen enough, as `head` does. Python would complain at its
        # end that the rest cannot be flushed.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_PIPE_CLOSED
    return status


def build_parser() -> argparse.ArgumentParser:
    """Return the parser with every subcommand."""
    parser = argparse.ArgumentParser(
        prog="python -m nornir_tasks",
        description="Discover which routers can be N-PE or P and which interfaces can be UNI.",
        epilog="Run a subcommand with --help to see its options and examples.",
    )
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND")
    for module in (discover, classify, lab):
        module.add_parser(subparsers)
    return parser
