"""Lists whose columns each user can hide and show."""

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import label_for_field
from django.contrib.admin.views.main import ORDER_VAR, PAGE_VAR
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
    QueryDict,
)
from django.urls import URLPattern, path, reverse
from django.utils.text import capfirst

from prestage_plugin.admin.preferences import preferences_in
from prestage_plugin.services.preferences import hide_columns

if TYPE_CHECKING:
    _Base = admin.ModelAdmin[Any]
else:
    _Base = object

__all__ = ["ChoosableColumns", "moved_order"]

_MOST_DIGITS = 3


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
        before = self._places(request, self._hidden(request))
        after = self._places(request, hidden)
        hide_columns(user=request.user, page=self._page(), columns=hidden)
        query = QueryDict(request.POST.get("query", ""), mutable=True)
        # From the beginning: an order that went with its column leaves other rows on the page.
        query.pop(PAGE_VAR, None)
        order = moved_order(".".join(query.pop(ORDER_VAR, [])), before, after)
        if order:
            query[ORDER_VAR] = order
        address = reverse(f"admin:prestage_{self._page()}_changelist")
        return HttpResponseRedirect(f"{address}?{query.urlencode()}" if query else address)

    def _places(self, request: HttpRequest, hidden: Collection[str]) -> list[str]:
        """Return the columns of the table in their places, by which an order names them."""
        shown = [name for name in self._columns() if name not in hidden]
        return [ACTION_CHECKBOX_NAME, *shown] if self.get_actions(request) else shown

    def _hidden(self, request: HttpRequest) -> set[str]:
        stored = preferences_in(request).hidden_columns.get(self._page(), [])
        return set(stored) - set(self.always_shown)

    def _columns(self) -> list[str]:
        return [str(name) for name in self.list_display]

    def _page(self) -> str:
        return str(self.opts.model_name)

    def _address(self) -> str:
        return f"prestage_{self._page()}_columns"


def moved_order(order: str, before: Sequence[str], after: Sequence[str]) -> str:
    """Return an order of rows that sorts by the same columns where they are now.

    A column that is not shown any more sorts nothing: nobody would see why.

    Args:
        order: Django's, e.g. `-3.1`: places of columns, with a minus for descending.
        before: Names of the columns in the places that it means.
        after: Names of the columns in their new places.
    """
    parts = []
    for part in order.split("."):
        place = part.removeprefix("-")
        if not (place.isascii() and place.isdigit() and len(place) <= _MOST_DIGITS):
            continue
        name = before[int(place)] if int(place) < len(before) else None
        if name is not None and name in after:
            parts.append(f"{'-' if part.startswith('-') else ''}{after.index(name)}")
    return ".".join(parts)
