"""`manage.py prestage`: start, follow, cancel, repeat, show, export and purge jobs; tokens."""

import os
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser, no_translations
from django.db import Error as DatabaseFault

from nornir_tasks.errors import PrestageError
from prestage_plugin.errors import Refused
from prestage_plugin.management.prestage_cli import (
    cancelling,
    keeping,
    running,
    scheduling,
    showing,
    tokens,
)
from prestage_plugin.management.prestage_cli.terminal import Terminal

__all__ = ["Command"]

_BAD_INPUT = 2


class Command(BaseCommand):
    """Work with prestage jobs."""

    help = (
        "Start, follow, cancel, repeat, show, export and purge prestage jobs, and make tokens for "
        "the API; each COMMAND has a --help with examples. Exit status of run and retry: "
        "0 Success, 1 Failure, 3 Cancelled, 130 after Ctrl-C, which leaves the job running; of "
        "all: 2 refused."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the subcommands."""
        subparsers = parser.add_subparsers(metavar="COMMAND", required=True, dest="subcommand")
        for module in (running, scheduling, cancelling, showing, keeping, tokens):
            module.add_parsers(subparsers)

    @no_translations
    def handle(self, *_args: Any, **options: Any) -> None:
        """Run the subcommand and exit with its status.

        Raises:
            CommandError: One sentence and a machine code, with exit status 2.
        """
        color = not options["no_color"]
        terminal = Terminal(stdout=self.stdout, stderr=self.stderr, color=color)
        try:
            status = options["run"](options, terminal)
        except (Refused, PrestageError) as error:
            self.stderr.ending = "\n"
            raise CommandError(f"{error.text} [{error.code}]", returncode=_BAD_INPUT) from error
        except DatabaseFault as error:
            self.stderr.ending = "\n"
            raise CommandError(
                "The database does not answer, or its tables are missing (manage.py migrate). "
                "[database]",
                returncode=_BAD_INPUT,
            ) from error
        except BrokenPipeError:
            # The reader, like `head`, has seen enough; Python must not complain at its end.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return
        if status:
            sys.exit(status)
