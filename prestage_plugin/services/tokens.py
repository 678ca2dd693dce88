"""Tokens of the API: make them, find them, revoke them. Only their owners have the secrets."""

import hashlib
import hmac
import re
import secrets
import string
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from prestage_plugin.errors import Refused
from prestage_plugin.models import ApiToken
from prestage_plugin.states import TokenScope

__all__ = ["authenticate_token", "create_token", "revoke_token"]

_NAME_LENGTH = 64
_PREFIX_LENGTH = 12
_SECRET = re.compile(rf"prestage_([a-z0-9]{{{_PREFIX_LENGTH}}})_[A-Za-z0-9_-]{{43}}")
_ALPHABET = string.ascii_lowercase + string.digits
_COARSE = timedelta(minutes=5)
"""A token that is used all the time is written down this often."""


def create_token(
    *,
    user: User,
    name: str,
    scopes: Iterable[str],
    created_by: str,
    expires_at: datetime | None = None,
) -> tuple[ApiToken, str]:
    """Make a token.

    Args:
        user: Whose permissions it has at most.
        name: Unique among the user's tokens; histories show it.
        scopes: What it may do, see `TokenScope`.
        created_by: Login of who makes it.
        expires_at: When it ends; never when None.

    Returns:
        The token, and its secret, which cannot be had again.

    Raises:
        Refused: `bad-token-name`, `bad-scopes`, `in-the-past`, or `token-exists`, a conflict.
    """
    if not (name.strip() and name.isprintable() and len(name) <= _NAME_LENGTH):
        raise Refused("bad-token-name", "A token needs a name of up to 64 printable characters.")
    wanted = _checked_scopes(set(scopes))
    if expires_at is not None and expires_at <= timezone.now():
        raise Refused("in-the-past", "The token would have expired already.")
    prefix = "".join(secrets.choice(_ALPHABET) for _ in range(_PREFIX_LENGTH))
    secret = f"prestage_{prefix}_{secrets.token_urlsafe(32)}"
    try:
        with transaction.atomic():
            token = ApiToken.objects.create(
                user=user,
                name=name,
                prefix=prefix,
                digest=_digest(secret),
                scopes=wanted,
                created_at=timezone.now(),
                created_by=created_by,
                expires_at=expires_at,
            )
    except IntegrityError as error:
        raise Refused(
            "token-exists",
            f"{user.get_username()} has a token of the name {name} already.",
            conflict=True,
        ) from error
    return token, secret


def _checked_scopes(scopes: set[str]) -> list[str]:
    wanted = [str(scope) for scope in TokenScope if scope in scopes]
    if not wanted or len(wanted) < len(scopes):
        known = ", ".join(TokenScope)
        raise Refused("bad-scopes", f"A token has one or several of the scopes {known}.")
    return wanted


def authenticate_token(secret: str) -> ApiToken:
    """Return the token of a secret, with its user.

    Raises:
        Refused: `invalid-token` or `token-expired`; neither says anything of the secret.
    """
    shape = _SECRET.fullmatch(secret)
    if shape is None:
        raise _invalid()
    token = ApiToken.objects.select_related("user").filter(prefix=shape[1]).first()
    # In constant time, and for an unknown prefix as long as for a known one.
    genuine = hmac.compare_digest(token.digest if token else "", _digest(secret))
    if token is None or not genuine or token.revoked_at is not None or not token.user.is_active:
        raise _invalid()
    now = timezone.now()
    if token.expires_at is not None and token.expires_at <= now:
        raise Refused("token-expired", "The token has expired; make a new one.")
    _note_use(token, now)
    return token


def revoke_token(*, token_id: int) -> bool:
    """Revoke a token, which stays in the list; repeating it changes nothing.

    Args:
        token_id: Primary key.

    Returns:
        Whether this call revoked it.
    """
    usable = ApiToken.objects.filter(pk=token_id, revoked_at__isnull=True)
    return bool(usable.update(revoked_at=Now()))


def _note_use(token: ApiToken, now: datetime) -> None:
    if token.last_used_at is not None and token.last_used_at > now - _COARSE:
        return
    long_ago = Q(last_used_at__isnull=True) | Q(last_used_at__lt=now - _COARSE)
    ApiToken.objects.filter(long_ago, pk=token.pk).update(last_used_at=now)


def _invalid() -> Refused:
    return Refused("invalid-token", "The token is unknown, revoked, or its user is not active.")


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
