"""A language that nobody speaks: every text is itself in brackets, so that what has none shows.

It takes the place of Norwegian, which the package does not speak, and in whose dates and times
Django writes no other words than the names of months and days.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import django
import django_q
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from tests.languages.catalogue import compiled, current

__all__ = ["PSEUDO", "bare_words", "write_pseudo"]

PSEUDO = "nb"

_DJANGO = Path(django.__file__).parent
_DJANGOS = ("conf", "contrib/admin", "contrib/auth", "contrib/contenttypes")
_INNERMOST = re.compile(r"⟦[^⟦⟧]*⟧")
_WORD = re.compile(r"[^\W\d_][\w./:@*-]*")


def write_pseudo(folder: Path) -> Path:
    """Write the language for ours and for Django's texts.

    Args:
        folder: Of this test.

    Returns:
        What belongs into `LOCALE_PATHS`.
    """
    pseudo = Catalog(locale=PSEUDO, charset="utf-8", fuzzy=False)
    for catalog in (*_django_catalogs(), current()):
        for message in catalog:
            if message.id:
                ids = message.id if isinstance(message.id, tuple) else (message.id,)
                text = tuple(_bracketed(str(each)) for each in ids)
                words = text if message.pluralizable else text[0]
                pseudo.add(message.id, words, context=message.context)
    path = folder / PSEUDO / "LC_MESSAGES"
    path.mkdir(parents=True)
    (path / "django.mo").write_bytes(compiled(pseudo))
    return folder


def bare_words(text: str) -> list[str]:
    """Return the words of a text that stand in no brackets."""
    before = ""
    while before != text:
        before, text = text, _INNERMOST.sub(" ", text)
    return [word.rstrip(".:") for word in _WORD.findall(text)]


def _bracketed(text: str) -> str:
    # The filter `yesno` takes one of several words.
    return "⟦yes⟧,⟦no⟧,⟦maybe⟧" if text == "yes,no,maybe" else f"⟦{text}⟧"


def _django_catalogs() -> Iterator[Catalog]:
    for app in _DJANGOS:
        with (_DJANGO / app / "locale/en/LC_MESSAGES/django.po").open("rb") as file:
            yield read_po(file, locale="en")
    # It has no English one.
    with (Path(django_q.__file__).parent / "locale/de/LC_MESSAGES/django.po").open("rb") as file:
        yield read_po(file, locale="de")
