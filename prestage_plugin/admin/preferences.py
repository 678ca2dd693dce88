"""What the user of a request prefers, read once; and the time zone in which pages are shown."""

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.contrib import admin
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.template.response import SimpleTemplateResponse
from django.urls import URLPattern
from django.utils import timezone

from prestage_plugin.models import UserPreferences
from prestage_plugin.services.preferences import known_zones, preferences_of

if TYPE_CHECKING:
    _Base = admin.ModelAdmin[Any]
else:
    _Base = object

__all__ = ["ZONE_COOKIE", "InUsersZone", "preferences_in"]

ZONE_COOKIE = "prestage_time_zone"
"""Set by `zone.js`: the zone of the browser."""

_View = Callable[..., Any]


def preferences_in(request: HttpRequest) -> UserPreferences:
    """Return what the user of a request prefers."""
    known: UserPreferences | None = getattr(request, "prestage_preferences", None)
    if known is None:
        user = request.user
        known = preferences_of(user) if isinstance(user, User) else UserPreferences()
        request.prestage_preferences = known  # type: ignore[attr-defined]
    return known


class InUsersZone(_Base):
    """Mixed in front of a `ModelAdmin`: shows and reads times in the user's zone.

    That is the chosen one, else the browser's, else the site's.
    """

    @property
    def urls(self) -> list[URLPattern]:
        """The page's addresses, each answered in the user's zone."""
        patterns = self.get_urls()
        for pattern in patterns:
            pattern.callback = _in_zone(pattern.callback)
        return patterns


def _in_zone(view: _View) -> _View:
    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        with timezone.override(_zone_of(request)):
            response = view(request, *args, **kwargs)
            # Otherwise it would be rendered when the zone is the site's again.
            if isinstance(response, SimpleTemplateResponse):
                response.render()
        return response

    return answer


def _zone_of(request: HttpRequest) -> ZoneInfo | None:
    chosen = preferences_in(request).time_zone
    for name in (chosen, request.COOKIES.get(ZONE_COOKIE, "")):
        if name in known_zones():
            return ZoneInfo(name)
    return None
