"""Cursor pagination: its cost does not depend on the number of rows: nothing is counted."""

from rest_framework.exceptions import NotFound
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.request import Request

from prestage_plugin.api.query import invalid_parameter

__all__ = ["ByDeviceNamePages", "ByNamePages", "NewestFirstPages"]

MAX_PAGE_SIZE = 200
_DIGITS = 18
"""Of the largest number that every database takes as a primary key."""


class _Pages(CursorPagination):
    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = MAX_PAGE_SIZE

    def decode_cursor(self, request: Request) -> Cursor | None:
        try:
            cursor = super().decode_cursor(request)
        except NotFound as error:
            raise _bad_cursor() from error
        if cursor is not None and cursor.position is not None:
            self.check_position(str(cursor.position))
        return cursor

    def get_page_size(self, request: Request) -> int | None:
        given = request.query_params.get("page_size")
        if given is not None and not (given.isascii() and given.isdigit() and int(given[:9]) > 0):
            raise invalid_parameter("page_size", f"It must be a number from 1 to {MAX_PAGE_SIZE}.")
        return super().get_page_size(request)

    def check_position(self, position: str) -> None:
        """Raise `InvalidRequest` for a position that the database would choke on."""
        if "\x00" in position:
            raise _bad_cursor()


class NewestFirstPages(_Pages):
    """Pages in descending order of the primary key."""

    ordering = "-id"

    def check_position(self, position: str) -> None:
        """Raise `InvalidRequest` for a position that is no primary key."""
        if not (position.isascii() and position.isdigit() and len(position) <= _DIGITS):
            raise _bad_cursor()


class ByNamePages(_Pages):
    """Pages in the order of `name`, which is unique."""

    ordering = "name"


class ByDeviceNamePages(_Pages):
    """Pages in the order of `device_name`, which is unique within a job."""

    ordering = "device_name"


def _bad_cursor() -> Exception:
    return invalid_parameter("cursor", "Take the cursor from `next` or `previous` of a page.")
