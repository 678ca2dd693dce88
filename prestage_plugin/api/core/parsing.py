"""JSON bodies from anybody: bounded in size, and text that every database can store."""

import json
import re
from collections.abc import Mapping
from typing import IO, Any, ClassVar

from django.conf import settings
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from prestage_plugin.api.core.problems import PayloadTooLarge

__all__ = ["HostileJSONParser", "read_body"]

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class HostileJSONParser(BaseParser):
    """Parses `application/json` as UTF-8 (RFC 8259) and trusts nothing.

    DRF's own parser honours any `charset`, reads bodies of any size, and lets the interpreter's
    recursion limit end in a status 500.

    Attributes:
        most_bytes: Largest body; None for `DATA_UPLOAD_MAX_MEMORY_SIZE`.
    """

    media_type = "application/json"
    most_bytes: ClassVar[int | None] = None

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return the document.

        Args:
            stream: The request's body.
            media_type: Not used: the charset is always UTF-8.
            parser_context: Not used.

        Raises:
            ParseError: It is not JSON, nested too deeply, or holds characters no database takes.
            PayloadTooLarge: It is larger than the limit.
        """
        del media_type, parser_context
        try:
            text = read_body(stream, most_bytes=self.most_bytes).decode("utf-8")
            document = json.loads(text, parse_constant=_no_constant)
        except ValueError as error:
            raise ParseError("The body is not valid JSON in UTF-8.") from error
        except RecursionError as error:
            raise ParseError("The body is nested too deeply.") from error
        _refuse_unstorable_text(document)
        return document


def read_body(stream: IO[Any], *, most_bytes: int | None = None) -> bytes:
    """Return a body.

    Args:
        stream: Of the request.
        most_bytes: Largest size; None for what the site accepts.

    Raises:
        PayloadTooLarge: It is larger.
    """
    limit: int | None = most_bytes or settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    if limit is None:
        return bytes(stream.read())
    body = bytes(stream.read(limit + 1))
    if len(body) > limit:
        raise PayloadTooLarge
    return body


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON.")


def _refuse_unstorable_text(document: Any) -> None:
    """Refuse NUL and lone surrogates: no database or UTF-8 document can hold them."""
    pending = [document]
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            pending += [*value, *value.values()]
        elif isinstance(value, list):
            pending += value
        elif isinstance(value, str) and _UNSTORABLE.search(value):
            raise ParseError("The body holds a NUL character or half a surrogate pair.")
