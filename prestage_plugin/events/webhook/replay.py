"""Whether a message is fresh, and what identifies it when it comes again."""

import hashlib
import math
import time
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from prestage_plugin.events.webhook.refusal import Refusal, RefusalCode

__all__ = ["check_freshness", "receipt_of"]

_NAMING_KEYS = ("timestamp", "id", "request_id", "request")
"""With one of these, two messages of the same bytes are one message that came twice."""


def check_freshness(document: Mapping[str, Any], *, window: float) -> None:
    """Refuse a message that is too old, or from the future.

    Args:
        document: The body. Without `timestamp`, which a template of NetBox can leave out, it is
            of any age; else that is ISO 8601 or Unix seconds. A time without a zone is UTC.
        window: Seconds that it may be off.

    Raises:
        Refusal: It is off by more, or `timestamp` cannot be understood.
    """
    timestamp = document.get("timestamp")
    if timestamp is None:
        return
    moment = _moment(timestamp)
    if moment is None:
        raise Refusal(
            RefusalCode.TIMESTAMP_INVALID,
            "The timestamp is neither ISO 8601 nor Unix seconds.",
        )
    age = time.time() - moment
    if abs(age) > window:
        found = f"{age:.0f} seconds old" if age > 0 else f"{-age:.0f} seconds in the future"
        raise Refusal(
            RefusalCode.TIMESTAMP_OUTSIDE_WINDOW,
            f"The message is {found}; {window:.0f} are allowed. Are both clocks right?",
        )


def receipt_of(document: Mapping[str, Any], *, name: str, signature: bytes) -> uuid.UUID | None:
    """Return what identifies the message; None when nothing does.

    NetBox sends a message of its own for each object that one request changed, so it is not the
    request that identifies it but the whole body, which the signature stands for.

    Args:
        document: The body. One that holds no time and no identity looks the same for two changes
            of the same device, and taking the second for a replay would lose it.
        name: Name of the sender.
        signature: The genuine signature.
    """
    if not any(document.get(key) for key in _NAMING_KEYS):
        return None
    digest = hashlib.sha256(signature + name.encode(errors="replace")).digest()
    return uuid.UUID(bytes=digest[:16])


def _moment(timestamp: object) -> float | None:
    """Return Unix seconds."""
    try:
        if isinstance(timestamp, str) and not timestamp.isdecimal():
            moment = datetime.fromisoformat(timestamp)
            zoned = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
            return zoned.timestamp()
        if isinstance(timestamp, (int, float, str)) and not isinstance(timestamp, bool):
            seconds = float(timestamp)
            return seconds if math.isfinite(seconds) else None
    except (ValueError, OverflowError):
        pass
    return None
