"""What a caller knows about a device, so that an unchanged one need not be read again."""

from collections.abc import Callable
from dataclasses import dataclass

from nornir_tasks.facts import DeviceFacts

__all__ = ["Known"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """An earlier discovery of a device.

    Attributes:
        fingerprint: Of the configuration that was read then.
        facts: Returns what was read then, of the device and then of each logical system, for rules
            that are asked anew; None when the rules are the same and their answer still holds. It
            is asked when the device is at hand, so that the facts of all need not be held.
    """

    fingerprint: str
    facts: Callable[[], tuple[DeviceFacts, ...]] | None = None
