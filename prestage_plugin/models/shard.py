"""A part of a job that one worker carries."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from prestage_plugin.models.job import Job
from prestage_plugin.states import ShardState

__all__ = ["Shard", "ShardQuerySet"]


class ShardQuerySet(models.QuerySet["Shard"]):
    """Vocabulary for shards; leases are judged by the database's clock, which all hosts share."""

    def open(self) -> "ShardQuerySet":
        """Shards that still have work."""
        return self.filter(state__in=ShardState.open())

    def abandoned(self) -> "ShardQuerySet":
        """Shards whose holder did not renew its lease."""
        return self.filter(state=ShardState.RUNNING, lease_until__lt=Now())

    def claimable(self) -> "ShardQuerySet":
        """Shards that a worker may take: queued ones and abandoned ones."""
        return self.filter(state=ShardState.QUEUED) | self.abandoned()


class Shard(models.Model):
    """A part of a job's devices that one worker handles as one django-q2 task.

    `attempt` is the fencing token: it grows with every claim, and a worker's writes are refused
    once it is no longer the number that the worker got.
    """

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="shards")
    number = models.PositiveIntegerField(_("number"))
    state = models.CharField(
        _("state"), max_length=16, choices=ShardState.choices, default=ShardState.QUEUED
    )
    attempt = models.PositiveIntegerField(_("attempt"), default=0)
    crashes = models.PositiveSmallIntegerField(
        _("crashes"),
        default=0,
        help_text=_("How often a worker that had the shard fell silent."),
    )
    worker = models.CharField(_("worker"), max_length=255, blank=True)
    lease_until = models.DateTimeField(_("lease until"), null=True, blank=True)
    enqueued_at = models.DateTimeField(_("enqueued"), null=True, blank=True)

    objects = ShardQuerySet.as_manager()

    class Meta:
        verbose_name = _("shard")
        verbose_name_plural = _("shards")
        ordering = ["job", "number"]
        constraints = [
            models.UniqueConstraint(fields=["job", "number"], name="prestage_shard_number"),
        ]
        indexes = [
            models.Index(
                fields=["state", "lease_until"],
                name="prestage_shard_open",
                condition=Q(state__in=ShardState.open()),
            ),
        ]

    def __str__(self) -> str:
        return f"job {self.job_id} shard {self.number}"
