"""Which keys of an object an update changed.

NetBox shows the object before and after (`snapshots.prechange`, `snapshots.postchange`), Nautobot
also what differs (`snapshots.differences.removed` and `.added`).
"""

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from typing import Any

from prestage_plugin.events.webhook.bodies.values import at

__all__ = ["changes_only"]

_FIELDS = "custom_fields"


def changes_only(document: dict[str, Any], keys: Sequence[str]) -> bool:
    """Tell whether an update surely changed nothing but these keys.

    Args:
        document: The body. When it does not show what changed, it may be anything.
        keys: Names of keys; `custom_fields.NAME` is a custom field, `*` any characters.
    """
    changed = 0
    for key in _changed(document):
        if not any(fnmatchcase(key, pattern) for pattern in keys):
            return False
        changed += 1
    return changed > 0


def _changed(document: dict[str, Any]) -> Iterator[str]:
    snapshots = document.get("snapshots")
    for before, after in (
        (at(snapshots, "differences", "removed"), at(snapshots, "differences", "added")),
        (at(snapshots, "prechange"), at(snapshots, "postchange")),
    ):
        if isinstance(before, dict) and isinstance(after, dict):
            yield from _differing(before, after)
            return


def _differing(before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
    for key in before.keys() | after.keys():
        old, new = before.get(key), after.get(key)
        if old == new and key in before and key in after:
            continue
        if key == _FIELDS and isinstance(old, dict) and isinstance(new, dict):
            yield from (f"{_FIELDS}.{name}" for name in _differing(old, new))
        else:
            yield key
