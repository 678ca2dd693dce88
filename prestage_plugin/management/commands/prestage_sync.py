"""`manage.py prestage_sync`: make a device of every host of the Nornir inventory."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from nornir_tasks.errors import PrestageError
from prestage_plugin.services.inventory import sync_devices

__all__ = ["Command"]


class Command(BaseCommand):
    """Synchronise the devices with the Nornir inventory that the settings name."""

    help = (
        "Make a device of every host of the Nornir inventory named in PRESTAGE. Hosts that are "
        "gone keep their row and history, but no job contacts them any more."
    )

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Synchronise and say what changed."""
        try:
            report = sync_devices()
        except PrestageError as error:
            raise CommandError(f"{error.text} [{error.code}]") from error
        self.stdout.write(self.style.SUCCESS(f"{report}."))
