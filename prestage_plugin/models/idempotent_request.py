"""Which requests with an `Idempotency-Key` were answered, and how."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

__all__ = ["IdempotentRequest"]


class IdempotentRequest(models.Model):
    """A request that must not be carried out twice.

    `status` is null while it is carried out. What it does and its answer are written in one
    transaction, so a row without an answer whose `locked_until` has passed did nothing.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    created_at = models.DateTimeField(db_default=Now())
    locked_until = models.DateTimeField(db_default=Now())
    status = models.PositiveSmallIntegerField(null=True)
    headers = models.JSONField(default=dict)
    body = models.JSONField(null=True)

    class Meta:
        verbose_name = _("idempotent request")
        verbose_name_plural = _("idempotent requests")
        constraints = [
            models.UniqueConstraint(fields=["user", "key"], name="prestage_idempotent_once"),
        ]
        indexes = [models.Index(fields=["created_at"], name="prestage_idempotent_created")]

    def __str__(self) -> str:
        return self.key
