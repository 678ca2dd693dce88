"""The forms in which answers leave, and how one is chosen."""

from collections.abc import Sequence
from typing import Any

from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request

from prestage_plugin.api.core.problems import invalid_parameter

__all__ = [
    "CsvRenderer",
    "EventStreamRenderer",
    "JsonLinesRenderer",
    "Negotiation",
    "PlainJsonRenderer",
]


class PlainJsonRenderer(JSONRenderer):
    """JSON that does not depend on the site's settings for its own API."""

    compact = True
    ensure_ascii = False
    strict = True


class _Streamed(BaseRenderer):
    """Only negotiated: the view streams the rows itself (`core.exporting`)."""

    charset = "utf-8"

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None
    ) -> bytes:
        """Render what is no list: an error, as JSON."""
        return PlainJsonRenderer().render(data, accepted_media_type, renderer_context)


class CsvRenderer(_Streamed):
    """A table with a heading."""

    media_type = "text/csv"
    format = "csv"


class JsonLinesRenderer(_Streamed):
    """One JSON document a line."""

    media_type = "application/jsonl"
    format = "jsonl"


class EventStreamRenderer(_Streamed):
    """Server-sent events."""

    media_type = "text/event-stream"
    format = "sse"


class Negotiation(DefaultContentNegotiation):
    """By `?format=`, whatever the site calls that parameter for its own API, else by `Accept`."""

    def select_renderer(
        self,
        request: Request,
        renderers: Sequence[BaseRenderer],  # type: ignore[override]
        format_suffix: str | None = None,
    ) -> tuple[BaseRenderer, str]:
        """Return the renderer and its media type.

        Raises:
            InvalidRequest: There is no such format.
        """
        del format_suffix
        wanted = request.query_params.get("format")
        if wanted is None:
            chosen: tuple[BaseRenderer, str] = super().select_renderer(
                request, list(renderers), None
            )
            return chosen
        for renderer in renderers:
            if renderer.format == wanted:
                return renderer, str(renderer.media_type)
        known = ", ".join(str(renderer.format) for renderer in renderers)
        raise invalid_parameter("format", f"It must be one of {known}.", code="invalid-choice")
