"""The catalogues: complete, right in form, compiled, and shipped."""

import re
import string
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from django.utils import translation

from tests.languages.catalogue import HOW, catalogue_files, compiled, current, read, update
from tests.languages.sentences import Unreadable, sentences_in

FILES = catalogue_files()
PERCENT = re.compile(r"%(?:\([a-z_]+\))?[ds%]")


@pytest.fixture(scope="module")
def said() -> Catalog:
    """What the source says."""
    return current()


def keys(catalog: Catalog) -> set[tuple[str | None, object]]:
    return {(message.context, message.id) for message in catalog if message.id}


def texts(text: object) -> list[str]:
    return [str(each) for each in text] if isinstance(text, tuple | list) else [str(text or "")]


def places(message: Message, text: str) -> list[str]:
    if message.context == "sentence":
        return sorted(str(name) for _, name, _, _ in string.Formatter().parse(text) if name)
    return sorted(PERCENT.findall(text))


def test_there_is_a_complete_language_beside_english() -> None:
    assert [path.parents[1].name for path in FILES] == ["de"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.parents[1].name)
class TestCatalogue:
    def test_it_has_what_the_source_says_and_nothing_else(self, path: Path, said: Catalog) -> None:
        known = keys(read(path))
        assert keys(said) - known == set(), HOW
        assert known - keys(said) == set(), HOW

    def test_everything_is_translated(self, path: Path) -> None:
        left = [
            str(message.id)
            for message in read(path)
            if message.id and (message.fuzzy or not all(texts(message.string)))
        ]
        assert left == [], HOW

    def test_what_stands_in_the_places_is_what_stood_there(self, path: Path) -> None:
        wrong = [
            (message.id, translated)
            for message in read(path)
            if message.id
            for original, translated in zip(texts(message.id), texts(message.string), strict=True)
            if places(message, original) != places(message, translated)
        ]
        assert wrong == []

    def test_it_has_as_many_forms_of_a_plural_as_the_language(self, path: Path) -> None:
        catalog = read(path)
        forms = {len(texts(each.string)) for each in catalog if each.id and each.pluralizable}
        assert forms == {catalog.num_plurals}

    def test_spaces_and_stops_at_the_ends_stay(self, path: Path) -> None:
        def ends(text: str) -> tuple[bool, bool, str]:
            return text[:1].isspace(), text[-1:].isspace(), text[-1:] if text[-1:] in ".:?" else ""

        wrong = [
            (message.id, translated)
            for message in read(path)
            if message.id
            for original, translated in zip(texts(message.id), texts(message.string), strict=True)
            if ends(original) != ends(translated)
        ]
        assert wrong == []

    def test_no_other_app_has_other_words_for_the_same(self, path: Path) -> None:
        # Apps that are listed before ours win. Give such a message a context, or take their words.
        with translation.override(path.parents[1].name):
            hidden = [
                (message.id, shown, message.string)
                for message in read(path)
                if isinstance(message.id, str) and message.id and message.context is None
                if (shown := translation.gettext(message.id)) != message.string
            ]
        assert hidden == []

    def test_what_is_shipped_is_what_was_compiled_from_it(self, path: Path) -> None:
        assert path.with_suffix(".mo").read_bytes() == compiled(read(path)), HOW


def test_it_is_written_as_make_messages_writes_it(tmp_path: Path, said: Catalog) -> None:
    for path in FILES:
        copy = tmp_path / path.relative_to(path.parents[2])
        copy.parent.mkdir(parents=True)
        copy.write_bytes(path.read_bytes())
        update(copy, said)
        assert copy.read_text("utf-8") == path.read_text("utf-8"), HOW


def test_a_new_language_begins_with_an_empty_file(tmp_path: Path, said: Catalog) -> None:
    path = tmp_path / "fr" / "LC_MESSAGES" / "django.po"
    path.parent.mkdir(parents=True)
    path.touch()
    update(path, said)
    assert keys(read(path)) == keys(said)
    assert path.with_suffix(".mo").exists()


def test_the_templates_of_a_sentence_are_read_from_where_it_is_said(tmp_path: Path) -> None:
    module = tmp_path / "module.py"
    module.write_text(
        "WORDS = {1: 'The first text.', 2: 'The second text.'}\n"
        "def refuse(job, names, kind, full):\n"
        "    more = f' and {len(names)} more' if full else ''\n"
        "    raise Refused('code', f'Job #{job.pk} ended as {job.get_state_display()}{more}.')\n"
        "def other(kind):\n"
        "    return _bad(WORDS[kind])\n"
        "def _bad(text):\n"
        "    return Refused('bad', text)\n"
    )
    assert list(sentences_in(module)) == [
        "Job #{pk} ended as {state_display} and {names} more.",
        "Job #{pk} ended as {state_display}.",
        "The first text.",
        "The second text.",
    ]


def test_a_sentence_that_cannot_be_read_is_an_error_that_says_where(tmp_path: Path) -> None:
    module = tmp_path / "module.py"
    module.write_text("def refuse(job):\n    raise Refused('code', words_of(job))\n")
    with pytest.raises(Unreadable, match=r"module\.py:2: the words of `words_of\(job\)`"):
        list(sentences_in(module))
