"""Which webhooks were accepted lately, so that none is taken twice (prestaging spec, section 6)."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

__all__ = ["WebhookReceipt"]


class WebhookReceipt(models.Model):
    """An accepted message, shared by all web processes; written together with its events.

    The key is a hash of the sender's name and the message's signature, so it tells nothing about
    either. Rows are purged when the message is too old to be accepted anyway.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    received_at = models.DateTimeField(_("received"), db_default=Now())

    class Meta:
        verbose_name = _("webhook receipt")
        verbose_name_plural = _("webhook receipts")
        indexes = [models.Index(fields=["received_at"], name="prestage_receipt_received")]

    def __str__(self) -> str:
        return str(self.pk)
