"""Bodies of NetBox and of Nautobot, which share an ancestor.

NetBox says `model` "device" or, newer, `object_type` "dcim.device", `username` or `request.user`;
Nautobot says `model` and `username`.
"""

from collections.abc import Sequence
from typing import Any

from prestage_plugin.events.webhook.bodies.changes import changes_only
from prestage_plugin.events.webhook.bodies.message import Ignored, Message
from prestage_plugin.events.webhook.bodies.objects import SUBJECTS
from prestage_plugin.events.webhook.bodies.values import at, text_at

__all__ = ["is_inventory_body", "read_inventory_body"]

_MODEL_KEYS = ("object_type", "model")
_BY_SHORT_NAME = {name.partition(".")[2]: name for name in SUBJECTS}
_DEVICE = "dcim.device"
_UPDATED = "updated"
_DELETED = "deleted"
_EVENTS = {
    word: meaning
    for meaning in ("created", _UPDATED, _DELETED)
    for word in (meaning, meaning[:-1], f"object_{meaning}")
}


def is_inventory_body(document: dict[str, Any]) -> bool:
    """Tell whether the body names a model."""
    return any(text_at(document, key) for key in _MODEL_KEYS)


def read_inventory_body(document: dict[str, Any], *, own_keys: Sequence[str]) -> Message:
    """Return what the body says.

    Args:
        document: A body that names a model.
        own_keys: Keys that we write ourselves.
    """
    actor = text_at(document, "username") or text_at(document, "request", "user")
    model = _model(document)
    # A template may leave out what happened; then it may have been anything.
    event = _EVENTS.get(text_at(document, "event") or _UPDATED)
    reason = _reason_to_ignore(document, model=model, event=event, own_keys=own_keys)
    if reason is not None:
        return Message(actor=actor, ignored={reason: 1})
    data = document.get("data")
    before = at(document, "snapshots", "prechange")
    subjects = tuple(SUBJECTS[model](data if isinstance(data, dict) else {}, before))
    return Message(
        subjects=subjects,
        actor=actor,
        detail=_detail(data, model=model, event=event or _UPDATED),
        ignored={} if subjects else {Ignored.NO_DEVICE: 1},
    )


def _model(document: dict[str, Any]) -> str:
    """Return the model with its app; as it was said when it is none of ours."""
    said = next(filter(None, (text_at(document, key) for key in _MODEL_KEYS)), "").lower()
    return _BY_SHORT_NAME.get(said, said)


def _reason_to_ignore(
    document: dict[str, Any], *, model: str, event: str | None, own_keys: Sequence[str]
) -> Ignored | None:
    if model not in SUBJECTS:
        return Ignored.MODEL
    if event is None:
        return Ignored.EVENT
    if event == _DELETED and model == _DEVICE:
        return Ignored.DELETED
    if event == _UPDATED and changes_only(document, own_keys):
        return Ignored.OWN_KEYS
    return None


def _detail(data: Any, *, model: str, event: str) -> str:
    kind = model.partition(".")[2]
    name = "" if model == _DEVICE else text_at(data, "name") or text_at(data, "address")
    return " ".join(filter(None, (kind, name, event)))
