"""`Idempotency-Key`: a request that is sent twice is carried out once."""

import hashlib
import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from django.db import DatabaseError, transaction
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.encoders import JSONEncoder

from prestage_plugin.api.core.actor import user_of
from prestage_plugin.api.core.problems import Fault, InvalidRequest
from prestage_plugin.services.idempotency import Answer, claim_key, keep_answer, release_key

__all__ = ["answer_once", "idempotency_key_of"]

_KEY_LENGTH = 255
_KEPT_HEADERS = ("Location", "Retry-After", "ETag")


def answer_once(request: Request, work: Callable[[], Response]) -> Response:
    """Carry out a request, or answer as the same request with the same key was answered before.

    Args:
        request: With or without an `Idempotency-Key`.
        work: What it does. With a key, it and its answer are one transaction. A refusal frees the
            key again: nothing was done.

    Raises:
        InvalidRequest: `bad-idempotency-key`.
        Refused: `idempotency-key-reused` or `idempotency-key-in-use`.
    """
    key = idempotency_key_of(request)
    if not key:
        return work()
    user = user_of(request)
    earlier = claim_key(user=user, key=key, fingerprint=_fingerprint(request))
    if earlier is not None:
        headers = earlier.headers | {"Idempotent-Replayed": "true"}
        return Response(earlier.body, status=earlier.status, headers=headers)
    try:
        with transaction.atomic():
            response = work()
            keep_answer(user=user, key=key, answer=_answer(response))
    except BaseException:
        # Where this fails too, the lock runs out.
        with suppress(DatabaseError):
            release_key(user=user, key=key)
        raise
    return response


def idempotency_key_of(request: Request) -> str:
    """Return the request's key, empty when there is none.

    Raises:
        InvalidRequest: `bad-idempotency-key`.
    """
    key = request.headers.get("Idempotency-Key", "").strip()
    if len(key) > _KEY_LENGTH or not (key.isascii() and key.isprintable()):
        raise InvalidRequest(
            Fault(
                kind="header",
                name="Idempotency-Key",
                code="bad-idempotency-key",
                detail=f"It must be up to {_KEY_LENGTH} printable ASCII characters.",
            )
        )
    return key


def _answer(response: Response) -> Answer:
    kept = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
    # As the renderer would write it, for the database takes JSON's own types alone.
    body: Any = json.loads(json.dumps(response.data, cls=JSONEncoder))
    return Answer(status=response.status_code, headers=kept, body=body)


def _fingerprint(request: Request) -> str:
    document = [request.method, request.path, request.data]
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()
