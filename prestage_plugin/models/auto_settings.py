"""The settings of auto prestaging that people change while the site runs."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

__all__ = ["AutoSettings"]

_LONGEST_WAIT = 86_400
"""Seconds, a day."""

_SECONDS = [MinValueValidator(0.1), MaxValueValidator(_LONGEST_WAIT)]


class AutoSettings(models.Model):
    """One row at most; what is empty in it is as the site's settings say.

    `services.auto` reads it.
    """

    enabled = models.BooleanField(
        _("on"),
        null=True,
        blank=True,
        help_text=_("Whether devices that changed are prestaged by themselves."),
    )
    wait = models.FloatField(
        _("wait"),
        null=True,
        blank=True,
        validators=_SECONDS,
        help_text=_("Seconds from the first event of a device until its job starts at the latest."),
    )
    idle = models.FloatField(
        _("idle"),
        null=True,
        blank=True,
        validators=_SECONDS,
        help_text=_("Seconds without a further event after which the job starts earlier."),
    )
    most_jobs = models.PositiveIntegerField(
        _("parallel auto jobs"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("Auto jobs that are scheduled or in progress at the same time."),
    )
    muted_sources = models.JSONField(
        _("muted sources"),
        default=list,
        blank=True,
        help_text=_("Events from these are recorded and start nothing."),
    )

    # The coalescer muted events because auto prestaging was off, by the site's settings or by this
    # row; so that it notices when the site's settings say on again.
    was_off = models.BooleanField(default=False, editable=False)

    class Meta:
        verbose_name = _("auto prestaging")
        verbose_name_plural = _("auto prestaging")
        constraints = [
            models.CheckConstraint(
                name="prestage_one_row_of_auto_settings", condition=models.Q(pk=1)
            ),
        ]

    def __str__(self) -> str:
        return str(_("Auto prestaging"))
