"""Filters of lists that have too many values to be offered one by one."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import PAGE_VAR, ChangeList
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

__all__ = ["TextFilter", "TimeRangeFilter"]

_MINUTE = "%Y-%m-%dT%H:%M"


class TextFilter(admin.SimpleListFilter):
    """A field to write into; a subclass says what rows fit the text."""

    template = "admin/prestage/filters/text.html"

    def value(self) -> str:
        """Return the text, without what no database takes."""
        return (super().value() or "").replace("\x00", "").strip()

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return nothing: the field is the choice."""
        del request, model_admin
        return []

    def has_output(self) -> bool:
        """Show it always."""
        return True

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        """Yield what the field needs."""
        name = str(self.parameter_name)
        yield {
            "name": name,
            "value": self.value(),
            "kept": _kept(changelist, {name}),
            "without": changelist.get_query_string(remove=[name]),
        }


class TimeRangeFilter(admin.ListFilter):
    """From a time to another one, in the user's zone; either may be left out."""

    title = gettext_lazy("time")
    template = "admin/prestage/filters/time_range.html"
    column = ""
    """Name of the model's column."""

    def __init__(
        self,
        request: HttpRequest,
        params: dict[str, list[str]],
        model: type[Model],
        model_admin: Any,
    ) -> None:
        super().__init__(request, params, model, model_admin)
        for name in self.expected_parameters():
            assert name is not None
            values = params.pop(name, [""])
            if values[-1]:
                self.used_parameters[name] = values[-1]

    def expected_parameters(self) -> list[str | None]:
        """Return the names in the query string."""
        return ["from", "to"]

    def has_output(self) -> bool:
        """Show it always."""
        return True

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the rows within the range."""
        del request
        for name, lookup in (("from", "gte"), ("to", "lte")):
            text = self.used_parameters.get(name)
            if text:
                queryset = queryset.filter(**{f"{self.column}__{lookup}": _moment(str(text))})
        return queryset

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        """Yield what the two fields need, with links to some ranges."""
        now = timezone.localtime()
        yield {
            "from": self.used_parameters.get("from", ""),
            "to": self.used_parameters.get("to", ""),
            "kept": _kept(changelist, {"from", "to"}),
            "zone": timezone.get_current_timezone_name(),
            "links": [
                (text, changelist.get_query_string(new, ["from", "to"]))
                for text, new in (
                    (_("Any time"), {}),
                    (_("Last 24 hours"), {"from": (now - timedelta(days=1)).strftime(_MINUTE)}),
                    (_("Last 7 days"), {"from": (now - timedelta(days=7)).strftime(_MINUTE)}),
                    (_("From now on"), {"from": now.strftime(_MINUTE)}),
                )
            ],
        }


def _kept(changelist: ChangeList, own: set[str]) -> list[tuple[str, str]]:
    """Return what the query string says beside the filter itself and the page."""
    query = changelist.get_query_string(remove=[PAGE_VAR, *own])
    return [(name, value) for name, value in parse_qsl(query.removeprefix("?")) if name not in own]


def _moment(text: str) -> datetime:
    try:
        return timezone.make_aware(datetime.fromisoformat(text).replace(tzinfo=None))
    except (OverflowError, ValueError) as error:
        raise IncorrectLookupParameters(ValidationError(text)) from error
