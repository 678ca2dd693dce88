"""A whole list as CSV or JSON lines, row by row: memory does not grow with the number of rows."""

import csv
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.http import StreamingHttpResponse
from rest_framework.request import Request
from rest_framework.serializers import BaseSerializer
from rest_framework.utils.encoders import JSONEncoder

from prestage_plugin.api.core.renderers import CsvRenderer
from prestage_plugin.services.export import safe_cell
from prestage_plugin.streaming import stream_file

__all__ = ["CHUNK", "stream"]

CHUNK = 200
"""Rows that are read at a time."""


class _Line:
    """What `csv` writes to: it hands each line back instead of keeping it."""

    def write(self, line: str) -> str:
        return line


def stream(
    request: Request,
    *,
    rows: Iterable[Any],
    document: BaseSerializer[Any],
    columns: Sequence[str],
    form: str,
    name: str,
) -> StreamingHttpResponse:
    """Answer with all rows of a list.

    Args:
        request: The present one.
        rows: Filtered and in order; not held at once when they are an iterator.
        document: Renders one row.
        columns: Of the table: fields of the document; a dot leads into an object.
        form: `csv` or `jsonl`.
        name: Of the file, without its ending.
    """
    documents = (dict(document.to_representation(row)) for row in rows)
    if form == CsvRenderer.format:
        lines, media_type = _table(documents, columns), "text/csv; charset=utf-8"
    else:
        lines, media_type = _json_lines(documents), "application/jsonl; charset=utf-8"
    return stream_file(
        request._request,  # noqa: SLF001 - Django's own
        lines,
        content_type=media_type,
        name=f"{name}.{form}",
    )


def _json_lines(documents: Iterator[dict[str, Any]]) -> Iterator[str]:
    for each in documents:
        yield f"{json.dumps(each, cls=JSONEncoder, ensure_ascii=False)}\n"


def _table(documents: Iterator[dict[str, Any]], columns: Sequence[str]) -> Iterator[str]:
    write = csv.writer(_Line()).writerow
    yield str(write(columns))
    for each in documents:
        yield str(write([_cell(each, column) for column in columns]))


def _cell(document: Any, column: str) -> Any:
    value = document
    for key in column.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    if isinstance(value, (dict, list)):
        value = json.dumps(value, cls=JSONEncoder, ensure_ascii=False)
    return safe_cell(value)
