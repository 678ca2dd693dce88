"""The state that the caller's thread and the crews of one run share."""

import logging
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from functools import partial

from nornir.core.inventory import Host
from nornir.core.task import MultiResult, Task

from nornir_tasks.cancel import CancelToken, HostNotStartedError
from nornir_tasks.errors import ErrorCode, PrestageError
from nornir_tasks.flight.flight import Flight, Lane
from nornir_tasks.guard import HostGuard, guarding
from nornir_tasks.permit import StartPermit
from nornir_tasks.results import explain, failed_multi_result, tidy

__all__ = ["Hangar"]

_logger = logging.getLogger(__name__)

_GATHER_SECONDS = 0.05
"""News of so long is reported together: waking the caller's thread for each costs more than it."""


class Hangar:
    """Who waits, who is in flight, and what came of them.

    Args:
        template: The task; every host gets a copy.
        deadline: Seconds for each host; None for no limit.
        cancel: Stops the run.
        permit: Without it, no device is contacted; None where a cancel token is enough.
    """

    def __init__(
        self,
        template: Task,
        *,
        deadline: float | None,
        cancel: CancelToken,
        permit: StartPermit | None = None,
    ) -> None:
        self._template = template
        self._deadline = deadline
        self._cancel = cancel
        self._permit = permit
        # Re-entrant: a signal handler may wake us while this very thread holds the lock.
        self._changed = threading.Condition(threading.RLock())
        self._lanes: tuple[Lane, ...] = ()
        # In the order of their deadlines, for all have the same time.
        self._flying: dict[str, Flight] = {}
        self._events: deque[Flight] = deque()
        self._closed = False

    def open(self, lanes: Sequence[Lane]) -> None:
        """Let the crews of these lanes begin."""
        self._lanes = tuple(lanes)
        for lane in lanes:
            lane.crew.begin()

    # What the caller's thread does.

    def wake(self) -> None:
        """Make the caller's thread look again; may be called from a signal handler."""
        with self._changed:
            self._changed.notify_all()

    def wait(self, *, until: float) -> bool:
        """Wait for news and a moment for more of it, at the latest `until` (monotonic seconds).

        Returns:
            Whether the run is over: nothing is in flight and nothing more will be started.
        """
        with self._changed:
            if not self._events and not self._over():
                if self._cancel.forced:
                    self._cut_off(ErrorCode.ABORTED, "The job was stopped by force.")
                self._changed.wait(max(0.0, until - time.monotonic()))
            if self._events and not self._over() and not self._cancel.cancelled:
                self._changed.wait(min(_GATHER_SECONDS, max(0.0, until - time.monotonic())))
            return self._over()

    def take_events(self) -> list[Flight]:
        """Return the flights that started or ended since the last call, in order."""
        with self._changed:
            events, self._events = list(self._events), deque()
        return events

    def next_expiry(self, grace: float) -> float:
        """Return when the next deadline or period of grace ends, in monotonic seconds."""
        soonest = float("inf")
        with self._changed:
            for flight in self._flying.values():
                if flight.cut_off_at is not None:
                    soonest = min(soonest, flight.cut_off_at + grace)
                    continue
                if flight.guard.expires_at is not None:
                    soonest = min(soonest, flight.guard.expires_at)
                break
        return soonest

    def cut_off_overdue(self) -> None:
        """Cut off the hosts whose deadline has passed, or all of them when stopped by force."""
        with self._changed:
            if self._cancel.forced:
                self._cut_off(ErrorCode.ABORTED, "The job was stopped by force.")
            overdue = list(self._overdue(time.monotonic()))
            for flight in overdue:
                flight.cut_off_at = time.monotonic()
        for flight in overdue:
            flight.guard.trip(
                ErrorCode.TIMEOUT_DEADLINE,
                f"The device was not finished within {self._deadline:g} seconds and was cut off.",
            )

    def abandon_stuck(self, grace: float) -> list[Flight]:
        """Give up on the flights that did not end `grace` seconds after they were cut off.

        Returns:
            These flights, with the reason of the cut as their result. Their crews go on.
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
                flight.results = self._failure(flight, _reason(flight.guard))
        for flight in stuck:
            _logger.warning("Host %s: its work did not end and was abandoned", flight.host.name)
            flight.lane.crew.give_up(flight)
        return stuck

    def abort(self) -> None:
        """Start nothing more and cut off everything in flight."""
        with self._changed:
            self._closed = True
            self._cut_off(ErrorCode.ABORTED, "The job was interrupted.")

    def join(self, grace: float) -> None:
        """Wait until the crews have ended, `grace` seconds at most for all of them."""
        until = time.monotonic() + grace
        for lane in self._lanes:
            lane.crew.join(until)

    def not_started(self) -> dict[str, MultiResult]:
        """Return a failed result for every host that was never started."""
        return {
            host.name: failed_multi_result(self._template.name, host, HostNotStartedError())
            for lane in self._lanes
            for host in lane.waiting
        }

    # What the crews do.

    def depart(self, lane: Lane) -> Flight | None:
        """Take the lane's next host; None when no more is to be started."""
        with self._changed:
            if self._closed or self._cancel.cancelled or not lane.waiting:
                return None
            flight = Flight(lane.waiting.popleft(), lane)
            self._flying[flight.host.name] = flight
            self._tell(flight)
            admit = partial(self.admit, flight)
            flight.guard = HostGuard(flight.host.name, self._deadline, lane.logins, admit)
            return flight

    def admit(self, flight: Flight, seconds: float) -> bool:
        """Say whether a device may be contacted now; the last thing before its first packet.

        Args:
            flight: The host.
            seconds: The longest wait for permission.

        Raises:
            HostNotStartedError: It must not be contacted any more.
        """
        admitted = self._permit is None or self._permit.wait(seconds)
        if self._cancel.cancelled:
            raise HostNotStartedError
        if admitted:
            flight.contacted_at = time.monotonic()
        return admitted

    def fly(self, flight: Flight) -> MultiResult:
        """Run the task on the flight's host, in this thread."""
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

    def arrive(self, flight: Flight, results: MultiResult) -> bool:
        """Hand over what came of a flight.

        Returns:
            Whether it was still waited for; who was given up on ends.
        """
        with self._changed:
            if self._flying.get(flight.host.name) is not flight:
                return False
            del self._flying[flight.host.name]
            flight.results = results
            self._tell(flight)
            return True

    def _tell(self, flight: Flight) -> None:
        """Have the caller's thread report on a flight, which it is woken for if it sleeps."""
        self._events.append(flight)
        if len(self._events) == 1 or self._over():
            self._changed.notify_all()

    def _over(self) -> bool:
        waiting = any(lane.waiting for lane in self._lanes)
        return not self._flying and (not waiting or self._cancel.cancelled)

    def _overdue(self, now: float) -> Iterator[Flight]:
        for flight in self._flying.values():
            if flight.cut_off_at is None:
                if flight.guard.expires_at is None or flight.guard.expires_at > now:
                    return
                yield flight

    def _cut_off(self, code: ErrorCode, text: str) -> None:
        for flight in self._flying.values():
            if flight.cut_off_at is None:
                flight.cut_off_at = time.monotonic()
                flight.guard.trip(code, text)

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
