"""One run in progress: the hosts that wait, those in flight, and the threads that work on them."""

import logging
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from functools import partial

from nornir.core.inventory import Host
from nornir.core.task import MultiResult, Task

from nornir_tasks.cancel import CancelToken, HostNotStartedError
from nornir_tasks.errors import ErrorCode, PrestageError
from nornir_tasks.guard import HostGuard, guarding
from nornir_tasks.permit import StartPermit
from nornir_tasks.results import explain, failed_multi_result, tidy

__all__ = ["Flight", "Hangar"]

_logger = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class Flight:
    """A host that was started.

    Attributes:
        host: The host.
        thread: The thread that works on it.
        guard: Its deadline and kill switch.
        contacted_at: Monotonic seconds when it was let to contact its device; None before.
        results: What came of it; None while it is in flight.
        cut_off_at: Monotonic seconds when its session was cut off; None when it was not.
        announced: The caller was told that it started.
    """

    host: Host
    thread: threading.Thread
    guard: HostGuard = field(init=False)
    contacted_at: float | None = None
    results: MultiResult | None = None
    cut_off_at: float | None = None
    announced: bool = False


class Hangar:
    """The state that the caller's thread and the worker threads of one run share.

    Args:
        template: The task; every host gets a copy.
        hosts: The hosts, in the order in which they are started.
        deadline: Seconds for each host; None for no limit.
        logins: Caps simultaneous logins.
        cancel: Stops the run.
        permit: Without it, no device is contacted; None where a cancel token is enough.
    """

    def __init__(
        self,
        template: Task,
        hosts: list[Host],
        *,
        deadline: float | None,
        logins: threading.Semaphore,
        cancel: CancelToken,
        permit: StartPermit | None = None,
    ) -> None:
        self._template = template
        self._waiting = deque(hosts)
        self._deadline = deadline
        self._logins = logins
        self._cancel = cancel
        self._permit = permit
        # Re-entrant: a signal handler may wake us while this very thread holds the lock.
        self._changed = threading.Condition(threading.RLock())
        self._flying: dict[str, Flight] = {}
        self._events: deque[Flight] = deque()
        self._threads: list[threading.Thread] = []
        self._closed = False

    def staff(self, count: int) -> None:
        """Start `count` worker threads."""
        for _ in range(count):
            thread = threading.Thread(target=self._work, name="prestage-worker", daemon=True)
            self._threads.append(thread)
            thread.start()

    def wake(self) -> None:
        """Make the caller's thread look again; may be called from a signal handler."""
        with self._changed:
            self._changed.notify_all()

    def wait(self, *, until: float) -> bool:
        """Wait for news, at the latest `until` (monotonic seconds).

        Returns:
            Whether the run is over: nothing is in flight and nothing more will be started.
        """
        with self._changed:
            if not self._events and not self._over():
                if self._cancel.forced:
                    self._cut_off(ErrorCode.ABORTED, "The job was stopped by force.")
                self._changed.wait(max(0.0, until - time.monotonic()))
            return self._over()

    def take_events(self) -> list[Flight]:
        """Return the flights that started or ended since the last call, in order."""
        with self._changed:
            events, self._events = list(self._events), deque()
        return events

    def next_expiry(self, grace: float) -> float:
        """Return when the next deadline or period of grace ends, in monotonic seconds."""
        with self._changed:
            times = [
                flight.guard.expires_at if flight.cut_off_at is None else flight.cut_off_at + grace
                for flight in self._flying.values()
            ]
        return min((moment for moment in times if moment is not None), default=float("inf"))

    def cut_off_overdue(self) -> None:
        """Cut off the hosts whose deadline has passed, or all of them when stopped by force."""
        with self._changed:
            if self._cancel.forced:
                self._cut_off(ErrorCode.ABORTED, "The job was stopped by force.")
            now = time.monotonic()
            overdue = [
                flight
                for flight in self._flying.values()
                if flight.cut_off_at is None
                and flight.guard.expires_at is not None
                and flight.guard.expires_at <= now
            ]
            for flight in overdue:
                flight.cut_off_at = now
        for flight in overdue:
            flight.guard.trip(
                ErrorCode.TIMEOUT_DEADLINE,
                f"The device was not finished within {self._deadline:g} seconds and was cut off.",
            )

    def abandon_stuck(self, grace: float) -> list[Flight]:
        """Give up the threads that did not end `grace` seconds after they were cut off.

        Returns:
            Their flights, with the reason of the cut as their result. A new thread takes the
            place of each.
        """
        now = time.monotonic()
        with self._changed:
            stuck = [
                flight
                for flight in self._flying.values()
                if flight.cut_off_at is not None and flight.cut_off_at + grace <= now
            ]
            for flight in stuck:
                del self._flying[flight.host.name]
                self._threads.remove(flight.thread)
                flight.results = self._failure(flight, _reason(flight.guard))
        for flight in stuck:
            _logger.warning("Host %s: its thread did not end and was abandoned", flight.host.name)
        self.staff(len(stuck))
        return stuck

    def abort(self) -> None:
        """Start nothing more and cut off everything in flight."""
        with self._changed:
            self._closed = True
            self._cut_off(ErrorCode.ABORTED, "The job was interrupted.")

    def join(self, grace: float) -> None:
        """Wait until the worker threads have ended, `grace` seconds at most for all of them."""
        until = time.monotonic() + grace
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))

    def not_started(self) -> dict[str, MultiResult]:
        """Return a failed result for every host that was never started."""
        return {
            host.name: failed_multi_result(self._template.name, host, HostNotStartedError())
            for host in self._waiting
        }

    def _over(self) -> bool:
        return not self._flying and (not self._waiting or self._cancel.cancelled)

    def _cut_off(self, code: ErrorCode, text: str) -> None:
        for flight in self._flying.values():
            if flight.cut_off_at is None:
                flight.cut_off_at = time.monotonic()
                flight.guard.trip(code, text)

    def _work(self) -> None:
        while (flight := self._depart()) is not None:
            results = self._fly(flight)
            if not self._arrive(flight, results):
                return

    def _depart(self) -> Flight | None:
        with self._changed:
            if self._closed or self._cancel.cancelled or not self._waiting:
                return None
            host = self._waiting.popleft()
            flight = Flight(host, threading.current_thread())
            admit = partial(self._admit, flight)
            flight.guard = HostGuard(host.name, self._deadline, self._logins, admit)
            self._flying[host.name] = flight
            self._events.append(flight)
            self._changed.notify_all()
            return flight

    def _admit(self, flight: Flight, seconds: float) -> bool:
        admitted = self._permit is None or self._permit.wait(seconds)
        if self._cancel.cancelled:
            raise HostNotStartedError
        if admitted:
            flight.contacted_at = time.monotonic()
        return admitted

    def _fly(self, flight: Flight) -> MultiResult:
        try:
            with guarding(flight.guard):
                results = self._template.copy().start(flight.host)
        except BaseException as error:  # noqa: BLE001 - a host's SystemExit must not end the run
            text = f"The task ended with {explain(error)}"
            results = self._failure(flight, PrestageError(ErrorCode.INTERNAL, text))
        if flight.guard.tripped:
            _close_connections(flight.host)
            if results.failed:
                # What the task saw is only the consequence of the cut.
                return self._failure(flight, _reason(flight.guard))
        tidy(results)
        return results

    def _arrive(self, flight: Flight, results: MultiResult) -> bool:
        with self._changed:
            if self._flying.get(flight.host.name) is not flight:
                return False
            del self._flying[flight.host.name]
            flight.results = results
            self._events.append(flight)
            self._changed.notify_all()
            return True

    def _failure(self, flight: Flight, error: PrestageError) -> MultiResult:
        return failed_multi_result(self._template.name, flight.host, error)


def _reason(guard: HostGuard) -> PrestageError:
    try:
        guard.check()
    except PrestageError as reason:
        return PrestageError(reason.code, reason.text)
    return PrestageError(ErrorCode.INTERNAL, "The device was cut off without a reason.")


def _close_connections(host: Host) -> None:
    try:
        host.close_connections()
    except Exception as error:  # noqa: BLE001 - the sockets are already shut
        _logger.debug("Host %s: closing after the cut: %s", host.name, explain(error))
