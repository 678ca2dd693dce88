"""Lists of devices that have a page of their own in the admin; the table is that of devices."""

from django.utils.translation import gettext_lazy as _

from prestage_plugin.models.device import Device

__all__ = ["Drift", "Recommendation"]


class Recommendation(Device):
    """A device as the page that assigns roles sees it."""

    class Meta:
        proxy = True
        verbose_name = _("device")
        verbose_name_plural = _("assign roles")
        # Those of devices decide who sees and assigns.
        default_permissions = ()


class Drift(Device):
    """A device as the page of drift sees it."""

    class Meta:
        proxy = True
        verbose_name = _("device")
        verbose_name_plural = _("drift")
        default_permissions = ()
