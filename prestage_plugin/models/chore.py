"""Chores that one host does for all of them."""

from django.db import models
from django.utils.translation import gettext_lazy as _

__all__ = ["Chore"]


class Chore(models.Model):
    """When a chore is due next. Who moves `due_at` by compare-and-set does it."""

    name = models.CharField(_("name"), max_length=64, primary_key=True)
    due_at = models.DateTimeField(_("due"))

    class Meta:
        verbose_name = _("chore")
        verbose_name_plural = _("chores")

    def __str__(self) -> str:
        return self.name
