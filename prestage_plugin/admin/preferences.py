"""What the user of a request prefers, read once; and the time zone in which pages are shown."""

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.forms.widgets import Script
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import SimpleTemplateResponse, TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from prestage_plugin.admin.pages import own_page
from prestage_plugin.models import UserPreferences
from prestage_plugin.services.preferences import choose_time_zone, known_zones, preferences_of

if TYPE_CHECKING:
    _Base = admin.ModelAdmin[Any]
else:
    _Base = object

__all__ = ["ZONE_COOKIE", "ZONE_SCRIPT", "InUsersZone", "preferences_in", "zone_of"]

ZONE_COOKIE = "prestage_time_zone"
"""Set by `zone.js`: the zone of the browser."""

ZONE_SCRIPT = Script("prestage_plugin/zone.js", defer=True)
"""For the media of pages that show times."""

_View = Callable[..., Any]


def preferences_in(request: HttpRequest) -> UserPreferences:
    """Return what the user of a request prefers."""
    known: UserPreferences | None = getattr(request, "prestage_preferences", None)
    if known is None:
        user = request.user
        known = preferences_of(user) if isinstance(user, User) else UserPreferences()
        request.prestage_preferences = known  # type: ignore[attr-defined]
    return known


class ZoneForm(forms.Form):
    """In which zone the user reads times."""

    time_zone = forms.ChoiceField(
        label=gettext_lazy("Time zone"),
        choices=lambda: [
            ("", _("As the browser says")),
            *((name, name) for name in sorted(known_zones())),
        ],
        required=False,
    )


class InUsersZone(_Base):
    """Mixed in front of a `ModelAdmin`: shows and reads times in the user's zone.

    That is the chosen one, else the browser's, else the site's.
    """

    def get_urls(self) -> list[URLPattern]:
        """Add the page that chooses the zone."""
        view = self.admin_site.admin_view(self.zone_view)
        return [path("time-zone/", view, name=self._zone_address()), *super().get_urls()]

    def zone_context(self) -> dict[str, Any]:
        """Return what `admin/prestage/zone.html` needs."""
        return {"zone_url": reverse(f"admin:{self._zone_address()}")}

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the list, with the zone of its times below it."""
        context = self.zone_context() | (extra_context or {})
        return super().changelist_view(request, context)

    def zone_view(self, request: HttpRequest) -> HttpResponse:
        """Ask for the zone; on POST remember it and return to the list."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        assert isinstance(request.user, User)
        stored = preferences_in(request).time_zone
        form = ZoneForm(request.POST or None, initial={"time_zone": stored})
        if form.is_valid():
            choose_time_zone(user=request.user, zone=form.cleaned_data["time_zone"])
            self.message_user(request, _("The time zone holds from now on."), messages.SUCCESS)
            model = self.opts.model_name
            return HttpResponseRedirect(reverse(f"admin:prestage_{model}_changelist"))
        context = own_page(self, request, title=_("Time zone"), form=form)
        return TemplateResponse(request, "admin/prestage/time_zone.html", context)

    def _zone_address(self) -> str:
        return f"prestage_{self.opts.model_name}_time_zone"

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
        with timezone.override(zone_of(request)):
            response = view(request, *args, **kwargs)
            # Otherwise it would be rendered when the zone is the site's again.
            if isinstance(response, SimpleTemplateResponse):
                response.render()
        return response

    return answer


def zone_of(request: HttpRequest) -> ZoneInfo | None:
    """Return the zone in which the user of a request reads times; None for the site's."""
    chosen = preferences_in(request).time_zone
    for name in (chosen, request.COOKIES.get(ZONE_COOKIE, "")):
        if name in known_zones():
            return ZoneInfo(name)
    return None
