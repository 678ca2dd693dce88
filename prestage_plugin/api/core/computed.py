"""Lists that are no table: their rows are computed, or lie in one document."""

import base64
import json
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, NamedTuple

from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from prestage_plugin.api.core.exporting import stream
from prestage_plugin.api.core.paging import page_schema, page_size_of, paging_parameters
from prestage_plugin.api.core.problems import invalid_parameter
from prestage_plugin.api.core.renderers import CsvRenderer, JsonLinesRenderer, PlainJsonRenderer
from prestage_plugin.api.core.view import RowsView

__all__ = ["ComputedListView", "ComputedPages"]


class ComputedPages(BasePagination):
    """What the pages of a computed list look like, for the schema."""

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Return what a page looks like."""
        return page_schema(schema)

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """Return the parameters of every computed list."""
        del view
        return paging_parameters()


class ComputedListView(RowsView[Any]):
    """A list that has one order and is known as a whole: pages, entity tag, sparse fields, export.

    Attributes:
        key: Of a row: where a page begins, also when rows have come or gone since.
        columns: Of the CSV table; a dot leads into an object of the document.
        export_name: Of the exported file.
    """

    pagination_class = ComputedPages
    renderer_classes = [PlainJsonRenderer, CsvRenderer, JsonLinesRenderer]

    key: ClassVar[str] = "id"
    columns: ClassVar[Sequence[str]] = ()
    export_name: ClassVar[str] = "export"

    def known_parameters(self) -> list[str]:
        """Return the parameters of every computed list, and those of this one."""
        return [*self.parameters, "cursor", "page_size", "fields"]

    def answer_list(self, rows: Sequence[dict[str, Any]], *, versions: Iterable[Any]) -> Any:
        """Answer with a page, or with all rows as a stream.

        Args:
            rows: All of them, filtered and in order.
            versions: What they are made of.
        """
        form = self.request.accepted_renderer.format
        if form != PlainJsonRenderer.format:
            return self._export(rows, form)
        page = _page(self.request, rows, self.key)
        return self.answer_unless_known(versions, lambda: self._document(rows, page))

    def _document(self, rows: Sequence[dict[str, Any]], page: "_Page") -> Response:
        shown = rows[page.start : page.end]
        back = max(page.start - page.size, 0)
        return Response(
            {
                "next": self._address(rows, page.end) if page.end < len(rows) else None,
                "previous": self._address(rows, back) if page.start else None,
                "results": self.get_serializer(shown, many=True).data,
            }
        )

    def _address(self, rows: Sequence[dict[str, Any]], start: int) -> str:
        text = json.dumps([start, rows[start][self.key]], separators=(",", ":"))
        cursor = base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
        return replace_query_param(self.request.build_absolute_uri(), "cursor", cursor)

    def _export(self, rows: Iterable[dict[str, Any]], form: str) -> Any:
        document = self.get_serializer()
        shown = getattr(document, "fields", {})
        return stream(
            self.request,
            rows=rows,
            document=document,
            columns=[each for each in self.columns if each.partition(".")[0] in shown],
            form=form,
            name=self.export_name,
        )


class _Page(NamedTuple):
    start: int
    end: int
    size: int


def _page(request: Request, rows: Sequence[dict[str, Any]], key: str) -> _Page:
    """Return which rows the request asks for: from the row that its cursor names, or its place."""
    size = page_size_of(request)
    given = request.query_params.get("cursor")
    start = 0
    if given is not None:
        place, name = _cursor(given)
        there = (index for index, row in enumerate(rows) if row[key] == name)
        start = min(next(there, place), len(rows))
    return _Page(start, min(start + size, len(rows)), size)


def _cursor(given: str) -> tuple[int, str]:
    refusal = invalid_parameter("cursor", "Take the cursor from `next` or `previous` of a page.")
    try:
        padded = given.encode("ascii") + b"=" * (-len(given) % 4)
        cursor = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, RecursionError):
        raise refusal from None
    match cursor:
        case [int(place), str(name)] if place >= 0 and not isinstance(place, bool):
            return place, name
    raise refusal
