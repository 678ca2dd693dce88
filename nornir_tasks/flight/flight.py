"""A host that was started, and the lane that it came from."""

import threading
from collections import deque
from dataclasses import dataclass, field
from typing import Protocol

from nornir.core.inventory import Host
from nornir.core.task import MultiResult

from nornir_tasks.guard import HostGuard

__all__ = ["Crew", "Flight", "Lane"]


class Crew(Protocol):
    """Whoever works on the hosts of a lane, away from the caller's thread."""

    def begin(self) -> None:
        """Start to work on the lane's hosts."""

    def give_up(self, flight: "Flight") -> None:
        """Go on without what works on this flight: it does not end although it was cut off."""

    def join(self, until: float) -> None:
        """Wait until nobody works any more, at the latest until a time in monotonic seconds."""


@dataclass(slots=True, eq=False)
class Lane:
    """The hosts that one crew works on.

    Attributes:
        waiting: Those that were not started yet, in the order in which they will be.
        logins: Caps simultaneous logins; None for a crew that sees to it by itself.
        crew: Who works on them.
    """

    waiting: deque[Host]
    logins: threading.Semaphore | None = None
    crew: Crew = field(init=False)


@dataclass(slots=True, eq=False)
class Flight:
    """A host that was started.

    Attributes:
        host: The host.
        lane: The lane that it came from.
        guard: Its deadline and kill switch.
        contacted_at: Monotonic seconds when it was let to contact its device; None before.
        results: What came of it; None while it is in flight, and again when it was handed over.
        cut_off_at: Monotonic seconds when its session was cut off; None when it was not.
        announced: The caller was told that it started.
        reported: The caller was told what came of it.
    """

    host: Host
    lane: Lane
    guard: HostGuard = field(init=False)
    contacted_at: float | None = None
    results: MultiResult | None = None
    cut_off_at: float | None = None
    announced: bool = False
    reported: bool = False
