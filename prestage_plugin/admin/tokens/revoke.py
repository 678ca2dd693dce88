"""End tokens for good."""

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop, ngettext

from prestage_plugin.admin.verbs import Forecast, Outcome, Verb
from prestage_plugin.models import ApiToken
from prestage_plugin.services.tokens import revoke_token

__all__ = ["Revoke", "token_state"]


class Revoke(Verb[ApiToken]):
    """Lets nobody use a token any more."""

    name = "revoke"
    label = gettext_lazy("Revoke selected tokens")
    title = gettext_lazy("Revoke tokens")
    button = gettext_lazy("Yes, revoke")
    note = gettext_lazy("This cannot be undone: whoever uses one of them needs a new one.")
    history = gettext_noop("Revoked.")

    def foresee(self, row: ApiToken) -> Forecast:
        """Say what becomes of a token."""
        state = token_state(row)
        if row.revoked_at is not None:
            text = _("It is revoked already.")
            return Forecast(row=row, text=text, possible=False, state=state)
        text = _("From the next request on, nothing is answered to it any more.")
        return Forecast(row=row, text=text, possible=True, state=state)

    def carry_out(self, row: ApiToken) -> Outcome:
        """Revoke it."""
        if revoke_token(token_id=row.pk):
            return Outcome(code="revoked", done=True)
        return Outcome(code="already-revoked")

    def words(self, code: str, count: int) -> str:
        """Return e.g. `3 tokens revoked`."""
        return {
            "revoked": ngettext("%d token revoked", "%d tokens revoked", count) % count,
            "already-revoked": ngettext("%d revoked already", "%d revoked already", count) % count,
        }[code]


def token_state(token: ApiToken) -> str:
    """Return whether a token can be used, in words."""
    if token.revoked_at is not None:
        return _("Revoked")
    if token.expires_at is not None and token.expires_at <= timezone.now():
        return _("Expired")
    return _("Usable") if token.user.is_active else _("Its user is not active")
