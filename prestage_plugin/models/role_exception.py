"""A person's overrides of what discovery recommends."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from prestage_plugin.models.device import Device

__all__ = ["RoleException"]


class RoleException(models.Model):
    """A person's override for one device; applied again after every run (spec, section 2)."""

    class Kind(models.TextChoices):
        """What is overridden; `value` is empty, an address or an interface name."""

        EXCLUDE = "exclude", _("Exclude from N-PE")
        LOOPBACK = "loopback", _("Another loopback")
        INCLUDE_INTERFACE = "include-interface", _("Include interface as UNI")
        EXCLUDE_INTERFACE = "exclude-interface", _("Exclude interface as UNI")

    device = models.ForeignKey(Device, on_delete=models.CASCADE, related_name="exceptions")
    kind = models.CharField(_("kind"), max_length=24, choices=Kind.choices)
    value = models.CharField(_("value"), max_length=64, blank=True)
    note = models.CharField(_("note"), max_length=255, blank=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("author"),
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("exception")
        verbose_name_plural = _("exceptions")
        ordering = ["device", "kind", "value"]
        constraints = [
            models.UniqueConstraint(
                fields=["device", "kind", "value"], name="prestage_exception_once"
            ),
            models.UniqueConstraint(
                fields=["device"],
                condition=Q(kind="loopback"),
                name="prestage_one_loopback_exception",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.value}".strip()
