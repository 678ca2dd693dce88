"""Which versions of this software have been deployed on this database."""

from django.db import models
from django.utils.translation import gettext_lazy as _

__all__ = ["Deployment"]


class Deployment(models.Model):
    """A version that was migrated to; its row is the reason why that is announced once."""

    version = models.CharField(_("version"), max_length=64, unique=True)
    at = models.DateTimeField(_("deployed"))

    class Meta:
        verbose_name = _("deployment")
        verbose_name_plural = _("deployments")
        ordering = ["-at"]

    def __str__(self) -> str:
        return self.version
