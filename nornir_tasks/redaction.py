"""Masking of secrets in every text that comes from a device or from an exception."""

import logging
import re
from collections.abc import Iterable
from xml.sax.saxutils import escape

__all__ = ["MASK", "RedactingFilter", "guard_foreign_logs", "one_line", "redact"]

MASK = "***"
LONGEST_LINE = 300

_SENSITIVE = (
    r"(?:pass(?:word|wd|phrase)|secret|pre-shared-key|authentication-key|auth-key|private-key"
    r"|api[-_]?key|token|community|ascii-text|hexadecimal)"
)
_PEM = re.compile(r"-----BEGIN [A-Z0-9 ]+-----.*?(?:-----END [A-Z0-9 ]+-----|\Z)", re.DOTALL)
_ELEMENT = re.compile(
    rf"(<(?P<name>[\w:.-]*{_SENSITIVE}[\w.-]*)(?:\s[^<>]*)?>)[^<]*(?=</(?P=name)|\Z)",
    re.IGNORECASE,
)
_ASSIGNMENT = re.compile(
    rf"([\w-]*{_SENSITIVE}[\w-]*[\"']?\s*[=:]\s*)"
    r"(?:\"[^\"]*\"|'[^']*'|[^\s,;(){}\[\]<>]+)",
    re.IGNORECASE,
)
# Junos writes $9$ (reversible) and $8$, crypt(3) writes the others.
_HASH = re.compile(r"\$(?:1|2[abxy]?|5|6|7|8|9|y|sha1)\$[^\s\"'<>;,]+")


def redact(text: str, secrets: Iterable[str | None] = ()) -> str:
    """Return `text` with everything that looks like a secret masked.

    Args:
        text: Any text; may hold XML, configuration, an exception's message.
        secrets: Values that are known to be secret, e.g. the password in use; empty ones and None
            are passed over.

    Returns:
        The text with `***` in place of known secrets, PEM blocks, the content of elements named
        like secrets, `password=...` and hashes such as `$9$...` and `$6$...`.
    """
    known = {form for secret in secrets if secret for form in _forms(secret)}
    for form in sorted(known, key=len, reverse=True):
        text = text.replace(form, MASK)
    text = _PEM.sub(MASK, text)
    text = _ELEMENT.sub(rf"\g<1>{MASK}", text)
    text = _ASSIGNMENT.sub(rf"\g<1>{MASK}", text)
    return _HASH.sub(MASK, text)


def one_line(text: str, secrets: Iterable[str | None] = ()) -> str:
    """Return `text` redacted, with white space collapsed, at most 300 characters long."""
    line = " ".join(redact(text, secrets).split())
    return line if len(line) <= LONGEST_LINE else line[: LONGEST_LINE - 3] + "..."


def _forms(secret: str) -> tuple[str, ...]:
    return secret, escape(secret), escape(secret, {'"': "&quot;"}), repr(secret)[1:-1]


class RedactingFilter(logging.Filter):
    """Redacts the records of a logger that is not ours: Nornir logs whole tracebacks."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Redact the record's message in place and keep the record."""
        record.msg = redact(record.getMessage())
        record.args = None
        return True


_filter = RedactingFilter()


def guard_foreign_logs() -> None:
    """Redact what Nornir logs about tasks that failed; safe to call again."""
    logging.getLogger("nornir.core.task").addFilter(_filter)
