"""One device within a job."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from prestage_plugin.models.device import Device
from prestage_plugin.models.job import Job
from prestage_plugin.models.shard import Shard
from prestage_plugin.states import DeviceState, RoleChoice

__all__ = ["JobDevice"]


class JobDevice(models.Model):
    """What a job found out about one device. The name is kept when the device goes."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="devices")
    shard = models.ForeignKey(Shard, on_delete=models.CASCADE, related_name="devices")
    device = models.ForeignKey(
        Device, on_delete=models.SET_NULL, null=True, blank=True, related_name="job_rows"
    )
    device_name = models.CharField(_("device"), max_length=255)
    state = models.CharField(
        _("state"), max_length=16, choices=DeviceState.choices, default=DeviceState.QUEUED
    )
    role_before = models.CharField(_("role before"), max_length=8, blank=True)
    role_recommended = models.CharField(
        _("recommended"), max_length=8, choices=RoleChoice.choices, blank=True
    )
    role_assigned = models.CharField(
        _("assigned"), max_length=8, choices=RoleChoice.choices, blank=True
    )
    reason = models.CharField(_("reason"), max_length=64, blank=True)
    loopback = models.GenericIPAddressField(_("loopback"), null=True, blank=True)
    uni_count = models.PositiveIntegerField(_("UNI"), default=0)
    excluded_count = models.PositiveIntegerField(_("excluded interfaces"), default=0)
    evidence = models.JSONField(_("evidence"), default=list, blank=True)
    error_code = models.CharField(_("error code"), max_length=32, blank=True)
    error_text = models.CharField(_("error"), max_length=500, blank=True)
    attempt = models.PositiveIntegerField(_("attempt"), default=0)
    holds_device = models.BooleanField(
        _("holds the device"),
        default=False,
        help_text=_("No other job may have a session with the device at this time."),
    )
    read_after = models.DateTimeField(
        _("read after"),
        null=True,
        blank=True,
        help_text=_("The database's time; the device was not read before it."),
    )
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    class Meta:
        verbose_name = _("device of a job")
        verbose_name_plural = _("devices of a job")
        ordering = ["job", "device_name"]
        constraints = [
            models.UniqueConstraint(fields=["job", "device_name"], name="prestage_job_device"),
            models.UniqueConstraint(
                fields=["device_name"],
                condition=Q(holds_device=True),
                name="prestage_one_session_per_device",
            ),
            models.CheckConstraint(
                name="prestage_only_unfinished_rows_hold_a_device",
                condition=Q(holds_device=False) | Q(state__in=DeviceState.open()),
            ),
            models.CheckConstraint(
                name="prestage_job_device_state_is_known",
                condition=Q(state__in=DeviceState.values),
            ),
        ]
        indexes = [
            # With the name, so that a page of one outcome is read by the index alone.
            models.Index(fields=["job", "state", "device_name"], name="prestage_jobdevice_state"),
            models.Index(
                fields=["job", "error_code", "device_name"], name="prestage_jobdevice_error"
            ),
            models.Index(fields=["shard", "state"], name="prestage_jobdevice_shard"),
            models.Index(fields=["device", "-id"], name="prestage_jobdevice_device"),
        ]

    def __str__(self) -> str:
        return f"job {self.job_id}: {self.device_name}"
