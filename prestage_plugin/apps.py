"""The Django app."""

from typing import Any

from django.apps import AppConfig, apps
from django.db import connections, router
from django.db.migrations.loader import MigrationLoader
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


def _after_migrate(*, using: str, **_kwargs: Any) -> None:
    """See that there is a clock for every cluster, and tell devices of a new version."""
    from prestage_plugin.queue import ensure_clock  # noqa: PLC0415 - needs the app registry
    from prestage_plugin.services.deployment import note_deployment  # noqa: PLC0415 - as above

    if _is_migrated("django_q", using):
        ensure_clock()
    if _is_migrated("prestage", using):
        note_deployment()


def _is_migrated(label: str, using: str) -> bool:
    """Whether an app's tables are in this database, as its code needs them.

    They are not while another app is migrated first, another database is, or this app is
    migrated back.
    """
    models = apps.get_app_config(label).get_models()
    if any(router.db_for_write(model) != using for model in models):
        return False
    loader = MigrationLoader(connections[using])
    return all(node in loader.applied_migrations for node in loader.graph.leaf_nodes(label))
