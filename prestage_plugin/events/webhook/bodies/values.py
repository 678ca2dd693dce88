"""Take values out of a body whose shape nobody guarantees."""

from typing import Any

__all__ = ["at", "items_of", "text_at"]


def at(value: Any, *path: str) -> Any:
    """Return what is at a path of keys; None when it leads nowhere."""
    for key in path:
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value


def text_at(value: Any, *path: str) -> str:
    """Return the text at a path of keys; empty when there is none."""
    found = at(value, *path)
    return found if isinstance(found, str) else ""


def items_of(value: Any) -> list[Any]:
    """Return a list's items; none when it is no list."""
    return value if isinstance(value, list) else []
