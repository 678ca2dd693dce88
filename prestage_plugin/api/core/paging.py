"""Pages by keyset: their cost depends neither on the number of rows nor on how far one has come.

Nothing is counted. A cursor names the last row that was seen by what the list is ordered by and,
where that is not unique, by its primary key, so rows that come and go meanwhile shift nothing.
"""

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from django.core.exceptions import ValidationError
from django.db.models import Field, Model, Q
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from prestage_plugin.api.core.problems import invalid_parameter

__all__ = [
    "MAX_PAGE_SIZE",
    "KeysetPages",
    "ordering_of",
    "page_schema",
    "page_size_of",
    "paging_parameters",
]

PAGE_SIZE = 50
MAX_PAGE_SIZE = 200
_LARGEST = 2**63 - 1
"""What every database takes as a whole number."""


class KeysetPages(BasePagination):
    """Pages of a list; the view's `orderings` says in which orders there are.

    The first ordering is the default. An ordering is the name of a column that is never null and
    has an index, with a minus in front for the other direction.
    """

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        """Return the rows of the page that the request asks for."""
        self._request = request
        self._ordering = ordering_of(request, view.orderings)
        name = self._ordering.removeprefix("-")
        self._column: Field[Any, Any] = queryset.model._meta.get_field(name)  # noqa: SLF001 - public in Django
        backwards, position = self._cursor()
        size = page_size_of(request)
        falling = self._ordering.startswith("-") != backwards
        if position is not None:
            queryset = queryset.filter(self._beyond(position, falling=falling))
        signed = "-" if falling else ""
        rows = list(queryset.order_by(*(f"{signed}{key}" for key in self._keys()))[: size + 1])
        more = len(rows) > size
        rows = rows[:size]
        if backwards:
            rows.reverse()
        self._has_next = backwards or more
        self._has_previous = more if backwards else position is not None
        self._rows = rows
        return rows

    def get_paginated_response(self, data: Any) -> Response:
        """Return the page with the addresses of its neighbours, null at the ends."""
        last, first = (self._rows[-1], self._rows[0]) if self._rows else (None, None)
        return Response(
            {
                "next": self._address(last, backwards=False) if self._has_next else None,
                "previous": self._address(first, backwards=True) if self._has_previous else None,
                "results": data,
            }
        )

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Return what a page looks like."""
        return page_schema(schema)

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """Return the parameters of every list."""
        orderings = list(view.orderings)
        return [
            *paging_parameters(),
            {
                "name": "ordering",
                "in": "query",
                "description": "Order of the rows; a minus in front means falling.",
                "schema": {"type": "string", "enum": orderings, "default": orderings[0]},
            },
        ]

    def _keys(self) -> list[str]:
        unique = self._column.unique or self._column.primary_key
        return [self._column.name] if unique else [self._column.name, "pk"]

    def _cursor(self) -> tuple[bool, list[Any] | None]:
        """Return the direction and the position of the request's cursor."""
        given = self._request.query_params.get("cursor")
        if given is None:
            return False, None
        try:
            padded = given.encode("ascii") + b"=" * (-len(given) % 4)
            cursor = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        except (ValueError, RecursionError):
            _refuse_cursor()
        if not isinstance(cursor, Mapping) or cursor.get("o") != self._ordering:
            _refuse_cursor()
        position = cursor.get("p")
        if not isinstance(position, list) or len(position) != len(self._keys()):
            _refuse_cursor()
        return cursor.get("d") == "back", [
            self._column_value(position[0]),
            *map(_key, position[1:]),
        ]

    def _column_value(self, value: Any) -> Any:
        if value is None or isinstance(value, (bool, float, dict, list)) or "\x00" in str(value):
            _refuse_cursor()
        try:
            read = self._column.to_python(value)
        except ValidationError:
            _refuse_cursor()
        return _key(read) if isinstance(read, int) else read

    def _beyond(self, position: Sequence[Any], *, falling: bool) -> Q:
        beyond = "lt" if falling else "gt"
        name, *rest = self._keys()
        if not rest:
            return Q(**{f"{name}__{beyond}": position[0]})
        # Redundant, so that the database sees a range of the index.
        reached = Q(**{f"{name}__{beyond}e": position[0]})
        return reached & (
            Q(**{f"{name}__{beyond}": position[0]}) | Q(**{f"pk__{beyond}": position[1]})
        )

    def _address(self, row: Model | None, *, backwards: bool) -> str | None:
        if row is None:
            return None
        values = [self._column.value_to_string(row), *([row.pk] if self._keys()[1:] else [])]
        cursor = {"o": self._ordering, "d": "back" if backwards else "on", "p": values}
        text = base64.urlsafe_b64encode(json.dumps(cursor, separators=(",", ":")).encode())
        return replace_query_param(
            self._request.build_absolute_uri(), "cursor", text.decode().rstrip("=")
        )


def page_schema(schema: dict[str, Any]) -> dict[str, Any]:
    """Return what a page looks like.

    Args:
        schema: Of its results.
    """
    link = {"type": ["string", "null"], "format": "uri", "example": None}
    return {
        "type": "object",
        "required": ["next", "previous", "results"],
        "properties": {"next": link, "previous": link, "results": schema},
    }


def paging_parameters() -> list[dict[str, Any]]:
    """Return the parameters of every list that comes in pages, for the schema."""
    return [
        {
            "name": "cursor",
            "in": "query",
            "description": "Where the page begins: out of `next` or `previous` of a page.",
            "schema": {"type": "string"},
        },
        {
            "name": "page_size",
            "in": "query",
            "description": "Rows of a page.",
            "schema": {
                "type": "integer",
                "minimum": 1,
                "default": PAGE_SIZE,
                "description": f"More than {MAX_PAGE_SIZE} gives {MAX_PAGE_SIZE}.",
            },
        },
    ]


def ordering_of(request: Request, orderings: Sequence[str]) -> str:
    """Return the ordering that a request asks for.

    Args:
        request: With or without `ordering`.
        orderings: What there is, the default first.

    Raises:
        InvalidRequest: `invalid-choice`.
    """
    wanted = request.query_params.get("ordering", orderings[0])
    if wanted not in orderings:
        words = ", ".join(orderings)
        raise invalid_parameter("ordering", f"It must be one of {words}.", code="invalid-choice")
    return wanted


def page_size_of(request: Request) -> int:
    """Return how many rows a page has.

    Args:
        request: With or without `page_size`.

    Raises:
        InvalidRequest: `invalid`.
    """
    given = request.query_params.get("page_size")
    if given is None:
        return PAGE_SIZE
    if not (given.isascii() and given.isdigit() and int(given[:9]) > 0):
        raise invalid_parameter("page_size", f"It must be a number from 1 to {MAX_PAGE_SIZE}.")
    return min(int(given[:9]), MAX_PAGE_SIZE)


def _key(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) > _LARGEST:
        _refuse_cursor()
    return value


def _refuse_cursor() -> NoReturn:
    raise invalid_parameter("cursor", "Take the cursor from `next` or `previous` of a page.")
