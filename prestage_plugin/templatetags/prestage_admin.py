"""What the templates of the admin cannot say by themselves."""

from collections.abc import Sequence
from typing import Any

from django import template

register = template.Library()


@register.filter
def at(values: Sequence[Any], index: int) -> Any:
    """Return the value at an index, e.g. the name of the column that a header belongs to."""
    return values[index]
