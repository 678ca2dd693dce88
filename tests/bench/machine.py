"""What a run costs: wall time, CPU of its own processes, and of everything else on the machine."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import psutil

__all__ = ["Cost", "cpu_of_tree", "measured"]


@dataclass(slots=True)
class Cost:
    """What a run cost.

    Attributes:
        wall: Seconds.
        client: CPU seconds of the processes that were measured.
        server: CPU seconds of the simulated routers.
        other: CPU seconds of every other process on the machine, this one excepted.
    """

    wall: float = 0.0
    client: float = 0.0
    server: float = 0.0
    other: float = 0.0

    @property
    def other_share(self) -> float:
        """Share of the machine's CPU that others took, from 0 to 1."""
        capacity = self.wall * (os.cpu_count() or 1)
        return self.other / capacity if capacity else 0.0


def cpu_of_tree(process: psutil.Process) -> float:
    """CPU seconds of a process and of everything below it, children that have ended included."""
    seconds = 0.0
    for each in [process, *process.children(recursive=True)]:
        with suppress(psutil.NoSuchProcess):
            times = each.cpu_times()
            seconds += times.user + times.system
            seconds += times.children_user + times.children_system
    return seconds


@contextmanager
def measured(client: psutil.Process, server: psutil.Process) -> Iterator[Cost]:
    """Measure what happens inside the block; the cost is complete behind it.

    Args:
        client: Root of the processes under test.
        server: Root of the simulated routers.
    """
    cost = Cost()
    before = _Snapshot.take(client, server)
    yield cost
    after = _Snapshot.take(client, server)
    cost.wall = after.at - before.at
    cost.client = after.client - before.client
    cost.server = after.server - before.server
    own = after.own - before.own
    cost.other = max(0.0, after.machine - before.machine - cost.client - cost.server - own)


@dataclass(frozen=True, slots=True)
class _Snapshot:
    at: float
    client: float
    server: float
    own: float
    machine: float

    @classmethod
    def take(cls, client: psutil.Process, server: psutil.Process) -> "_Snapshot":
        times = psutil.cpu_times()
        own = psutil.Process().cpu_times()
        return cls(
            at=time.monotonic(),
            client=cpu_of_tree(client),
            server=cpu_of_tree(server),
            own=own.user + own.system,
            machine=times.user + times.nice + times.system + times.softirq + times.irq,
        )
