"""How long to wait before a device is tried again."""

import random

from nornir_tasks.errors import ErrorCode

__all__ = [
    "FIRST_SECONDS",
    "LASTING_SECONDS",
    "LONGEST_SECONDS",
    "RARELY_SECONDS",
    "UNSUPPORTED_SECONDS",
    "longest_pause",
    "pause_after",
    "pause_of_unsupported",
]

FIRST_SECONDS = 2.0
"""The longest pause after the first failure; it doubles with each further one."""
LONGEST_SECONDS = 300.0
"""What it grows to: so long at most nobody listens to a device that is back."""
RARELY_SECONDS = 1800.0
"""The longest pause after a failure that only a person can mend: a login that is tried again and
again locks the account."""
UNSUPPORTED_SECONDS = 3600.0
"""The longest pause before a device without notifications is asked for them again."""
LASTING_SECONDS = 60.0
"""A session that lasted for so long begins anew after it has ended, as if none had failed."""

_FOR_PEOPLE = frozenset(
    {
        ErrorCode.AUTHENTICATION,
        ErrorCode.CREDENTIALS,
        ErrorCode.HOST_KEY_MISMATCH,
        ErrorCode.HOST_KEY_UNKNOWN,
        ErrorCode.INVENTORY,
        # The device offers notifications and refuses them to us.
        ErrorCode.RPC_ERROR,
    }
)


def longest_pause(failures: int) -> float:
    """Return the upper bound, in seconds, of the pause after so many failures in a row."""
    doublings = min(max(failures, 1) - 1, 32)  # a float has no room for a year of doublings
    return min(FIRST_SECONDS * 2.0**doublings, LONGEST_SECONDS)


def pause_after(failures: int, code: ErrorCode) -> float:
    """Return the seconds to wait after a failure.

    It is anything from nothing to the upper bound ("full jitter"), because what fails, fails for
    many at a time: devices behind a line that was cut must not all come back in one second. After
    a failure for people it is at least half of the bound.

    Args:
        failures: How many there were in a row, this one included.
        code: What went wrong.
    """
    if code in _FOR_PEOPLE:
        return _at_least_half(RARELY_SECONDS)
    return random.uniform(0.0, longest_pause(failures))  # noqa: S311 - no secret


def pause_of_unsupported() -> float:
    """Return the seconds until a device without notifications is asked again."""
    return _at_least_half(UNSUPPORTED_SECONDS)


def _at_least_half(seconds: float) -> float:
    return random.uniform(seconds / 2, seconds)  # noqa: S311 - no secret
