"""Whether a comment names an N-PE (prestaging spec, section 3)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nornir_tasks.rules.comment import names_npe

TEXTS = [
    ("N-PE", True),
    ("NPE", True),
    ("PE", True),
    ("this is an N-PE.", True),
    ("role:PE", True),
    ("(PE)", True),
    ("PE/ASBR", True),
    ("PE, rack 4", True),
    ("line 1\nPE\nline 3", True),
    # The word is what counts, not the sentence.
    ("not a PE", True),
    ("U-PE", False),
    ("PE-AGG", False),
    ("OPEN", False),
    ("TYPE", False),
    ("PEER", False),
    ("U-PE and PE-AGG", False),
    ("N-PE1", False),
    ("PE2", False),
    ("1PE", False),
    ("MY_PE", False),
    ("PE_2", False),
    ("N-N-PE", False),
    ("N-PE-2", False),
    ("N - PE", True),
    ("pe", False),
    ("n-pe", False),
    ("Npe", False),
    ("ÜPE", False),
    ("", False),
]


@pytest.mark.parametrize(("text", "named"), TEXTS)
def test_only_a_word_of_its_own_names_an_npe(text: str, named: bool) -> None:
    assert names_npe(text) is named


def words(text: str) -> set[str]:
    """An independent reading: cut wherever no word can go on."""
    cut = "".join(c if c.isalnum() or c in "-_" else " " for c in text)
    return set(cut.split(" "))


PIECES = st.sampled_from(["PE", "NPE", "N-PE", "N", "-", "_", " ", "U", ".", "\n", "1", "/", "é"])


@given(st.lists(PIECES, max_size=8).map("".join) | st.text(max_size=20))
def test_the_match_agrees_with_cutting_the_text_into_words(text: str) -> None:
    assert names_npe(text) is bool(words(text) & {"PE", "NPE", "N-PE"})
    assert names_npe(text, bare_pe=False) is bool(words(text) & {"NPE", "N-PE"})
