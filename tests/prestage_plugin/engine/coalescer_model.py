"""The model of the guarantee of events, and how processes die (prestaging spec, section 6)."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from prestage_plugin.models import Job, JobDevice, Shard
from prestage_plugin.services.lifecycle import Claim, end_shard, release_shard, renew
from prestage_plugin.states import DeviceState, ShardState

__all__ = [
    "IDLE",
    "WAIT",
    "Event",
    "History",
    "KilledError",
    "Read",
    "SimulatedWorker",
    "is_over",
    "killed_at",
    "may_be_over",
    "raise_killed",
]

WAIT, IDLE = 20.0, 10.0
"""Seconds; the timers of the coalescer."""
_ROUNDING = 0.01
"""Seconds; a database may keep milliseconds."""
_OF_TRANSACTIONS = ("SAVEPOINT", "ROLLBACK", "RELEASE")


@dataclass(frozen=True, slots=True)
class Event:
    """One event that was accepted, in the model.

    Attributes:
        place: Its place in the order of everything that happened.
        earliest: Before this time it was not received; a busy machine may take its time.
        latest: Nor after this.
    """

    place: int
    earliest: float
    latest: float


@dataclass(eq=False)
class Read:
    """One contact with a device, in the model.

    Attributes:
        began: Its place in the order of everything that happened.
        counts: It was no dry run, so what it found was written.
        ended: It completed, or its failure is visible.
    """

    began: int
    counts: bool
    ended: bool = False


@dataclass(eq=False)
class History:
    """What happened to one device, in the model.

    Attributes:
        events: Every event that was accepted.
        reads: Every contact.
        settled: Place of the last event whose window was closed, by an auto job or by a read.
    """

    events: list[Event] = field(default_factory=list)
    reads: list[Read] = field(default_factory=list)
    settled: int = 0

    def unanswered(self) -> list[Event]:
        """The events after which no read began that ended."""
        answered = max((read.began for read in self.reads if read.counts and read.ended), default=0)
        return [event for event in self.events if event.place > answered]

    def window(self) -> list[Event]:
        """The events of the window that is open; the first of them may have been answered."""
        return [event for event in self.events if event.place > self.settled]

    def settle(self) -> None:
        """Close the window."""
        self.settled = self.events[-1].place if self.events else 0


def is_over(window: list[Event], *, at: float) -> bool:
    """Whether these events' window has certainly ended at this time."""
    if not window:
        return False
    return at > min(window[0].latest + WAIT, window[-1].latest + IDLE) + _ROUNDING


def may_be_over(window: list[Event], *, at: float) -> bool:
    """Whether it can have ended, as nobody knows when exactly an event was received."""
    if not window:
        return False
    return at > min(window[0].earliest + WAIT, window[-1].earliest + IDLE) - _ROUNDING


@dataclass(eq=False)
class SimulatedWorker:
    """A worker that has claimed a shard; it contacts devices and ends them one by one."""

    claim: Claim
    reads: dict[str, tuple[Read, datetime]] = field(default_factory=dict)

    def is_there(self) -> bool:
        return Shard.objects.filter(
            pk=self.claim.shard_id, attempt=self.claim.attempt, state=ShardState.RUNNING
        ).exists()

    def end(self) -> None:
        """End the shard when nothing is left to do, or hand it back."""
        rows = JobDevice.objects.filter(shard_id=self.claim.shard_id)
        job = Job.objects.get(pk=self.claim.job_id)
        over = not rows.filter(state__in=DeviceState.open()).exists()
        if over or job.cancel_requested_at is not None:
            with transaction.atomic():
                renew(claim=self.claim)
                end_shard(shard_id=self.claim.shard_id, state=ShardState.DONE)
        else:
            release_shard(claim=self.claim)


class KilledError(Exception):
    """The process is gone."""


@contextmanager
def killed_at(statement: int) -> Iterator[None]:
    """Let the process die at its n-th statement; what it had not committed is rolled back."""
    left = statement

    def execute(run: Any, sql: str, *arguments: Any) -> Any:
        nonlocal left
        if sql.startswith(_OF_TRANSACTIONS):
            # It is the database that rolls back what a dead process has left.
            return run(sql, *arguments)
        left -= 1
        if left < 0:
            raise KilledError
        return run(sql, *arguments)

    with connection.execute_wrapper(execute):
        yield


def raise_killed() -> None:
    """Die after the last statement and before the commit."""
    raise KilledError
