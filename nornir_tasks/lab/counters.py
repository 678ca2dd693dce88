"""What clients did to the lab, counted per device."""

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from nornir_tasks.lab.concurrency import ReadingSessions

__all__ = ["SUBSCRIBE", "DeviceStatistics", "Read", "total"]

# Old reads are forgotten so that a lab that runs for weeks does not grow.
READS_KEPT = 1000

SUBSCRIBE = "create-subscription"
"""The request that makes a session one that listens."""


@dataclass(slots=True)
class Read:
    """One read of a configuration; times are Unix times in seconds, `ended` None while it runs.

    A read has begun when the device has received the request, and ended when the device has
    handed over the whole reply to its transport.
    """

    rpc: str
    session_id: int
    began: float
    ended: float | None = None


@dataclass(slots=True)
class DeviceStatistics:
    """Counters of one device.

    Attributes:
        connections: TCP connections that were accepted.
        sessions: NETCONF sessions that were opened.
        open_now: NETCONF sessions that are open now.
        reading: Those that are not subscribed to notifications.
        subscriptions: Subscriptions that were made.
        subscribed_now: Sessions that are subscribed now.
        notifications: Notifications that were sent to sessions.
        rpcs: Requests received, by name.
        reads: The newest reads of the configuration, oldest first.
    """

    connections: int = 0
    sessions: int = 0
    open_now: int = 0
    reading: ReadingSessions = field(default_factory=ReadingSessions)
    subscriptions: int = 0
    subscribed_now: int = 0
    notifications: int = 0
    rpcs: Counter[str] = field(default_factory=Counter)
    reads: deque[Read] = field(default_factory=lambda: deque(maxlen=READS_KEPT))

    @property
    def max_concurrent(self) -> int:
        """Most sessions that were open at the same time, without those that are subscribed."""
        return self.reading.most

    def session_opened(self, session_id: int) -> None:
        """Count a NETCONF session."""
        self.sessions += 1
        self.open_now += 1
        self.reading.opened(session_id)

    def session_subscribed(self, session_id: int) -> None:
        """Count a subscription."""
        self.subscriptions += 1
        self.subscribed_now += 1
        self.reading.listens(session_id)

    def session_unsubscribed(self) -> None:
        """Count the end of a subscription."""
        self.subscribed_now -= 1

    def session_closed(self, session_id: int) -> None:
        """Count the end of a NETCONF session."""
        self.open_now -= 1
        self.reading.closed(session_id)

    def request_received(self, rpc: str, session_id: int) -> None:
        """Count a request."""
        self.rpcs[rpc] += 1
        if rpc != SUBSCRIBE:
            self.reading.reads(session_id)

    def read_began(self, rpc: str, session_id: int, now: Callable[[], float]) -> Read:
        """Note that a read began."""
        read = Read(rpc, session_id, now())
        self.reads.append(read)
        return read

    def as_dict(self) -> dict[str, Any]:
        """Return plain values, ready for JSON."""
        return {
            "connections": self.connections,
            "sessions_opened": self.sessions,
            "sessions_open": self.open_now,
            "max_concurrent": self.max_concurrent,
            "subscriptions_opened": self.subscriptions,
            "subscriptions_open": self.subscribed_now,
            "notifications_sent": self.notifications,
            "rpcs": dict(self.rpcs),
            "reads": [
                {
                    "rpc": read.rpc,
                    "session_id": read.session_id,
                    "began": read.began,
                    "ended": read.ended,
                }
                for read in self.reads
            ],
        }


def total(devices: dict[str, DeviceStatistics]) -> dict[str, Any]:
    """Return the sums over all devices, and each device's own counters under `devices`."""
    rpcs: Counter[str] = Counter()
    for statistics in devices.values():
        rpcs.update(statistics.rpcs)
    return {
        "connections": sum(entry.connections for entry in devices.values()),
        "sessions_opened": sum(entry.sessions for entry in devices.values()),
        "sessions_open": sum(entry.open_now for entry in devices.values()),
        "max_concurrent_per_device": max(
            (entry.max_concurrent for entry in devices.values()), default=0
        ),
        "subscriptions_opened": sum(entry.subscriptions for entry in devices.values()),
        "subscriptions_open": sum(entry.subscribed_now for entry in devices.values()),
        "rpcs": dict(rpcs),
        "devices": {name: entry.as_dict() for name, entry in devices.items()},
    }
