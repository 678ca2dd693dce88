"""How a user wants to see the pages; kept here so that it is there at every machine."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

__all__ = ["UserPreferences"]


class UserPreferences(models.Model):
    """A row of each user who wants something else than everybody gets."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="+"
    )
    # Names of columns by the name of their list, so that a column that is new is shown.
    hidden_columns = models.JSONField(_("hidden columns"), default=dict, blank=True)
    time_zone = models.CharField(
        _("time zone"), max_length=64, blank=True, help_text=_("The browser's when empty.")
    )

    class Meta:
        verbose_name = _("preferences")
        verbose_name_plural = _("preferences")

    def __str__(self) -> str:
        return str(self.user_id)
