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

__all__ = ["authenticate_token", "create_token", "register_token", "revoke_token"]

_NAME_LENGTH = 64
_PREFIX_LENGTH = 12
_SECRET = re.compile(rf"prestage_([a-z0-9]{{{_PREFIX_LENGTH}}})_[A-Za-z0-9_-]{{43}}")
_PREFIX = re.compile(rf"[a-z0-9]{{{_PREFIX_LENGTH}}}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
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
    prefix = "".join(secrets.choice(_ALPHABET) for _ in range(_PREFIX_LENGTH))
    secret = f"prestage_{prefix}_{secrets.token_urlsafe(32)}"
    token = register_token(
        user=user,
        name=name,
        scopes=scopes,
        created_by=created_by,
        prefix=prefix,
        digest=_digest(secret),
        expires_at=expires_at,
    )
    return token, secret


def register_token(
    *,
    user: User,
    name: str,
    scopes: Iterable[str],
    created_by: str,
    prefix: str,
    digest: str,
    expires_at: datetime | None = None,
    maker: ApiToken | None = None,
) -> ApiToken:
    """Make a token whose secret somebody else has made and keeps, `prestage_PREFIX_` and 43 more.

    Args:
        user: See `create_token`, as the others.
        name: Unique among the user's tokens.
        scopes: What it may do.
        created_by: Login of who makes it.
        prefix: 12 small letters and digits that stand in the secret.
        digest: The SHA-256 of the whole secret, in hexadecimal.
        expires_at: When it ends; never when None.
        maker: The token by which it is made: the new one may no more and lasts no longer.

    Raises:
        Refused: As `create_token`, and `bad-token-secret`, `beyond-maker`, or `prefix-taken`, a
            conflict.
    """
    wanted = _checked_scopes(set(scopes))
    _check_name_and_end(name, expires_at)
    _check_secret(prefix, digest)
    if maker is not None:
        _refuse_beyond(maker, wanted, expires_at)
    try:
        with transaction.atomic():
            return ApiToken.objects.create(
                user=user,
                name=name,
                prefix=prefix,
                digest=digest,
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


def _check_name_and_end(name: str, expires_at: datetime | None) -> None:
    if not (name.strip() and name.isprintable() and len(name) <= _NAME_LENGTH):
        raise Refused("bad-token-name", "A token needs a name of up to 64 printable characters.")
    if expires_at is not None and expires_at <= timezone.now():
        raise Refused("in-the-past", "The token would have expired already.")


def _check_secret(prefix: str, digest: str) -> None:
    if not (_PREFIX.fullmatch(prefix) and _DIGEST.fullmatch(digest)):
        raise Refused(
            "bad-token-secret",
            "A token needs a prefix of 12 small letters and digits, and a SHA-256 in hexadecimal.",
        )
    if ApiToken.objects.filter(prefix=prefix).exists():
        raise Refused(
            "prefix-taken", "There is a token of this prefix; make another secret.", conflict=True
        )


def _refuse_beyond(maker: ApiToken, scopes: list[str], expires_at: datetime | None) -> None:
    """Refuse a token that may more than the one that makes it, or lasts longer."""
    more = [scope for scope in scopes if scope not in maker.scopes]
    if more:
        raise Refused(
            "beyond-maker",
            f"The token {maker.name} has not the scope {more[0]}, so it can make none that has.",
        )
    if maker.expires_at is not None and (expires_at is None or expires_at > maker.expires_at):
        raise Refused(
            "beyond-maker",
            f"The token {maker.name} expires; what it makes needs an `expires_at` no later.",
        )


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
