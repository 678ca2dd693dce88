"""A `prestage_listen` process and what it has counted."""

from django.db import models
from django.utils.translation import gettext_lazy as _

__all__ = ["ListenerStatus"]


class ListenerStatus(models.Model):
    """What hears of changes, on which host and addresses; started anew it takes over its row.

    The row stays when it ends, so that what was lost is still to be seen afterwards.
    """

    name = models.CharField(_("name"), max_length=255, unique=True)
    started_at = models.DateTimeField(_("started"))
    seen_at = models.DateTimeField(_("last seen"))
    # Null while it runs, and when it died without a word.
    ended_at = models.DateTimeField(_("ended in order"), null=True, blank=True)
    # When a run before this one was seen last that did not end in order. What it had received and
    # not written is lost, and nobody knows how much that was.
    died_at = models.DateTimeField(_("last death"), null=True, blank=True)
    # By source, since the start; see `Source.counters`.
    counters = models.JSONField(_("counters"), default=dict)
    # Messages that were lost before we could read them, since the start.
    lost = models.PositiveBigIntegerField(_("lost messages"), default=0)
    lost_at = models.DateTimeField(_("last loss"), null=True, blank=True)

    class Meta:
        verbose_name = _("listener")
        verbose_name_plural = _("listeners")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
