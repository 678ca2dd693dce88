"""The catalogues in `prestage_plugin/locale`: written from the source, and compiled."""

import io
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from tests.languages.sources import PLUGIN, messages

__all__ = ["HOW", "catalogue_files", "compiled", "current", "read", "update"]

LOCALE = PLUGIN / "locale"
HOW = "Run `make messages`, translate what is empty or fuzzy, and run it again."

_PROJECT = "prestage-plugin"
# Nothing reads it, and the day of the last extraction would make every merge a conflict.
_WRITTEN = datetime(2026, 1, 1, tzinfo=UTC)
_WIDTH = 100
_HEADER = """# The words of prestage-plugin in {language}.
# `make messages` keeps it complete; see docs/languages.md.
#"""


def catalogue_files() -> list[Path]:
    """Return the catalogue of each language."""
    return sorted(LOCALE.glob("*/LC_MESSAGES/django.po"))


def current() -> Catalog:
    """Return a catalogue of what the source says now, without translations."""
    catalog = Catalog(project=_PROJECT, charset="utf-8")
    for message in messages():
        catalog.add(message.id, context=message.context, locations=[(message.file, 1)])
    return catalog


def read(path: Path) -> Catalog:
    """Return a catalogue with its translations."""
    with path.open("rb") as file:
        return read_po(file, locale=path.parents[1].name, domain="django")


def update(path: Path, template: Catalog) -> None:
    """Bring a catalogue up to date with the source, and compile it.

    Args:
        path: The catalogue; a new language begins with an empty file.
        template: What the source says.
    """
    catalog = read(path)
    catalog.update(template, update_header_comment=False)
    for message in catalog:
        message.locations = sorted(set(message.locations))
        if message.id and not message.string:
            message.flags.discard("fuzzy")
    catalog.obsolete.clear()
    _write(path, catalog)
    path.with_suffix(".mo").write_bytes(compiled(catalog))


def compiled(catalog: Catalog) -> bytes:
    """Return a catalogue as Django reads it; equal for equal translations."""
    buffer = io.BytesIO()
    write_mo(buffer, catalog)
    return buffer.getvalue()


def _write(path: Path, catalog: Catalog) -> None:
    catalog.project, catalog.version = _PROJECT, ""
    catalog.creation_date = catalog.revision_date = _WRITTEN
    catalog.last_translator = catalog.language_team = _PROJECT
    catalog.msgid_bugs_address = ""
    catalog.fuzzy = False
    assert catalog.locale is not None
    catalog.header_comment = _HEADER.format(language=catalog.locale.get_language_name("en"))
    with path.open("wb") as file:
        write_po(file, catalog, width=_WIDTH, sort_by_file=True, include_lineno=False)
