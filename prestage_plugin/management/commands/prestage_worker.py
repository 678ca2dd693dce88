"""`manage.py prestage_worker`: carry jobs, watched over and on time."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from prestage_plugin.worker.supervisor import Supervisor

__all__ = ["Command"]


class Command(BaseCommand):
    """Run a django-q2 cluster with the clockwork of prestage jobs beside it."""

    help = (
        "Carry prestage jobs: run a django-q2 cluster, start due jobs within a second, take up "
        "lost work, restart the cluster when it is wedged. Run one on each worker host. Ends in "
        "order on SIGTERM and Ctrl-C: devices in flight finish, the rest is handed back. Exit "
        "status 0: stopped as asked; 1: the cluster cannot be kept running."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the command's options."""
        parser.add_argument(
            "--processes",
            type=int,
            default=0,
            metavar="N",
            help="worker processes (default: the `workers` of Q_CLUSTER, or one per core)",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Run until told to stop."""
        status = Supervisor(processes=options["processes"]).run()
        sys.exit(status)
