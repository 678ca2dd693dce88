"""What services say in English is read in the reader's language."""

import pytest
from django.utils import translation

from nornir_tasks.errors import REGISTRY
from nornir_tasks.rules import RULES
from prestage_plugin.sentences import in_english, translate_sentence


@pytest.mark.parametrize(
    ("english", "german"),
    [
        ("Every device was handled.", "Jedes Gerät wurde bearbeitet."),
        ("pe1 has no assigned role.", "pe1 hat keine zugewiesene Rolle."),
        ("Reassigned from alice to bob.", "Von alice an bob übergeben."),
        (
            "Job #7 cannot be cancelled: it already ended as Success.",
            "Job #7 kann nicht abgebrochen werden: Er endete bereits mit „Erfolg“.",
        ),
        (
            "The device did not answer in time while logging in.",
            "Das Gerät hat nicht rechtzeitig geantwortet (bei der Anmeldung).",
        ),
        (
            "The role of pe1 cannot be taken back: it is used by VPN 7, VPN 8 and 3 more.",
            (
                "Die Zuweisung der Rolle von pe1 kann nicht aufgehoben werden: "
                "Sie wird verwendet von VPN 7, VPN 8 und 3 weiteren."
            ),
        ),
        (
            "The device answered with an error: permission denied (access-denied).",
            "Das Gerät hat mit einem Fehler geantwortet: permission denied (access-denied).",
        ),
        (
            "Wait changed from “as the site says” to “30”.",
            "Wartezeit von „wie in den Einstellungen der Site“ auf „30“ geändert.",
        ),
        # Somebody whose login is a word of the pages.
        ("Reassigned from Name to Success.", "Von Name an Success übergeben."),
        ("all devices", "alle Geräte"),
        ("12 devices", "12 Geräte"),
    ],
)
def test_a_sentence_is_recognised_by_its_template(english: str, german: str) -> None:
    with translation.override("de"):
        assert translate_sentence(english) == german
    assert translate_sentence(english) == english


@pytest.mark.parametrize(
    "text",
    ["", "Nobody here says that.", "{name}", "%(count)s", "}{", "  ", "has no assigned role."],
)
def test_what_no_template_fits_stays_as_it_is(text: str) -> None:
    with translation.override("de"):
        assert translate_sentence(text) == text


@pytest.mark.parametrize("name", ["{name}", "{0.__class__}", "%s", "has no assigned role.", "ä✓\n"])
def test_hostile_names_are_put_in_as_they_are(name: str) -> None:
    with translation.override("de"):
        assert translate_sentence(f"{name} has no assigned role.") == (
            f"{name} hat keine zugewiesene Rolle."
        )


def test_the_more_a_template_says_the_sooner_it_is_taken() -> None:
    with translation.override("de"):
        assert translate_sentence("There is no user ops.") == "Einen Benutzer ops gibt es nicht."
        zone = "There is no time zone 'x'; give an IANA name like Europe/Berlin."
        assert translate_sentence(zone).startswith("Die Zeitzone 'x' gibt es nicht")


def test_every_error_code_and_every_rule_is_explained_in_german() -> None:
    english = [text for info in REGISTRY.values() for text in (info.meaning, info.action)]
    english += [text for rule in RULES for text in (rule.check, rule.description)]
    with translation.override("de"):
        assert [text for text in english if translate_sentence(text) == text] == []


def test_a_long_hostile_text_is_not_taken_apart() -> None:
    text = "The role of " * 20_000
    with translation.override("de"):
        assert translate_sentence(text) == text


def test_words_within_are_english_whatever_is_active() -> None:
    with translation.override("de"), in_english():
        assert translate_sentence("all devices") == "all devices"


def test_without_any_translation_sentences_stay_as_they_are() -> None:
    with translation.override(None):
        assert translate_sentence("pe1 has no assigned role.") == "pe1 has no assigned role."
