"""The model of the guarantee of events, and how processes die (prestaging spec, section 6)."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection

from prestage_plugin.models import Shard
from prestage_plugin.services.lifecycle import Claim
from prestage_plugin.states import ShardState

__all__ = [
    "Event",
    "History",
    "KilledError",
    "Read",
    "SimulatedWorker",
    "killed_at",
    "raise_killed",
]

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
        taken: Place of the last event for which an auto job was started.
    """

    events: list[Event] = field(default_factory=list)
    reads: list[Read] = field(default_factory=list)
    taken: int = 0

    def unanswered(self) -> list[Event]:
        """The events after which no read began that ended."""
        answered = max((read.began for read in self.reads if read.counts and read.ended), default=0)
        return [event for event in self.events if event.place > answered]

    def waiting(self) -> list[Event]:
        """The unanswered events for which no auto job was started."""
        return [event for event in self.unanswered() if event.place > self.taken]


@dataclass(eq=False)
class SimulatedWorker:
    """A worker that has claimed a shard; it contacts devices and ends them one by one."""

    claim: Claim
    reads: dict[str, tuple[Read, datetime]] = field(default_factory=dict)

    def is_there(self) -> bool:
        return Shard.objects.filter(
            pk=self.claim.shard_id, attempt=self.claim.attempt, state=ShardState.RUNNING
        ).exists()


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
