"""What the templates of the admin cannot say by themselves."""

from collections.abc import Sequence
from typing import Any

from django import template

from prestage_plugin.sentences import translate_sentence

register = template.Library()


@register.filter
def at(values: Sequence[Any], index: int) -> Any:
    """Return the value at an index, e.g. the name of the column that a header belongs to."""
    return values[index]


@register.filter
def sentence(text: str) -> str:
    """Return what a service said, which it says in English, in the language that is active."""
    return translate_sentence(text)
