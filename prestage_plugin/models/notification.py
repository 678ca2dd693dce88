"""The outbox of announcements: a job has ended, or found drift (jobs spec, section 6)."""

import uuid

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from prestage_plugin.models.job import Job
from prestage_plugin.states import NotificationChannel, NotificationEvent, NotificationState

__all__ = ["Notification", "NotificationQuerySet"]


class NotificationQuerySet(models.QuerySet["Notification"]):
    """Vocabulary for announcements; the database's clock says which are due."""

    def pending(self) -> "NotificationQuerySet":
        """Those that will be tried again."""
        return self.filter(state=NotificationState.PENDING)

    def due(self) -> "NotificationQuerySet":
        """Those that are to be tried now, the longest due first."""
        return self.pending().filter(due_at__lte=Now()).order_by("due_at", "pk")


class Notification(models.Model):
    """One announcement of one event of a job by one channel.

    It holds no address, no secret and no content: what is sent is made of the job and the site's
    settings when it is sent. `attempts` is also the fencing token: who raises it by
    compare-and-set sends.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="notifications")
    event = models.CharField(
        _("event"),
        max_length=16,
        choices=NotificationEvent.choices,
        default=NotificationEvent.JOB_ENDED,
    )
    channel = models.CharField(_("channel"), max_length=16, choices=NotificationChannel.choices)
    state = models.CharField(
        _("state"),
        max_length=16,
        choices=NotificationState.choices,
        default=NotificationState.PENDING,
    )
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    due_at = models.DateTimeField(_("next attempt"))
    ended_at = models.DateTimeField(_("sent or given up"), null=True, blank=True)
    error = models.CharField(_("error"), max_length=200, blank=True)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        ordering = ["due_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["job", "event", "channel"], name="prestage_notified_once"
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                name="prestage_notification_due",
                condition=models.Q(state=NotificationState.PENDING),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.channel} for job {self.job_id}"
