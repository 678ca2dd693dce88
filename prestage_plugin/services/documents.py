"""Documents as they are stored: JSON, encoded once, compared by digest."""

import hashlib
import json
from typing import Any

from prestage_plugin.models.document import EncodedDocument

__all__ = ["digest", "encode"]

# What is encoded here is built anew from frozen values, so nothing in it contains itself.
_ENCODER = json.JSONEncoder(check_circular=False)


def encode(document: dict[str, Any]) -> EncodedDocument:
    """Return a document as text; equal documents, whose keys are in the same order, are equal."""
    return EncodedDocument(_ENCODER.encode(document))


def digest(document: EncodedDocument) -> str:
    """Return what tells whether a document is another one."""
    return hashlib.sha256(document.encode()).hexdigest()
