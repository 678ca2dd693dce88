"""Lists whose columns each user can hide and show."""

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

from django.contrib import admin
from django.contrib.admin.utils import label_for_field
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
)
from django.urls import URLPattern, path, reverse
from django.utils.text import capfirst

from prestage_plugin.admin.preferences import preferences_in
from prestage_plugin.services.preferences import hide_columns

if TYPE_CHECKING:
    _Base = admin.ModelAdmin[Any]
else:
    _Base = object

__all__ = ["ChoosableColumns"]


class ChoosableColumns(_Base):
    """Mixed in front of a `ModelAdmin`: the header hides columns, a menu shows them again."""

    always_shown: tuple[str, ...] = ()
    """Columns that cannot be hidden, for want of another way to the row."""

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        """Return the columns that the user wants to see."""
        hidden = self._hidden(request)
        return [name for name in self._columns() if name not in hidden]

    def get_urls(self) -> list[URLPattern]:
        """Add the address that the header and the menu send to."""
        view = self.admin_site.admin_view(self.columns_view)
        return [path("columns/", view, name=self._address()), *super().get_urls()]

    def columns_context(self, request: HttpRequest) -> dict[str, Any]:
        """Return what the templates of the list need for the menu."""
        hidden = self._hidden(request)
        return {
            "columns_url": reverse(f"admin:{self._address()}"),
            "columns": [
                {
                    "name": name,
                    "label": capfirst(str(label_for_field(name, self.model, self))),
                    "shown": name not in hidden,
                    "fixed": name in self.always_shown,
                }
                for name in self._columns()
            ],
        }

    def columns_view(self, request: HttpRequest) -> HttpResponse:
        """Hide one column (`hide`), or all but some (`show`), and return to the list."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        assert isinstance(request.user, User)
        offered = set(self._columns()) - set(self.always_shown)
        one = request.POST.get("hide")
        if one is not None:
            hidden = self._hidden(request) | ({one} & offered)
        else:
            hidden = offered - set(request.POST.getlist("show"))
        hide_columns(user=request.user, page=self._page(), columns=hidden)
        return HttpResponseRedirect(self._list(request.POST.get("query", "")))

    def _list(self, query: str) -> str:
        # Without the order: it names columns by their place, which is another one now.
        kept = [(name, value) for name, value in parse_qsl(query) if name not in {"o", "p"}]
        address = reverse(f"admin:prestage_{self._page()}_changelist")
        return f"{address}?{urlencode(kept)}" if kept else address

    def _hidden(self, request: HttpRequest) -> set[str]:
        stored = preferences_in(request).hidden_columns.get(self._page(), [])
        return set(stored) - set(self.always_shown)

    def _columns(self) -> list[str]:
        return [str(name) for name in self.list_display]

    def _page(self) -> str:
        return str(self.opts.model_name)

    def _address(self) -> str:
        return f"prestage_{self._page()}_columns"
