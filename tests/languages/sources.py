"""Where the words of the admin are: Python, templates, and the sentences of the layers below."""

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from babel.messages.extract import extract
from django.utils.translation.template import templatize

from nornir_tasks.errors import REGISTRY
from nornir_tasks.rules import RULES, profiles
from nornir_tasks.sessions.failures import Phase
from prestage_plugin.sentences import CONTEXT
from tests.languages.sentences import sentences_in

__all__ = ["ROOT", "Message", "messages"]

ROOT = Path(__file__).parents[2]
PLUGIN = ROOT / "prestage_plugin"
TASKS = ROOT / "nornir_tasks"

_KEYWORDS: dict[str, Any] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
_SILENT = ("lab", "cli", "management", "api", "demo", "site", "syslog", "webhook", "migrations")
"""Folders whose sentences no page shows; the API's are English."""


@dataclass(frozen=True, slots=True)
class Message:
    """Words to translate.

    Attributes:
        id: The English words, or singular and plural.
        file: Where they are, relative to the repository.
        context: Tells equal words apart; `sentence` for those of `prestage_plugin.sentences`.
    """

    id: str | tuple[str, ...]
    file: str
    context: str | None = None


def messages() -> Iterator[Message]:
    """Yield everything that the admin says, some of it more than once."""
    for path in sorted(PLUGIN.rglob("*.py")):
        yield from _extracted(path.read_text("utf-8"), path)
    for path in sorted((PLUGIN / "templates").rglob("*.html")):
        yield from _extracted(_as_python(path.read_text("utf-8")), path)
    for path in _speaking_modules():
        yield from (Message(text, _relative(path), CONTEXT) for text in sentences_in(path))
    yield from (Message(text, file, CONTEXT) for file, text in _tables())


def _speaking_modules() -> Iterator[Path]:
    for root in (PLUGIN, TASKS):
        for path in sorted(root.rglob("*.py")):
            if not set(_SILENT) & set(path.relative_to(root).parts):
                yield path


def _tables() -> Iterator[tuple[str, str]]:
    """Yield the texts of registries: what they are is data, not an argument of a call."""
    for error in REGISTRY.values():
        yield from (("nornir_tasks/errors.py", text) for text in (error.meaning, error.action))
    for rule in RULES:
        yield from (
            ("nornir_tasks/rules/registry.py", text) for text in (rule.check, rule.description)
        )
    for profile in profiles():
        yield "nornir_tasks/rules/profiles.py", profile.description
    for phase in Phase:
        yield "nornir_tasks/sessions/failures.py", phase.value


def _extracted(source: str, path: Path) -> Iterator[Message]:
    found: Iterable[Any] = extract("python", io.BytesIO(source.encode()), keywords=_KEYWORDS)
    for _line, text, _comments, context in found:
        yield Message(text, _relative(path), context)


def _as_python(template: str) -> str:
    """Return calls of gettext instead of a template's tags, one under the other."""
    return "\n".join(line.strip() for line in templatize(template).splitlines())


def _relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()
