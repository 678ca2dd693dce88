"""A new version of this software reads every device once (prestaging spec, section 6)."""

from importlib.metadata import version

from django.db import transaction
from django.utils import timezone

from prestage_plugin.models import Deployment, Device
from prestage_plugin.services.events import note_changes
from prestage_plugin.states import ChangeSource

__all__ = ["note_deployment"]


def note_deployment(*, deployed: str | None = None) -> bool:
    """Say of every device that the application was deployed, once per version.

    Called after `migrate`. What a version finds out about a device may differ from what the one
    before did, so all of them are read again.

    Args:
        deployed: The version; that of the installed package when None.

    Returns:
        Whether the version is new.
    """
    number = deployed or version("prestage-plugin")
    with transaction.atomic():
        _row, is_new = Deployment.objects.get_or_create(
            version=number, defaults={"at": timezone.now()}
        )
        if is_new:
            note_changes(
                devices=list(Device.objects.prestageable()),
                source=ChangeSource.DEPLOYMENT,
                detail=f"version {number}",
            )
    return is_new
