"""Who polls: what a token may read, remembered for a few seconds.

Only polls of jobs are answered from here: a token that was revoked, or a permission that was
taken back, can still poll a job for `REMEMBERED` seconds. Whatever else is read or written looks
the token up in the database.
"""

import hashlib
import time
from collections import OrderedDict
from dataclasses import dataclass

from django.utils import timezone

from prestage_plugin.errors import Refused
from prestage_plugin.services.tokens import authenticate_token
from prestage_plugin.states import TokenScope

__all__ = ["REMEMBERED", "Caller", "caller_of", "forget_callers"]

REMEMBERED = 5.0
"""Seconds."""

_MOST_CALLERS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """A token that may read.

    Attributes:
        token_id: Primary key of the token.
        user_id: Primary key of its user.
        sees_all_jobs: Whether the user sees the jobs of others.
        until: Monotonic seconds at which this is to be forgotten.
    """

    token_id: int
    user_id: int
    sees_all_jobs: bool
    until: float


_callers: OrderedDict[bytes, Caller] = OrderedDict()
"""By digest of the secret, which itself is kept nowhere."""


def caller_of(secret: str) -> Caller | None:
    """Return what is known of a token's secret; None when it may not read or is no good.

    Args:
        secret: As it was sent.
    """
    key = hashlib.sha256(secret.encode()).digest()
    now = time.monotonic()
    known = _callers.get(key)
    if known is not None and now < known.until:
        return known
    caller = _look_up(secret, now)
    if caller is None:
        _callers.pop(key, None)
        return None
    _callers[key] = caller
    _callers.move_to_end(key)
    if len(_callers) > _MOST_CALLERS:
        _callers.popitem(last=False)
    return caller


def forget_callers() -> None:
    """Forget what this process knows."""
    _callers.clear()


def _look_up(secret: str, now: float) -> Caller | None:
    try:
        token = authenticate_token(secret)
    except Refused:
        return None
    if TokenScope.READ not in token.scopes:
        return None
    until = now + REMEMBERED
    if token.expires_at is not None:
        until = min(until, now + (token.expires_at - timezone.now()).total_seconds())
    return Caller(
        token_id=token.pk,
        user_id=token.user_id,
        sees_all_jobs=token.user.has_perm("prestage.view_all_jobs"),
        until=until,
    )
