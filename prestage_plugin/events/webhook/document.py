"""Parse the body of a message: JSON (RFC 8259) with limits, since signed is not harmless."""

import json
import re
from typing import Any, NoReturn

from prestage_plugin.events.webhook.refusal import Refusal, RefusalCode

__all__ = ["MOST_DEPTH", "parse_document"]

MOST_DEPTH = 64
"""Levels of arrays and objects; the custom fields of NetBox may hold JSON of their own."""

# Possessive, and with an end that may be missing: linear in time for any bytes.
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
_ONE_KIND = bytes.maketrans(b"{}", b"[]")
_NO_BRACKET = bytes(set(range(256)) - set(b"[]{}"))


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


# NaN and the infinities are no JSON.
_decoder = json.JSONDecoder(parse_constant=_refuse_constant)


def parse_document(payload: bytes) -> dict[str, Any]:
    """Return the object in a body; of a key that is there twice the last value.

    Args:
        payload: The raw body, of limited size.

    Raises:
        Refusal: It is no JSON in UTF-8, too deep, or no object.
    """
    if _is_too_deep(payload):
        raise Refusal(
            RefusalCode.JSON_TOO_DEEP,
            f"The body has more than {MOST_DEPTH} levels of arrays and objects.",
        )
    try:
        document = _decoder.decode(payload.decode())
    except (ValueError, RecursionError):  # also numbers of thousands of digits
        raise Refusal(RefusalCode.JSON_INVALID, "The body is no valid JSON in UTF-8.") from None
    if not isinstance(document, dict):
        raise Refusal(RefusalCode.JSON_NOT_AN_OBJECT, "The body is no JSON object.")
    return document


def _is_too_deep(payload: bytes) -> bool:
    """Tell without parsing; what is no JSON may be called too deep."""
    if payload.count(b"[") + payload.count(b"{") <= MOST_DEPTH:
        return False
    brackets = _STRING.sub(b"", payload).translate(_ONE_KIND, delete=_NO_BRACKET)
    for _level in range(MOST_DEPTH):
        if not brackets:
            return False
        brackets = brackets.replace(b"[]", b"")
    return bool(brackets)
