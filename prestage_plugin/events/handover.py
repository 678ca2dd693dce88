"""The bounded queue between the sources, which run on one event loop, and the writer's thread."""

import asyncio
import threading
from collections import deque
from collections.abc import Callable

from prestage_plugin.events.notice import Notice

__all__ = ["HandOver"]

CAPACITY = 50_000
"""Notices that wait at most; some 20 MB, and ten seconds of 5,000 events each."""
BATCH = 2_000
"""Notices that are written in one transaction, at most."""
GATHER_SECONDS = 0.2
"""How long a notice waits for others to be written together with."""


class HandOver:
    """A queue with one end on an event loop and the other in a thread.

    A source looks at `is_full` before it takes in anything that may become a notice, and waits
    for room otherwise: what it has not read, the peer or the kernel keeps.

    Args:
        capacity: Notices after which the queue is full.
        batch: Notices that are taken at once, at most.
    """

    def __init__(self, *, capacity: int = CAPACITY, batch: int = BATCH) -> None:
        self._loop = asyncio.get_running_loop()
        self._capacity = capacity
        self._batch = min(batch, capacity)
        # Appending and popping need no lock: there is one thread at each end.
        self._notices: deque[Notice] = deque()
        self._waiting: deque[Callable[[], None]] = deque()
        self._enough = threading.Event()
        self._closed = False

    @property
    def waiting(self) -> int:
        """Notices that have not been taken."""
        return len(self._notices)

    @property
    def is_full(self) -> bool:
        """Whether a source has to wait before it reads on."""
        return len(self._notices) >= self._capacity

    @property
    def is_closed(self) -> bool:
        """Whether nothing more will come."""
        return self._closed

    def put(self, notice: Notice) -> None:
        """Hand over a notice; on the event loop only."""
        self._notices.append(notice)
        if len(self._notices) == self._batch:
            self._enough.set()

    def call_when_room(self, callback: Callable[[], None]) -> None:
        """Call once, on the event loop, when the queue is half empty again."""
        self._waiting.append(callback)

    async def room(self) -> None:
        """Wait until the queue is not full."""
        while self.is_full:
            there_is_room = asyncio.Event()
            self.call_when_room(there_is_room.set)
            await there_is_room.wait()

    def close(self) -> None:
        """Say that nothing more will come."""
        self._closed = True
        self._enough.set()

    def take(self) -> list[Notice]:
        """Return what has come, after the time that notices gather; in the writer's thread only."""
        self._enough.wait(GATHER_SECONDS)
        taken = [self._notices.popleft() for _each in range(min(len(self._notices), self._batch))]
        if len(self._notices) < self._batch and not self._closed:
            self._enough.clear()
            # One that was put between the two lines must not wait for the next to be seen.
            if len(self._notices) >= self._batch:
                self._enough.set()
        self._call_waiting()
        return taken

    def _call_waiting(self) -> None:
        if len(self._notices) > self._capacity // 2:
            return
        while self._waiting:
            try:
                self._loop.call_soon_threadsafe(self._waiting.popleft())
            except RuntimeError:  # the loop has ended, and with it who waited
                return
