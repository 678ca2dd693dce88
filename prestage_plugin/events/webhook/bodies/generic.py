"""The body for everybody else: scripts, CI, an orchestrator.

`{"id": "5f0c", "timestamp": 1795000000, "devices": ["pe1"], "user": "ci", "detail": "deployed"}`,
or `addresses` instead of `devices`, or both.
"""

from typing import Any

from prestage_plugin.events.webhook.bodies.message import Ignored, Message, Subject
from prestage_plugin.events.webhook.bodies.values import items_of, text_at

__all__ = ["is_generic_body", "read_generic_body"]

_LISTS = ("devices", "addresses")


def is_generic_body(document: dict[str, Any]) -> bool:
    """Tell whether the body lists devices or addresses."""
    return any(key in document for key in _LISTS)


def read_generic_body(document: dict[str, Any]) -> Message:
    """Return what the body says.

    Args:
        document: A body that lists devices or addresses.
    """
    names, addresses = (items_of(document.get(key)) for key in _LISTS)
    subjects = [Subject(names=(name,)) for name in names if _is_said(name)]
    subjects += [Subject(addresses=(address,)) for address in addresses if _is_said(address)]
    wrong = len(names) + len(addresses) - len(subjects)
    wrong += sum(not isinstance(document.get(key, []), list) for key in _LISTS)
    return Message(
        subjects=tuple(subjects),
        actor=text_at(document, "user"),
        detail=text_at(document, "detail"),
        ignored={Ignored.NOT_UNDERSTOOD: wrong} if wrong else {},
    )


def _is_said(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())
