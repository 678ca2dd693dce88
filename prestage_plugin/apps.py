"""The Django app."""

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
        """Register the system checks and the clock that every cluster shares."""
        from prestage_plugin import checks  # noqa: F401, PLC0415 - registers on import
        from prestage_plugin.queue import ensure_clock  # noqa: PLC0415 - needs the app registry

        post_migrate.connect(
            lambda **_kwargs: ensure_clock(),
            sender=self,
            weak=False,
            dispatch_uid="prestage_plugin.ensure_clock",
        )
