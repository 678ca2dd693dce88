"""A device that changed and has to be prestaged again (prestaging spec, section 6)."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from prestage_plugin.models.device import Device
from prestage_plugin.models.job import Job
from prestage_plugin.states import ChangeSource, ChangeState

__all__ = ["DeviceChange", "DeviceChangeQuerySet"]


class DeviceChangeQuerySet(models.QuerySet["DeviceChange"]):
    """Vocabulary for changes."""

    def pending(self) -> "DeviceChangeQuerySet":
        """Changes that no read has answered and no job has taken up."""
        return self.filter(state=ChangeState.PENDING)


class DeviceChange(models.Model):
    """Everything that was heard of a device within one window; one read answers all of it.

    Times are the database's, so that hosts whose clocks differ agree on what came first.
    """

    device = models.ForeignKey(Device, on_delete=models.CASCADE, related_name="changes")
    state = models.CharField(
        _("state"), max_length=16, choices=ChangeState.choices, default=ChangeState.PENDING
    )
    source = models.CharField(
        _("source"), max_length=16, choices=ChangeSource.choices, help_text=_("Of the last event.")
    )
    events = models.PositiveIntegerField(_("events"), default=0)
    first_at = models.DateTimeField(_("first event"))
    last_at = models.DateTimeField(_("last event"))
    # The answer goes with the job when that is purged, or these rows would pile up for ever.
    job = models.ForeignKey(
        Job, on_delete=models.CASCADE, null=True, blank=True, related_name="changes"
    )

    objects = DeviceChangeQuerySet.as_manager()

    class Meta:
        verbose_name = _("change of a device")
        verbose_name_plural = _("changes of devices")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["device"],
                condition=Q(state=ChangeState.PENDING),
                name="prestage_one_pending_change_per_device",
            ),
            models.CheckConstraint(
                name="prestage_change_state_is_known", condition=Q(state__in=ChangeState.values)
            ),
        ]
        indexes = [
            models.Index(
                fields=["last_at"],
                name="prestage_change_pending",
                condition=Q(state=ChangeState.PENDING),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.device_id}: {self.get_state_display()}"
