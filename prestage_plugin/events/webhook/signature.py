"""Prove that a message comes from a sender who knows the secret (RFC 2104).

NetBox and Nautobot send `X-Hook-Signature`, our own notifications `X-Prestage-Signature`; both are
the hexadecimal HMAC-SHA512 of the raw body.
"""

import hmac
import secrets
from collections.abc import Mapping

from prestage_plugin.events.webhook.refusal import Refusal, RefusalCode

__all__ = ["SHORTEST_SECRET", "verify_signature"]

SHORTEST_SECRET = 32
"""Characters; a shorter secret is none."""

_HEADERS = ("HTTP_X_PRESTAGE_SIGNATURE", "HTTP_X_HOOK_SIGNATURE")
_DECOY = secrets.token_bytes(SHORTEST_SECRET)
"""Signs for senders that do not exist, so that they take as long as those that do."""


def verify_signature(
    *, name: str, payload: bytes, meta: Mapping[str, object], known: Mapping[str, str]
) -> bytes:
    """Return the message's genuine signature.

    Args:
        name: Name of the sender, from the URL.
        payload: The raw body.
        meta: The request's headers in the form of the WSGI (PEP 3333).
        known: Secret of each sender by its name.

    Raises:
        Refusal: The signature is missing or wrong, or there is no such sender: the same answer
            for all, so that nobody can find out names.
    """
    # A setting that `manage.py check` complains about must not open the door.
    secret = known.get(name) if isinstance(known, Mapping) else None
    usable = isinstance(secret, str) and len(secret) >= SHORTEST_SECRET
    key = secret.encode() if usable and secret else _DECOY
    genuine = hmac.digest(key, payload, "sha512")
    given = next((str(meta[header]) for header in _HEADERS if header in meta), "")
    # Whatever a header holds, it becomes bytes: strings beyond ASCII cannot be compared.
    same = hmac.compare_digest(genuine.hex().encode(), given.lower().encode(errors="replace"))
    if not (same and usable):
        raise Refusal(
            RefusalCode.SIGNATURE_INVALID,
            "The signature is missing or wrong, or the sender is not known.",
            # RFC 9110, section 11.6.1, wants a challenge.
            headers={"WWW-Authenticate": "HMAC-SHA512"},
        )
    return genuine
