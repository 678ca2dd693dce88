"""A `prestage_worker` process and the cluster that it looks after."""

from django.db import models
from django.utils.translation import gettext_lazy as _

__all__ = ["Worker"]


class Worker(models.Model):
    """One supervised cluster; the row lives as long as its supervisor.

    The supervisor writes `seen_at` every second. Its cluster's processes write `proof_at` whenever
    they carry a message: a cluster whose proofs stop while its supervisor keeps asking is wedged.
    """

    name = models.CharField(_("name"), max_length=255, unique=True)
    started_at = models.DateTimeField(_("started"))
    seen_at = models.DateTimeField(_("last seen"))
    proof_at = models.DateTimeField(_("last proof of work"))
    processes = models.PositiveIntegerField(_("processes"), default=1)
    draining = models.BooleanField(_("stopping"), default=False)
    restarts = models.PositiveIntegerField(_("restarts of the cluster"), default=0)

    class Meta:
        verbose_name = _("worker")
        verbose_name_plural = _("workers")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
