"""Errors as problem documents (RFC 9457), the framework's own included."""

import logging
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Literal
from urllib.parse import quote

from django.conf import settings
from django.core.exceptions import BadRequest, PermissionDenied, SuspiciousOperation
from django.core.signals import got_request_exception
from django.db import InterfaceError, OperationalError
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.views import set_rollback

from prestage_plugin.errors import Refused
from prestage_plugin.problem import PROBLEM_TYPE, problem_document

__all__ = [
    "Fault",
    "InvalidRequest",
    "PayloadTooLarge",
    "answer_problem",
    "invalid_parameter",
]

logger = logging.getLogger(__name__)

_UNPROCESSABLE = {"idempotency-key-reused"}
"""Refusals that are 422 rather than 400: the request is well-formed but contradicts an earlier."""


_PASSING = {"idempotency-key-in-use"}
"""Refusals that are over in a moment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that is wrong with a request.

    Attributes:
        kind: Where it is: in the body, the query string or a header.
        name: A JSON pointer as URI fragment (RFC 6901, section 6), or the name of the parameter
            or header.
        code: Stable machine code.
        detail: One sentence.
    """

    kind: Literal["pointer", "parameter", "header"]
    name: str
    code: str
    detail: str

    def as_json(self) -> dict[str, str]:
        """Return the form in a problem's `errors`."""
        return {self.kind: self.name, "code": self.code, "detail": self.detail}


class InvalidRequest(exceptions.APIException):
    """400: a parameter or header is wrong."""

    status_code = HTTPStatus.BAD_REQUEST
    default_code = "invalid"

    def __init__(self, *faults: Fault) -> None:
        code, detail = _headline(faults)
        super().__init__(detail, code)
        self.faults = faults


class PayloadTooLarge(exceptions.APIException):
    """413: the body is larger than the site accepts."""

    status_code = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    default_code = "payload-too-large"
    default_detail = "The request body is too large."


class Unavailable(exceptions.APIException):
    """503: the database does not answer, or is busy for too long."""

    status_code = HTTPStatus.SERVICE_UNAVAILABLE
    default_code = "database-unavailable"
    default_detail = "The database does not answer; send the request again."
    wait = 5
    """Seconds."""


def invalid_parameter(name: str, detail: str, *, code: str = "invalid") -> InvalidRequest:
    """Return the error for a query parameter.

    Args:
        name: The parameter.
        detail: One sentence.
        code: Machine code.
    """
    return InvalidRequest(Fault(kind="parameter", name=name, code=code, detail=detail))


def answer_problem(error: Exception, _context: dict[str, Any]) -> Response | None:
    """Turn an exception of a view into a problem document (a DRF exception handler).

    Args:
        error: What the view raised.

    Returns:
        The response; None for a defect when the site is in debug mode, so that Django shows it.
    """
    if isinstance(error, Refused):
        set_rollback()
        headers = {"Retry-After": "1"} if error.code in _PASSING else None
        return _problem(_status_of(error), error.code, error.text, headers=headers)
    if isinstance(error, (OperationalError, InterfaceError)):
        logger.error("The database does not answer: %s", type(error).__name__)
        error = Unavailable()
    known = _as_api_exception(error)
    if known is not None:
        set_rollback()
        return _from_api_exception(known)
    if settings.DEBUG:
        return None
    return _from_defect(error)


def _status_of(refusal: Refused) -> int:
    if refusal.conflict:
        return HTTPStatus.CONFLICT
    if refusal.code in _UNPROCESSABLE:
        return HTTPStatus.UNPROCESSABLE_ENTITY
    return HTTPStatus.BAD_REQUEST


def _as_api_exception(error: Exception) -> exceptions.APIException | None:
    if isinstance(error, exceptions.APIException):
        return error
    if isinstance(error, Http404):
        return exceptions.NotFound()
    if isinstance(error, PermissionDenied):
        return exceptions.PermissionDenied()
    if isinstance(error, (BadRequest, SuspiciousOperation)):
        return exceptions.ParseError("The request cannot be read.")
    return None


def _from_api_exception(error: exceptions.APIException) -> Response:
    headers: dict[str, str] = {}
    # DRF sets `auth_header` and `wait` on the exceptions to which they belong, we `challenge`.
    challenge = getattr(error, "challenge", None) or getattr(error, "auth_header", None)
    if challenge is not None:
        headers["WWW-Authenticate"] = challenge
    if (seconds := getattr(error, "wait", None)) is not None:
        headers["Retry-After"] = str(math.ceil(seconds))
    if isinstance(error, exceptions.ValidationError):
        faults = list(_body_faults(error.detail, "#"))
        return _problem(error.status_code, *_headline(faults), faults, headers)
    faults = list(error.faults) if isinstance(error, InvalidRequest) else []
    code = str(error.get_codes()).replace("_", "-")
    return _problem(error.status_code, code, str(error.detail), faults, headers)


def _from_defect(error: Exception) -> Response:
    logger.error("The API has a defect.", exc_info=error)
    set_rollback()
    # Error reporters and Django's test client listen to it.
    got_request_exception.send(sender=None, request=None)
    return _problem(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "internal",
        "A defect in this software; details are in the server's log.",
    )


def _headline(faults: Sequence[Fault]) -> tuple[str, str]:
    """Return the code that the faults have in common, and one sentence for all of them."""
    codes = {fault.code for fault in faults}
    code = codes.pop() if len(codes) == 1 else "invalid"
    if len(faults) == 1:
        return code, faults[0].detail
    return code, f"The request has {len(faults)} errors."


def _body_faults(detail: Any, pointer: str) -> Iterator[Fault]:
    if isinstance(detail, dict):
        for key, value in detail.items():
            yield from _body_faults(
                value, pointer if key == api_settings.NON_FIELD_ERRORS_KEY else _child(pointer, key)
            )
    elif isinstance(detail, list):
        for index, value in enumerate(detail):
            leaf = isinstance(value, exceptions.ErrorDetail)
            yield from _body_faults(value, pointer if leaf else _child(pointer, index))
    else:
        code = str(detail.code).replace("_", "-")
        yield Fault(kind="pointer", name=pointer, code=code, detail=str(detail))


def _child(pointer: str, key: object) -> str:
    return f"{pointer}/{quote(str(key).replace('~', '~0').replace('/', '~1'), safe='~')}"


def _problem(
    status: int,
    code: str,
    detail: str,
    faults: Sequence[Fault] = (),
    headers: dict[str, str] | None = None,
) -> Response:
    document = problem_document(status=status, code=code, detail=detail)
    if faults:
        document["errors"] = [fault.as_json() for fault in faults]
    return Response(document, status=status, headers=headers, content_type=PROBLEM_TYPE)
