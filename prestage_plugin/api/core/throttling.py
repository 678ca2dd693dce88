"""How often somebody may ask, by scope: `API_RATES` in the settings."""

import math
import time
from collections import OrderedDict
from typing import Any

from django.core.cache import cache
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from prestage_plugin.api.core.actor import user_of
from prestage_plugin.api.core.permissions import scope_of
from prestage_plugin.conf import get_settings, parse_rate
from prestage_plugin.models import ApiToken
from prestage_plugin.states import TokenScope

__all__ = ["RateLimit", "forget_reads", "may_read", "name_of_token", "name_of_user"]

_MOST_CALLERS = 10_000
_reads: OrderedDict[str, tuple[int, int]] = OrderedDict()
"""By caller: number of the period, and requests in it."""


class RateLimit(BaseThrottle):
    """Counts in fixed periods: one caller's requests of one scope.

    A caller is a token, a user or, for strangers, an address. Writing is counted in the site's
    cache, that is over all its processes, and so is what a view counts under a name of its own.
    Reading, which is most of it, is counted by each process for itself: a poll that has nothing
    new to tell shall not cost a write to the cache.
    """

    def allow_request(self, request: Request, view: Any) -> bool:
        """Count the request, and say whether it may go on."""
        known = bool(request.user and request.user.is_authenticated)
        own: str | None = view.rate
        scope = (own or str(scope_of(request, view))) if known else "anonymous"
        here = request.method in SAFE_METHODS and own is None
        seconds = _excess(scope, self._caller(request, known), everywhere=not here)
        self._wait = seconds or 0
        return seconds is None

    def wait(self) -> float:
        """Return the seconds until the next period."""
        return float(self._wait)

    def _caller(self, request: Request, known: bool) -> str:
        if isinstance(request.auth, ApiToken):
            return name_of_token(request.auth.pk)
        return name_of_user(user_of(request).pk) if known else f"address:{self.get_ident(request)}"


def may_read(counted_as: str) -> bool:
    """Count a poll that is answered without a view.

    Args:
        counted_as: Of whom, see `name_of_token` and `name_of_user`.

    Returns:
        Whether it is within the limit. One that is not is not counted, for the view counts it.
    """
    within = _excess(TokenScope.READ, counted_as, everywhere=False) is None
    if not within:
        _uncount_here(f"{TokenScope.READ}:{counted_as}")
    return within


def forget_reads() -> None:
    """Forget what this process has counted."""
    _reads.clear()


def name_of_token(token_id: int) -> str:
    """Return by which name the requests of a token are counted."""
    return f"token:{token_id}"


def name_of_user(user_id: int) -> str:
    """Return by which name the requests of a session are counted."""
    return f"user:{user_id}"


def _excess(scope: str, caller: str, *, everywhere: bool) -> int | None:
    """Count a request; return None when it is within the limit, else the seconds to wait."""
    rate = get_settings().api_rates.get(scope)
    if rate is None:
        return None
    limit, seconds = parse_rate(rate)
    now = time.time()
    period = int(now // seconds)
    key = f"{scope}:{caller}"
    count = _count_for_all(key, period, seconds) if everywhere else _count_here(key, period)
    return None if count <= limit else math.ceil((period + 1) * seconds - now)


def _uncount_here(caller: str) -> None:
    if caller in _reads:
        period, count = _reads[caller]
        _reads[caller] = period, count - 1


def _count_here(caller: str, period: int) -> int:
    last, count = _reads.get(caller, (period, 0))
    count = count + 1 if last == period else 1
    _reads[caller] = period, count
    _reads.move_to_end(caller)
    if len(_reads) > _MOST_CALLERS:
        _reads.popitem(last=False)
    return count


def _count_for_all(caller: str, period: int, seconds: int) -> int:
    key = f"prestage:rate:{caller}:{period}".replace(" ", "_")
    cache.add(key, 0, timeout=seconds * 2)
    try:
        return int(cache.incr(key))
    except ValueError:
        # It was evicted at once: a cache that keeps nothing limits nothing.
        return 1
