"""A Nornir runner with a bound of hosts in flight, deadlines, a login cap and a cancel token.

Nornir's own runner cannot be stopped, has no deadline, and loses every result when one host raises
`SystemExit` or a processor raises. This one hands hosts to its threads one by one and results to
the caller as they come (jobs spec, section 4).
"""

import time
from collections.abc import Callable

from nornir.core.inventory import Host
from nornir.core.task import AggregatedResult, MultiResult, Task

from nornir_tasks.cancel import CancelToken
from nornir_tasks.flight import Flight, Hangar, Limits, make_lanes
from nornir_tasks.permit import StartPermit
from nornir_tasks.shield import shielded

__all__ = ["CancelToken", "PrestageRunner", "StartPermit"]

GRACE = 5.0
"""Seconds that a host's thread has to end after its session was cut off."""


class PrestageRunner:
    """Runs a task on many hosts; a Nornir RunnerPlugin for `Nornir.with_runner`.

    All callbacks run in the thread that called `Nornir.run`, never in a worker thread. When one
    of them raises, or the caller is interrupted, every session is cut off, the threads are joined,
    and the exception goes on to the caller.

    Args:
        workers: Hosts that are worked on at the same time.
        most_workers: As many may become of them where the engine is asyncssh, as long as there is
            time to spare; `workers` when None.
        logins: Hosts that may connect and authenticate at the same time.
        deadline: Seconds for each host, from when it is started; None for no limit.
        cancel: Token that stops the run.
        permit: Devices are contacted only while it is valid; for callers that must not start
            anything when they cannot tell whether the run was cancelled.
        on_result: Called with a host's name and results when it has finished or failed; not called
            for hosts that were never started. A host that waited for its login when the run was
            cancelled is not contacted any more; its result says so, see `run`.
        on_start: Called with a host's name soon after it was started, always before its result.
        on_contact: Called before its result with the name of a host that was let to contact its
            device, and when, in monotonic seconds.
        on_tick: Called every `tick` seconds during the run.
        tick: Seconds between two calls of `on_tick`.
        grace: Seconds that a host's thread has to end after it was cut off; then the host is
            reported as failed and the thread is abandoned, its late result dropped.
        keep_results: Whether the run returns the results in the end. Without it they are handed to
            `on_result` and forgotten, so that memory does not grow with the number of hosts.
    """

    def __init__(
        self,
        *,
        workers: int = 50,
        most_workers: int | None = None,
        logins: int = 25,
        deadline: float | None = 180.0,
        cancel: CancelToken | None = None,
        permit: StartPermit | None = None,
        on_result: Callable[[str, MultiResult], None] | None = None,
        on_start: Callable[[str], None] | None = None,
        on_contact: Callable[[str, float], None] | None = None,
        on_tick: Callable[[], None] | None = None,
        tick: float = 0.5,
        grace: float = GRACE,
        keep_results: bool = True,
    ) -> None:
        if workers < 1 or logins < 1 or tick <= 0:
            raise ValueError("workers and logins must be at least 1 and tick more than 0 seconds")
        self.workers = workers
        self.most_workers = workers if most_workers is None else most_workers
        self.logins = logins
        self.deadline = deadline
        self.cancel = cancel or CancelToken()
        self.permit = permit
        self.on_result = on_result
        self.on_start = on_start
        self.on_contact = on_contact
        self.on_tick = on_tick
        self.tick = tick
        self.grace = grace
        self.keep_results = keep_results

    def run(self, task: Task, hosts: list[Host]) -> AggregatedResult:
        """Run `task` on every host and return one result for each, in the order of `hosts`.

        Hosts that a cancel kept from being contacted have a failed result with a
        `nornir_tasks.cancel.HostNotStartedError`. Without `keep_results` there is none at all.
        """
        template = shielded(task)
        hangar = Hangar(template, deadline=self.deadline, cancel=self.cancel, permit=self.permit)
        self.cancel.subscribe(hangar.wake)
        try:
            limits = Limits(
                workers=self.workers, most_workers=self.most_workers, logins=self.logins
            )
            hangar.open(make_lanes(hangar, template, hosts, limits))
            results = self._supervise(hangar)
        except BaseException:
            hangar.abort()
            hangar.join(self.grace)
            raise
        finally:
            self.cancel.unsubscribe(hangar.wake)
        hangar.join(self.grace)
        aggregated = AggregatedResult(task.name)
        if self.keep_results:
            results |= hangar.not_started()
            aggregated.update({host.name: results[host.name] for host in hosts})
        return aggregated

    def _supervise(self, hangar: Hangar) -> dict[str, MultiResult]:
        """Report on the hosts until the last one is done; return the results that are kept."""
        results: dict[str, MultiResult] = {}
        next_tick = time.monotonic() + self.tick
        while True:
            over = hangar.wait(until=min(next_tick, hangar.next_expiry(self.grace)))
            for flight in hangar.take_events():
                self._report(flight, results)
            hangar.cut_off_overdue()
            for flight in hangar.abandon_stuck(self.grace):
                self._report(flight, results)
            if over:
                return results
            if time.monotonic() >= next_tick:
                next_tick = time.monotonic() + self.tick
                if self.on_tick is not None:
                    self.on_tick()

    def _report(self, flight: Flight, results: dict[str, MultiResult]) -> None:
        name = flight.host.name
        if not flight.announced:
            flight.announced = True
            if self.on_start is not None:
                self.on_start(name)
        if flight.results is not None and not flight.reported:
            flight.reported = True
            if self.keep_results:
                results[name] = flight.results
            if flight.contacted_at is not None and self.on_contact is not None:
                self.on_contact(name, flight.contacted_at)
            if self.on_result is not None:
                self.on_result(name, flight.results)
            # A flight may outlive this, in a timer of the loop or as garbage in a cycle.
            flight.results = None
