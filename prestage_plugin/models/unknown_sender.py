"""Who sends events about devices that we do not know."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from prestage_plugin.states import ChangeSource

__all__ = ["UnknownSender"]


class UnknownSender(models.Model):
    """Events that fit no device, counted by sender: shown to people, never dropped silently.

    A row for each event would let anybody who can send a packet fill the disk.
    """

    source = models.CharField(_("source"), max_length=16, choices=ChangeSource.choices)
    sender = models.CharField(_("sender"), max_length=64)
    events = models.PositiveBigIntegerField(_("events"), default=0)
    first_at = models.DateTimeField(_("first event"))
    last_at = models.DateTimeField(_("last event"))
    detail = models.CharField(_("last detail"), max_length=120, blank=True)

    class Meta:
        verbose_name = _("unknown sender")
        verbose_name_plural = _("unknown senders")
        ordering = ["-last_at"]
        constraints = [
            models.UniqueConstraint(fields=["source", "sender"], name="prestage_unknown_sender"),
        ]

    def __str__(self) -> str:
        return f"{self.sender} ({self.get_source_display()})"
