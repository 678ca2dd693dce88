"""`manage.py prestage_health`: how the site is, for people and probes."""

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from prestage_plugin.services.health import HealthStatus, health

__all__ = ["Command"]

_EXITS = {HealthStatus.DEGRADED: 1, HealthStatus.DOWN: 2}


class Command(BaseCommand):
    """Say how database, broker, workers, clock and waiting work are."""

    help = (
        "Say how the database, the queue's broker, the workers, the clock and the work that "
        "waits for them are. Exit status 0: ok; 1: degraded, somebody should look; 2: down."
    )
    # What is broken is to be told here, not by a check that fails.
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the command's options."""
        parser.add_argument("--json", action="store_true", help="print one JSON document")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print what was found and exit with its status."""
        found = health()
        if options["json"]:
            self.stdout.write(json.dumps(found.as_dict(), indent=2))
        else:
            styles = {
                HealthStatus.OK: self.style.SUCCESS,
                HealthStatus.DEGRADED: self.style.WARNING,
                HealthStatus.DOWN: self.style.ERROR,
            }
            for check in found.checks:
                self.stdout.write(f"{styles[check.status](f'{check.status:<9}')}{check.text}")
            self.stdout.write(f"The site is {found.status}.")
        if found.status is not HealthStatus.OK:
            sys.exit(_EXITS[found.status])
