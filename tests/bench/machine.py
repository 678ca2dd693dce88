"""What a run costs: wall time, CPU of its own processes, and of everything else on the machine."""

import os
import time
from collections.abc import Iterator, Sequence
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
        server: CPU seconds of the other side: the simulated routers, or who sends events.
        database: CPU seconds of the database server, where it was asked for.
        other: CPU seconds of every other process on the machine, this one excepted.
    """

    wall: float = 0.0
    client: float = 0.0
    server: float = 0.0
    database: float = 0.0
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
def measured(
    client: psutil.Process,
    server: psutil.Process | None,
    *,
    database: psutil.Process | None = None,
) -> Iterator[Cost]:
    """Measure what happens inside the block; the cost is complete behind it.

    Args:
        client: Root of the processes under test.
        server: Root of the processes at the other side, if there are any.
        database: Root of the database server's processes; without it they are others.
    """
    cost = Cost()
    roots = (client, server, database)
    before = _Snapshot.take(roots)
    yield cost
    after = _Snapshot.take(roots)
    cost.wall = after.at - before.at
    cost.client, cost.server, cost.database = (
        then - first for first, then in zip(before.roots, after.roots, strict=True)
    )
    ours = cost.client + cost.server + cost.database + after.own - before.own
    cost.other = max(0.0, after.machine - before.machine - ours)


@dataclass(frozen=True, slots=True)
class _Snapshot:
    at: float
    roots: list[float]
    own: float
    machine: float

    @classmethod
    def take(cls, roots: Sequence[psutil.Process | None]) -> "_Snapshot":
        times = psutil.cpu_times()
        own = psutil.Process().cpu_times()
        return cls(
            at=time.monotonic(),
            roots=[0.0 if root is None else cpu_of_tree(root) for root in roots],
            own=own.user + own.system,
            machine=times.user + times.nice + times.system + times.softirq + times.irq,
        )
