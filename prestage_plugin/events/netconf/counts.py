"""What the source has counted, and how its devices are."""

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum

__all__ = ["Counts", "Standing"]


class Standing(StrEnum):
    """How it stands between us and a device."""

    WAITING = "waiting_devices"
    """It has not been tried yet."""
    CONNECTED = "connected"
    """We are subscribed."""
    UNSUPPORTED = "unsupported"
    """It does not offer notifications."""
    FAILED = "failed"
    """The last attempt failed, or the subscription has ended."""


@dataclass(slots=True)
class Counts:
    """Numbers since the start, and devices by their standing now.

    Attributes:
        received: Notifications of any kind.
        triggers: Changes that they told of.
        own: Changes by ignored users.
        merged: Events that became one with a later one of their device, because the queue was full.
        malformed: Notifications that do not say what happened, and sessions that were ended
            because of what was sent.
        subscriptions: Subscriptions that were made; each counts as a change of its device.
        reconnects: Those of them that replaced one that had ended.
        devices: How many devices are in each standing.
    """

    received: int = 0
    triggers: int = 0
    own: int = 0
    merged: int = 0
    malformed: int = 0
    subscriptions: int = 0
    reconnects: int = 0
    devices: Counter[Standing] = field(default_factory=Counter)

    def as_dict(self) -> dict[str, int]:
        """Return plain numbers."""
        return {standing.value: self.devices[standing] for standing in Standing} | {
            "received": self.received,
            "triggers": self.triggers,
            "own": self.own,
            "merged": self.merged,
            "malformed": self.malformed,
            "subscriptions": self.subscriptions,
            "reconnects": self.reconnects,
        }
