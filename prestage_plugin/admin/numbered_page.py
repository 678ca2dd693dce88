"""Some rows of many on a page of ours, without counting the rest."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

from prestage_plugin.admin.paginator import page_number_in

__all__ = ["NumberedPage"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberedPage:
    """The rows of a page, and how to get to those beside it; for `admin/prestage/pages.html`.

    Attributes:
        rows: The rows.
        number: Of the page, from 1.
        previous: Query string; empty when this is the first.
        following: Query string; empty when this is the last.
    """

    rows: list[Any]
    number: int
    previous: str
    following: str

    @classmethod
    def of(
        cls, rows: "Sequence[Any] | QuerySet[Any]", size: int, request: HttpRequest
    ) -> "NumberedPage":
        """Read the page that a request asks for (`p`, from 1).

        Args:
            rows: All of them, in their order.
            size: Rows of a page.
            request: Its other parameters are kept.
        """
        number = max(page_number_in(request), 1)
        start = (number - 1) * size
        # One more, to know whether there is a next page.
        found = list(rows[start : start + size + 1])
        return cls(
            rows=found[:size],
            number=number,
            previous=_query(request, number - 1) if number > 1 else "",
            following=_query(request, number + 1) if len(found) > size else "",
        )


def _query(request: HttpRequest, number: int) -> str:
    query = request.GET.copy()
    query["p"] = str(number)
    return f"?{query.urlencode()}"
