"""What programs use instead of a session."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

__all__ = ["ApiToken", "ApiTokenQuerySet"]


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    """Vocabulary for lists of tokens."""

    def usable(self) -> "ApiTokenQuerySet":
        """Tokens that are neither expired nor revoked and whose user is active."""
        lasting = Q(expires_at__isnull=True) | Q(expires_at__gt=Now())
        return self.filter(lasting, revoked_at__isnull=True, user__is_active=True)


class ApiToken(models.Model):
    """A token of the API: it does what its scopes say, and never more than its user may.

    The secret is shown once, when the token is made; the row has its SHA-256 alone. A slow hash
    is for passwords: this secret is 256 random bits that nobody can guess.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="+",
        verbose_name=_("user"),
    )
    name = models.CharField(
        _("name"), max_length=64, help_text=_("Histories show it with the user's login.")
    )
    prefix = models.CharField(_("prefix"), max_length=12, unique=True, editable=False)
    digest = models.CharField(max_length=64, editable=False)
    scopes = models.JSONField(_("scopes"), default=list)
    created_at = models.DateTimeField(_("created"), db_default=Now())
    created_by = models.CharField(_("created by"), max_length=150)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)
    last_used_at = models.DateTimeField(
        _("last used"), null=True, blank=True, help_text=_("To a few minutes.")
    )

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "name"],
                condition=Q(revoked_at__isnull=True),
                name="prestage_token_name_once",
            ),
        ]

    def __str__(self) -> str:
        return self.name
