"""The settings of auto prestaging in words, the same in every history that tells of a change."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from prestage_plugin.models import AutoSettings
from prestage_plugin.sentences import in_english, marked
from prestage_plugin.services.auto import EDITABLE
from prestage_plugin.states import ChangeSource

__all__ = ["describe_changes"]

_LABELS: Mapping[str, Any] = {
    "enabled": gettext_lazy("Auto prestaging"),
    "wait": gettext_lazy("Wait"),
    "idle": pgettext_lazy("auto prestaging", "Idle"),
    "most_jobs": gettext_lazy("Parallel auto jobs"),
    "muted_sources": gettext_lazy("Muted sources"),
}


def describe_changes(before: AutoSettings, after: AutoSettings) -> list[str]:
    """Return what differs, e.g. `Wait changed from “20” to “30”.`, in English.

    Args:
        before: The settings as they were.
        after: The settings as they are.
    """
    pairs = ((name, getattr(before, name), getattr(after, name)) for name in EDITABLE)
    with in_english():
        return [
            _changed(str(_LABELS[name]), _in_words(old), _in_words(new))
            for name, old, new in pairs
            if old != new
        ]


def _changed(label_words: str, before_words: str, after_words: str) -> str:
    return marked(f"{label_words} changed from “{before_words}” to “{after_words}”.")


def _in_words(value: object) -> str:
    """Return a value as people know it from the admin's page."""
    if value is None:
        return _("as the site says")
    if isinstance(value, bool):
        return _("On") if value else _("Off")
    if isinstance(value, list):
        return ", ".join(str(ChangeSource(each).label) for each in value) or _("none")
    return f"{value:g}"
