"""Problem documents (RFC 9457): the form of every error that goes out by HTTP.

`type` is always `about:blank`, so `title` is the status phrase; what programs match is `code`.
"""

from http import HTTPStatus
from typing import Any

__all__ = ["PROBLEM_TYPE", "problem_document"]

PROBLEM_TYPE = "application/problem+json"


def problem_document(*, status: int, code: str, detail: str) -> dict[str, Any]:
    """Return a problem document.

    Args:
        status: HTTP status.
        code: Stable machine code.
        detail: One sentence.
    """
    return {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": int(status),
        "detail": detail,
        "code": code,
    }
