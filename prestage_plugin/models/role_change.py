"""The role history of a device."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from prestage_plugin.models.device import Device
from prestage_plugin.models.job import Job
from prestage_plugin.states import RoleChangeKind

__all__ = ["RoleChange"]


class RoleChange(models.Model):
    """One row of a device's role history; rows are only ever added."""

    device = models.ForeignKey(Device, on_delete=models.CASCADE, related_name="role_changes")
    at = models.DateTimeField(_("time"))
    kind = models.CharField(_("change"), max_length=16, choices=RoleChangeKind.choices)
    role_before = models.CharField(_("role before"), max_length=8, blank=True)
    role_after = models.CharField(_("role after"), max_length=8, blank=True)
    actor = models.CharField(_("by"), max_length=150)
    job = models.ForeignKey(Job, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    reason = models.CharField(_("reason"), max_length=255, blank=True)

    class Meta:
        verbose_name = _("role change")
        verbose_name_plural = _("role history")
        ordering = ["-at", "-id"]
        indexes = [models.Index(fields=["device", "-at"], name="prestage_rolechange_device")]

    def __str__(self) -> str:
        return f"{self.device_id}: {self.role_before or '-'} -> {self.role_after or '-'}"
