"""What may be in the query string of a list."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.http import HttpRequest

if TYPE_CHECKING:
    from django.contrib.admin.views.main import ChangeList

    _Base = admin.ModelAdmin[Any]
else:
    _Base = object

__all__ = ["WithoutNul"]


class WithoutNul(_Base):
    """Mixed in front of a `ModelAdmin`: drops NUL, which PostgreSQL refuses in any text.

    Django's own filters hand it on, and the page would end in a server error.
    """

    def get_changelist_instance(self, request: HttpRequest) -> "ChangeList":
        """Return the list for what is left of the query string."""
        if any("\x00" in value for values in request.GET.lists() for value in values[1]):
            query = request.GET.copy()
            for name, values in request.GET.lists():
                query.setlist(name, [value.replace("\x00", "") for value in values])
            request.GET = query  # type: ignore[assignment]
        return super().get_changelist_instance(request)
