"""Why a device got its role."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from prestage_plugin.models.device import Device

__all__ = ["DeviceEvaluation"]


class DeviceEvaluation(models.Model):
    """The last evaluation of a device: why it got its role, and the facts behind it.

    A table of its own because the documents are large and lists do not need them.
    """

    device = models.OneToOneField(
        Device, on_delete=models.CASCADE, primary_key=True, related_name="evaluation"
    )
    result = models.JSONField(_("result"))
    facts = models.JSONField(_("facts"))
    rules_key = models.CharField(
        _("rules"),
        max_length=64,
        blank=True,
        help_text=_("Digest of the rules and exceptions that it was made by."),
    )

    class Meta:
        verbose_name = _("evaluation")
        verbose_name_plural = _("evaluations")

    def __str__(self) -> str:
        return str(self.device)
