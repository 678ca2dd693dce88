"""Who asks: a token in the `Authorization` header, or a session of the site."""

from typing import NoReturn

from django.contrib.auth.models import User
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.request import Request

from prestage_plugin.errors import Refused
from prestage_plugin.models import ApiToken
from prestage_plugin.services.tokens import authenticate_token

__all__ = ["BrowserSession", "TokenInHeader", "secret_of"]

REALM = 'Bearer realm="prestage"'
_SCHEMES = {"bearer", "token"}


class TokenInHeader(BaseAuthentication):
    """`Authorization: Bearer SECRET`, or `Token SECRET` as users of NetBox write it (RFC 6750)."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        """Return the token's user and the token, None when there is no token.

        Raises:
            AuthenticationFailed: `invalid-token` or `token-expired`; nothing of the token is in it.
        """
        secret = secret_of(request.headers.get("Authorization", ""))
        if secret is None:
            return None
        try:
            token = authenticate_token(secret)
        except Refused as refusal:
            _refuse(refusal)
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        """Return the challenge of a 401."""
        del request
        return REALM


class BrowserSession(SessionAuthentication):
    """A session of the site, with its protection against forged requests."""

    def enforce_csrf(self, request: Request) -> None:
        """Check the token against forgery.

        Raises:
            PermissionDenied: `csrf-failed`.
        """
        try:
            super().enforce_csrf(request)
        except PermissionDenied:
            raise PermissionDenied(
                "A session needs Django's X-CSRFToken header; programs use a token instead.",
                code="csrf-failed",
            ) from None


def secret_of(header: str) -> str | None:
    """Return what an `Authorization` header says is a token; None when it is something else."""
    scheme, _space, secret = header.strip().partition(" ")
    return secret.strip() if scheme.lower() in _SCHEMES else None


def _refuse(refusal: Refused) -> NoReturn:
    error = AuthenticationFailed(refusal.text, refusal.code)
    error.challenge = f'{REALM}, error="invalid_token"'  # type: ignore[attr-defined]
    # Without the cause, which must not reach a log with anything of the header in it.
    raise error from None
