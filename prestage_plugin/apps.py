"""The Django app."""

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _

__all__ = ["PrestageConfig"]


class PrestageConfig(AppConfig):
    """Prestage devices: jobs, roles, and the faces that show them."""

    name = "prestage_plugin"
    label = "prestage"
    verbose_name = _("Prestaging")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the system checks, and what is done after `migrate`."""
        from prestage_plugin import checks  # noqa: F401, PLC0415 - registers on import

        post_migrate.connect(
            _after_migrate, sender=self, dispatch_uid="prestage_plugin.after_migrate"
        )


def _after_migrate(**_kwargs: Any) -> None:
    """See that there is a clock for every cluster, and tell devices of a new version."""
    from prestage_plugin.queue import ensure_clock  # noqa: PLC0415 - needs the app registry
    from prestage_plugin.services.deployment import note_deployment  # noqa: PLC0415 - as above

    ensure_clock()
    note_deployment()
