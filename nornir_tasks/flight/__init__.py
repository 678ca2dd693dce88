"""One run in progress: hosts in flight, on threads or on the event loop, and what becomes of them.

A `Hangar` holds what the caller's thread and the crews share. A `Lane` is the part of the hosts
that one crew works on: `ThreadCrew` with a thread for each host in flight, `LoopCrew` with none.
"""

from nornir_tasks.flight.flight import Flight
from nornir_tasks.flight.hangar import Hangar
from nornir_tasks.flight.lanes import Limits, make_lanes

__all__ = ["Flight", "Hangar", "Limits", "make_lanes"]
