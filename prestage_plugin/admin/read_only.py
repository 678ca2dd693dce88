"""Pages of rows that only the software writes."""

from django.db.models import Model
from django.http import HttpRequest

__all__ = ["ReadOnly"]


class ReadOnly:
    """Mixed in front of a `ModelAdmin`: nobody adds or changes a row by hand."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody adds what never was."""
        del request
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody changes what was."""
        del request, obj
        return False
