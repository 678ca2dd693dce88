"""Sentences of the services and of `nornir_tasks`, in the language of whoever reads them.

Those say everything in English, which is what the tables, the logs, the commands and the API hold:
a sentence that was stored in one user's language would be that for everybody, for ever. The admin
translates a sentence when it shows it. The catalogue has the template of each, such as
`{name} has no assigned role.`, which `make messages` reads from the source; a sentence is
recognised by it, and what stands in its places goes into the translation. One that no template
fits, such as an error text of a device, stays as it is.
"""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import lru_cache
from string import Formatter
from typing import Any

from django.utils.translation import gettext, override, pgettext
from django.utils.translation.trans_real import catalog

__all__ = ["CONTEXT", "in_english", "marked", "translate_sentence"]

CONTEXT = "sentence"
"""The context of the templates in the catalogues."""

_KEY = f"{CONTEXT}\x04"
"""How such an entry begins in a compiled catalogue."""

_OF_WORDS = ("_display", "_words")
"""How places end that hold words of pages, e.g. `state_display`."""

_OF_SENTENCES = "sentence_list"
"""The place that holds other sentences, with a comma and a space between them."""


def marked(text: str) -> str:
    """Return the text; `make messages` takes it for a sentence, f-strings included."""
    return text


def in_english() -> AbstractContextManager[None]:
    """Return a context in which words are English: for what is stored, sent or logged."""
    return override("en")


def translate_sentence(text: str) -> str:
    """Return a sentence in the language that is active.

    Args:
        text: In English, as a service said it, now or when it was stored.
    """
    if not text:
        return ""
    for words in (pgettext(CONTEXT, text), gettext(text)):
        if words != text:
            return words
    for template in _templates(catalog()):
        values = template.values_in(text)
        if values is not None:
            return pgettext(CONTEXT, template.text).format(**values)
    return text


@dataclass(frozen=True, slots=True)
class _Template:
    """A template with places.

    Attributes:
        text: As in the catalogue.
        pieces: What stands before the first place, between the places, and after the last.
        places: Their names.
    """

    text: str
    pieces: Sequence[str]
    places: Sequence[str]

    def values_in(self, text: str) -> dict[str, str] | None:
        """Return what stands in the places of a sentence; None when it is another sentence.

        Each place ends where the next piece is found first, so the time is linear in the text.
        """
        first, *middle, last = self.pieces
        if not text.startswith(first) or len(text) < len(first) + len(last):
            return None
        if not text.endswith(last):
            return None
        rest = text[len(first) : len(text) - len(last)]
        found = []
        for piece in middle:
            end = rest.find(piece)
            if end < 0:
                return None
            found.append(rest[:end])
            rest = rest[end + len(piece) :]
        return {
            place: _translate_value(place, value)
            for place, value in zip(self.places, [*found, rest], strict=True)
        }


def _translate_value(place: str, value: str) -> str:
    """Return what stands in a place: our own words, unlike names, in the active language."""
    if not value:
        return ""
    if place == _OF_SENTENCES:
        return ", ".join(map(translate_sentence, value.split(", ")))
    return gettext(value) if place.endswith(_OF_WORDS) else pgettext(CONTEXT, value)


@lru_cache(maxsize=32)
def _templates(messages: Any) -> list[_Template]:
    """Return the templates of a catalogue, those that say the most first."""
    found = [_parsed(key.removeprefix(_KEY)) for key in _keys(messages) if key.startswith(_KEY)]
    with_places = [template for template in found if template.places]
    return sorted(with_places, key=lambda each: -sum(map(len, each.pieces)))


def _keys(messages: Any) -> Iterator[str]:
    # As Django's own `JavaScriptCatalog` reads them. Forms of a plural have keys with a number.
    while messages is not None:
        entries = getattr(messages, "_catalog", None) or {}
        yield from (key for key, _words in entries.items() if isinstance(key, str))
        messages = messages._fallback  # noqa: SLF001


def _parsed(template: str) -> _Template:
    pieces, places = [""], []
    for literal, place, _format, _conversion in Formatter().parse(template):
        pieces[-1] += literal
        if place is not None:
            places.append(place)
            pieces.append("")
    return _Template(template, pieces, places)
