"""Why a device got its role."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from prestage_plugin.models.device import Device
from prestage_plugin.models.document import DocumentField

__all__ = ["DeviceEvaluation"]


class DeviceEvaluation(models.Model):
    """The last evaluation of a device: why it got its role, and the facts behind it.

    A table of its own because the documents are large and lists do not need them.
    """

    device = models.OneToOneField(
        Device, on_delete=models.CASCADE, primary_key=True, related_name="evaluation"
    )
    result = DocumentField(_("result"))
    facts = DocumentField(_("facts"))
    digest = models.CharField(
        _("digest"),
        max_length=64,
        blank=True,
        help_text=_("Of the result: tells whether another one differs without reading it."),
    )
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
