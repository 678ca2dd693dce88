"""The crew that has a thread for each host in flight: for any task and any engine."""

import threading
import time

from nornir_tasks.flight.flight import Flight, Lane
from nornir_tasks.flight.hangar import Hangar

__all__ = ["ThreadCrew"]


class ThreadCrew:
    """Threads that take one host after the other.

    Args:
        hangar: The run.
        lane: The hosts.
        workers: Threads.
    """

    def __init__(self, hangar: Hangar, lane: Lane, *, workers: int) -> None:
        self._hangar = hangar
        self._lane = lane
        self._workers = min(workers, len(lane.waiting))
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._at_work: dict[Flight, threading.Thread] = {}

    def begin(self) -> None:
        """See `Crew.begin`."""
        for _ in range(self._workers):
            self._start_thread()

    def give_up(self, flight: Flight) -> None:
        """Leave the flight's thread alone and let a new one take its place."""
        with self._lock:
            thread = self._at_work.pop(flight, None)
            if thread is not None:
                self._threads.remove(thread)
        self._start_thread()

    def join(self, until: float) -> None:
        """See `Crew.join`."""
        with self._lock:
            threads = list(self._threads)
        for thread in threads:
            thread.join(max(0.0, until - time.monotonic()))

    def _start_thread(self) -> None:
        thread = threading.Thread(target=self._work, name="prestage-worker", daemon=True)
        with self._lock:
            self._threads.append(thread)
        thread.start()

    def _work(self) -> None:
        while (flight := self._hangar.depart(self._lane)) is not None:
            with self._lock:
                self._at_work[flight] = threading.current_thread()
            arrived = self._hangar.arrive(flight, self._hangar.fly(flight))
            with self._lock:
                self._at_work.pop(flight, None)
            if not arrived:
                return
