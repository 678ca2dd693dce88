"""Pages of a long list, without counting it."""

from typing import TYPE_CHECKING

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property

if TYPE_CHECKING:
    from django.db.models import Model

    _Paginator = Paginator[Model]
else:
    _Paginator = Paginator

__all__ = ["LookAheadPaginator", "page_number_in"]

_PAGES_AHEAD = 10


class LookAheadPaginator(_Paginator):
    """Knows only whether the next pages exist: the time does not depend on the list's length.

    Args:
        rows: The list.
        per_page: Rows of a page.
        page: The page that is asked for.
    """

    def __init__(self, rows: "QuerySet[Model]", per_page: int, *, page: int) -> None:
        super().__init__(rows, per_page)
        self._before = (max(page, 1) - 1) * self.per_page

    @cached_property
    def _ahead(self) -> int:
        rows = self.object_list
        assert isinstance(rows, QuerySet)
        most = self.per_page * _PAGES_AHEAD + 1
        return rows.order_by().values("pk")[self._before : self._before + most].count()

    @cached_property
    def count(self) -> int:
        """The number of rows as far as it was looked."""
        return self._before + min(self._ahead, self.per_page * _PAGES_AHEAD)

    @property
    def more(self) -> bool:
        """Whether there are more rows than `count`."""
        return self._ahead > self.per_page * _PAGES_AHEAD


def page_number_in(request: HttpRequest, name: str = "p") -> int:
    """Return the page that a request asks for; the first when it makes no sense."""
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < len("1000000") else 1
