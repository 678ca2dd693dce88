"""Documents as they are stored: JSON, encoded once, compared by digest."""

import hashlib
from typing import Any

import orjson

from prestage_plugin.models.document import EncodedDocument

__all__ = ["digest", "encode"]


def encode(document: dict[str, Any] | list[Any]) -> EncodedDocument:
    """Return a document as text; equal documents, whose keys are in the same order, are equal.

    With orjson, because Python's own encoder takes longer for the documents of a device than it
    takes to parse its replies.
    """
    return EncodedDocument(orjson.dumps(document).decode())


def digest(document: EncodedDocument) -> str:
    """Return what tells whether a document is another one."""
    return hashlib.sha256(document.encode()).hexdigest()
