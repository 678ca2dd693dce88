"""Whether a comment names an N-PE: by token, never by substring (prestaging spec, section 3)."""

import re

__all__ = ["names_npe"]

# A word is a run of letters, digits, `-` and `_`: `PE-AGG`, `U-PE`, `PE1`, `OPEN` are other words.
_NPE = re.compile(r"(?<![\w-])(?:N-PE|NPE)(?![\w-])")
_NPE_OR_PE = re.compile(r"(?<![\w-])(?:N-PE|NPE|PE)(?![\w-])")


def names_npe(text: str, *, bare_pe: bool = True) -> bool:
    """Return whether `N-PE`, `NPE` or `PE` is a word of its own in the text.

    Case counts. Nothing but the word does: `not a PE` names a PE too, and `N-PE1` does not.

    Args:
        text: The comment.
        bare_pe: Whether the word `PE` counts, as it did in the ancestor's first release.
    """
    return (_NPE_OR_PE if bare_pe else _NPE).search(text) is not None
