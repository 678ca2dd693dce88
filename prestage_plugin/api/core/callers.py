"""Who polls: what a token or a session may read, remembered for a few seconds.

Only polls of jobs are answered from here: a token that was revoked, a session that was ended, or a
permission that was taken back, can still poll a job for `REMEMBERED` seconds. Whatever else is read
or written looks them up in the database.
"""

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

from prestage_plugin.api.core.authentication import secret_of
from prestage_plugin.api.core.throttling import name_of_token, name_of_user
from prestage_plugin.errors import Refused
from prestage_plugin.services.tokens import authenticate_token
from prestage_plugin.states import TokenScope

__all__ = ["REMEMBERED", "Caller", "caller_of", "forget_callers"]

REMEMBERED = 5.0
"""Seconds."""

_MOST_CALLERS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """A token or a session that may read.

    Attributes:
        counted_as: By which name its requests are counted.
        user_id: Primary key of its user.
        sees_all_jobs: Whether the user sees the jobs of others.
        until: Monotonic seconds at which this is to be forgotten.
    """

    counted_as: str
    user_id: int
    sees_all_jobs: bool
    until: float


_callers: OrderedDict[bytes, Caller] = OrderedDict()
"""By digest of the secret or the cookie, which itself is kept nowhere."""


def caller_of(request: HttpRequest) -> Caller | None:
    """Return what is known of who asks; None when it is nobody who may read.

    Args:
        request: With a token, else with a session of the site.
    """
    header = request.META.get("HTTP_AUTHORIZATION")
    if header is None:
        cookie = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
        return _remembered(f"session {cookie}", _session, request) if cookie else None
    secret = secret_of(header)
    return None if secret is None else _remembered(f"token {secret}", _token, secret)


def _remembered(
    shown: str, look_up: Callable[[Any, float], Caller | None], what: Any
) -> Caller | None:
    key = hashlib.sha256(shown.encode()).digest()
    now = time.monotonic()
    known = _callers.get(key)
    if known is not None and now < known.until:
        return known
    caller = look_up(what, now)
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


def _token(secret: str, now: float) -> Caller | None:
    try:
        token = authenticate_token(secret)
    except Refused:
        return None
    if TokenScope.READ not in token.scopes:
        return None
    until = now + REMEMBERED
    if token.expires_at is not None:
        until = min(until, now + (token.expires_at - timezone.now()).total_seconds())
    return _caller(token.user, name_of_token(token.pk), until)


def _session(request: HttpRequest, now: float) -> Caller | None:
    user = getattr(request, "user", None)
    if user is None or not (user.is_authenticated and user.is_active):
        return None
    return _caller(user, name_of_user(user.pk), now + REMEMBERED)


def _caller(user: Any, counted_as: str, until: float) -> Caller:
    return Caller(
        counted_as=counted_as,
        user_id=user.pk,
        sees_all_jobs=user.has_perm("prestage.view_all_jobs"),
        until=until,
    )
