"""Refusals of a webhook: a machine code with its status, and one sentence."""

from collections.abc import Mapping
from enum import StrEnum
from http import HTTPStatus

__all__ = ["Refusal", "RefusalCode"]


class RefusalCode(StrEnum):
    """Stable machine codes; `docs/auto-prestaging.md` says what to do about each."""

    METHOD_NOT_ALLOWED = "method-not-allowed"
    PAYLOAD_TOO_LARGE = "payload-too-large"
    LENGTH_REQUIRED = "length-required"
    BODY_INCOMPLETE = "body-incomplete"
    SIGNATURE_INVALID = "signature-invalid"
    JSON_INVALID = "json-invalid"
    JSON_TOO_DEEP = "json-too-deep"
    JSON_NOT_AN_OBJECT = "json-not-an-object"
    TIMESTAMP_INVALID = "timestamp-invalid"
    TIMESTAMP_OUTSIDE_WINDOW = "timestamp-outside-window"
    TOO_MANY_DEVICES = "too-many-devices"
    DATABASE_UNAVAILABLE = "database-unavailable"

    @property
    def status(self) -> HTTPStatus:
        """The HTTP status (RFC 9110) that goes with the code."""
        return _STATUS.get(self, HTTPStatus.BAD_REQUEST)


_STATUS = {
    RefusalCode.METHOD_NOT_ALLOWED: HTTPStatus.METHOD_NOT_ALLOWED,
    RefusalCode.PAYLOAD_TOO_LARGE: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    RefusalCode.LENGTH_REQUIRED: HTTPStatus.LENGTH_REQUIRED,
    RefusalCode.SIGNATURE_INVALID: HTTPStatus.UNAUTHORIZED,
    RefusalCode.DATABASE_UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
}


class Refusal(Exception):  # noqa: N818 - it is a refusal, not a defect
    """The message was refused and nothing was written.

    Attributes:
        code: Stable machine code.
        text: One sentence that tells nothing of a secret.
        headers: Headers that belong to the status.
    """

    def __init__(
        self, code: RefusalCode, text: str, *, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(text)
        self.code = code
        self.text = text
        self.headers = dict(headers or {})
