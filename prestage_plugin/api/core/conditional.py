"""Entity tags: who has the newest version already is told so for one query (RFC 9110, 13).

A tag has two parts: the state of the rows, as their columns say it, and the form in which they
are shown (fields, language, address). `If-None-Match` compares both, `If-Match` the state alone,
so that a tag that was seen in one form counts for an edit in another.
"""

import hashlib
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from django.db.models import Model
from django.http import HttpRequest
from django.utils.http import parse_etags
from django.utils.translation import get_language
from rest_framework.exceptions import APIException
from rest_framework.request import Request

from prestage_plugin.api.version import API_VERSION

__all__ = ["check_match", "digest_of_row", "entity_tag", "is_known", "row_version"]

_DIGEST_SIZE = 10


class PreconditionFailed(APIException):
    """412: somebody else was faster."""

    status_code = HTTPStatus.PRECONDITION_FAILED
    default_code = "precondition-failed"
    default_detail = "It has changed since; read it again and repeat the edit on what it is now."


class PreconditionRequired(APIException):
    """428: an edit that must say what it is based on."""

    status_code = HTTPStatus.PRECONDITION_REQUIRED
    default_code = "precondition-required"
    default_detail = "Send If-Match with the ETag of what you edit."


def row_version(row: Model) -> list[Any]:
    """Return all columns of a row that were read, annotations included."""
    return [value for name, value in vars(row).items() if not name.startswith("_")]


def digest_of_row(row: Model) -> str:
    """Return the state of a row as a short text, equal exactly for equal states."""
    return _digest(row_version(row))


def entity_tag(request: Request | HttpRequest, versions: Iterable[Any]) -> str:
    """Return the tag of an answer.

    Args:
        request: It says in which form.
        versions: What the state is made of; equal exactly when the documents are.
    """
    form = (API_VERSION, get_language(), request.build_absolute_uri())
    return f'"{_digest(list(versions))}-{_digest(form)}"'


def is_known(request: Request | HttpRequest, tag: str) -> bool:
    """Whether the caller has this version: `If-None-Match` compares weakly."""
    given = _tags(request.headers.get("If-None-Match", ""))
    return "*" in given or tag in given


def check_match(request: Request, versions: Iterable[Any], *, required: bool = False) -> None:
    """Refuse an edit that is based on another version.

    A tag that a compressing proxy made weak counts too, or nobody behind one could ever edit.

    Args:
        request: With or without `If-Match`.
        versions: As for `entity_tag`.
        required: Whether the edit must say what it is based on.

    Raises:
        PreconditionFailed: `precondition-failed`.
        PreconditionRequired: `precondition-required`.
    """
    header = request.headers.get("If-Match")
    if header is None:
        if required:
            raise PreconditionRequired
        return
    state = _digest(list(versions))
    given = _tags(header)
    if "*" not in given and not any(tag.strip('"').partition("-")[0] == state for tag in given):
        raise PreconditionFailed


def _tags(header: str) -> list[str]:
    return [tag.removeprefix("W/") for tag in parse_etags(header)]


def _digest(value: Any) -> str:
    return hashlib.blake2b(repr(value).encode(), digest_size=_DIGEST_SIZE).hexdigest()
