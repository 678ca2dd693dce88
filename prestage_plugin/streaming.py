"""Long answers, sent while they are made: memory does not grow with their length.

Under WSGI Django takes a plain iterator from the answer piece by piece. Under ASGI it would make
a list of it first, so there the answer is an asynchronous iterator, each piece of which is made in
the thread of the request, where its connection to the database is.
"""

from collections.abc import AsyncIterator, Generator, Iterator
from itertools import islice

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, StreamingHttpResponse
from django.utils import translation

__all__ = ["stream_file"]

_LINES = 100
"""Of a piece, whose cost they share; and the first does not wait for long."""


def stream_file(
    request: HttpRequest, lines: Iterator[str], *, content_type: str, name: str
) -> StreamingHttpResponse:
    """Answer with a file.

    Args:
        request: It says in which language, and how the site is served.
        lines: Of the file, made while it is sent.
        content_type: With its charset.
        name: Of the file.
    """
    pieces = _pieces(lines, translation.get_language())
    return StreamingHttpResponse(
        _in_thread(pieces) if isinstance(request, ASGIRequest) else pieces,
        content_type=content_type,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _pieces(lines: Iterator[str], language: str | None) -> Generator[str, None, None]:
    while True:
        # Not around the whole: between two pieces the thread may serve somebody else.
        with translation.override(language):
            piece = "".join(islice(lines, _LINES))
        if not piece:
            return
        yield piece


async def _in_thread(pieces: Generator[str, None, None]) -> AsyncIterator[str]:
    try:
        while (piece := await sync_to_async(_next)(pieces)) is not None:
            yield piece
    finally:
        # Whoever reads may go away in the middle, and a cursor belongs to its thread.
        await sync_to_async(pieces.close)()


def _next(pieces: Iterator[str]) -> str | None:
    return next(pieces, None)
