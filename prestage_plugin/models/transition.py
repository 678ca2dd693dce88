"""The history of a job."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from prestage_plugin.models.job import Job
from prestage_plugin.states import JobState

__all__ = ["JobTransition"]


class JobTransition(models.Model):
    """One state change of a job: who, when, why. Rows are only ever added."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="transitions")
    at = models.DateTimeField(_("time"))
    from_state = models.CharField(_("from"), max_length=16, choices=JobState.choices, blank=True)
    to_state = models.CharField(_("to"), max_length=16, choices=JobState.choices)
    actor = models.CharField(_("by"), max_length=150)
    reason = models.CharField(_("reason"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("transition")
        verbose_name_plural = _("transitions")
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.from_state or '-'} -> {self.to_state}"
