"""Carry out a request once, however often it arrives (IETF draft of the `Idempotency-Key` header).

The claim of a key is committed before the work begins, so that a second request sees it. The work
and its answer are one transaction of the caller's, so that a process that dies in the middle has
done nothing, and the key can be claimed anew once its lock has run out.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from prestage_plugin.errors import Refused
from prestage_plugin.models import IdempotentRequest

__all__ = ["KEPT", "Answer", "claim_key", "keep_answer", "release_key"]

KEPT = timedelta(days=1)
"""How long an answer is kept."""

_LOCK = timedelta(minutes=1)
"""Longer than any request takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a request was answered with.

    Attributes:
        status: HTTP status.
        headers: Those that belong to the answer.
        body: A JSON document.
    """

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None


def claim_key(*, user: User, key: str, fingerprint: str) -> Answer | None:
    """Claim a key for a request.

    Args:
        user: Whose key it is.
        key: As it was sent.
        fingerprint: Equal exactly for equal requests.

    Returns:
        The answer that the same request had before; None when it is to be carried out now.

    Raises:
        Refused: `idempotency-key-reused` for another request; `idempotency-key-in-use`, a
            conflict, while the same one is carried out elsewhere.
    """
    try:
        with transaction.atomic():
            IdempotentRequest.objects.create(
                user=user, key=key, fingerprint=fingerprint, locked_until=Now() + _LOCK
            )
    except IntegrityError:
        return _earlier(user, key, fingerprint)
    return None


def keep_answer(*, user: User, key: str, answer: Answer) -> None:
    """Write the answer down, in the transaction of the work.

    Args:
        user: Whose key it is.
        key: As it was claimed.
        answer: What the request is answered with, now and later.
    """
    IdempotentRequest.objects.filter(user=user, key=key).update(
        status=answer.status, headers=answer.headers, body=answer.body
    )


def release_key(*, user: User, key: str) -> None:
    """Give up a claim: the request was refused, and may be sent anew when it is mended."""
    IdempotentRequest.objects.filter(user=user, key=key, status__isnull=True).delete()


def _earlier(user: User, key: str, fingerprint: str) -> Answer | None:
    mine = IdempotentRequest.objects.filter(user=user, key=key)
    row = mine.first()
    if row is None:
        # It was released a moment ago.
        raise _in_use()
    if row.fingerprint != fingerprint:
        raise Refused(
            "idempotency-key-reused",
            "The idempotency key was used for another request; take a new key.",
        )
    if row.status is not None:
        return Answer(status=row.status, headers=row.headers, body=row.body)
    dead = mine.filter(status__isnull=True, locked_until__lt=Now())
    if dead.update(locked_until=Now() + _LOCK):
        return None
    raise _in_use()


def _in_use() -> Refused:
    return Refused(
        "idempotency-key-in-use",
        "A request with this idempotency key is being carried out; ask again in a moment.",
        conflict=True,
    )
