"""The crew that needs no thread for a host in flight: interviews on the process's event loop.

For hosts whose engine is asyncssh, and tasks that say beforehand what they will ask. A host's
login follows its start at once, so nobody is in flight who waits for a turn to log in.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from weakref import WeakKeyDictionary

from nornir.core.task import MultiResult

from nornir_tasks.errors import PrestageError
from nornir_tasks.flight.flight import Flight, Lane
from nornir_tasks.flight.hangar import Hangar
from nornir_tasks.flight.pace import BEAT, Pace
from nornir_tasks.interview import Answers, Heard, Interview, Interviewer, having_heard
from nornir_tasks.sessions import Phase
from nornir_tasks.sessions.aio import Endpoint, NetconfSession
from nornir_tasks.sessions.aio.daemon import in_daemon
from nornir_tasks.sessions.aio.event_loop import EventLoopThread, event_loop, retire
from nornir_tasks.sessions.aio.failures import classify_ssh_failure

__all__ = ["Conduct", "LoopCrew"]

_logger = logging.getLogger(__name__)

_RESPONSE_SECONDS = 1.0
"""A loop that does nothing for so long is held up by something that does not end."""
_LARGE = 256 * 1024
"""Bytes; larger answers are parsed in a thread, for the loop must not be held up."""
_TURN_SECONDS = 1.0
"""The longest wait for a turn in such a thread."""

_limits: WeakKeyDictionary[EventLoopThread, int] = WeakKeyDictionary()
"""How many each loop had in flight at last; its next run, the next shard of a job, begins so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conduct:
    """How interviews are carried.

    Attributes:
        interviewer: Says what to ask a host.
        parameters: Of the task.
        logins: Hosts that may connect and authenticate at the same time.
        least: Hosts in flight, where there are so many.
        most: Hosts in flight when the loop has time to spare.
        think_in_threads: Whether the task is run in a thread whatever the size of the answers.
    """

    interviewer: Interviewer
    parameters: Mapping[str, Any]
    logins: int
    least: int
    most: int
    think_in_threads: bool


class LoopCrew:
    """Interviews on the event loop of this process.

    Args:
        hangar: The run.
        lane: The hosts.
        conduct: How to go about it.
    """

    def __init__(self, hangar: Hangar, lane: Lane, conduct: Conduct) -> None:
        self._hangar = hangar
        self._lane = lane
        self._conduct = conduct
        self._shift = self._new_shift()

    def begin(self) -> None:
        """See `Crew.begin`."""
        self._shift.loop.call(self._shift.begin)

    def give_up(self, flight: Flight) -> None:
        """Leave what works on the flight; a loop that is stuck is left to itself."""
        shift = self._shift
        if shift.loop.responds(_RESPONSE_SECONDS):
            shift.loop.call(lambda: shift.forget(flight))
            return
        _logger.error("The event loop is stuck; its sessions are lost, another one goes on")
        shift.over.set()
        retire(shift.loop)
        self._shift = self._new_shift()
        self.begin()

    def join(self, until: float) -> None:
        """See `Crew.join`."""
        self._shift.over.wait(max(0.0, until - time.monotonic()))

    def _new_shift(self) -> "_Shift":
        return _Shift(event_loop(), self._hangar, self._lane, self._conduct)


class _Shift:
    """The crew on one event loop; everything but `over` belongs to the loop alone."""

    def __init__(self, loop: EventLoopThread, hangar: Hangar, lane: Lane, conduct: Conduct) -> None:
        self.loop = loop
        self.over = threading.Event()
        self._hangar = hangar
        self._lane = lane
        self._conduct = conduct
        self._pace = Pace(conduct.least, conduct.most, begin=_limits.get(loop))
        self._work: dict[Flight, asyncio.Task[None]] = {}
        self._logging_in = 0
        self._thinking: asyncio.Lock

    def begin(self) -> None:
        """Start the first hosts."""
        self._thinking = asyncio.Lock()
        self._beat(time.monotonic())
        self._launch()

    def forget(self, flight: Flight) -> None:
        """Let go of a host that does not end."""
        if (work := self._work.pop(flight, None)) is not None:
            work.cancel()
            self._launch()

    def _launch(self) -> None:
        """Start as many hosts as may be in flight."""
        while len(self._work) < self._pace.limit and self._logging_in < self._conduct.logins:
            flight = None if self.over.is_set() else self._hangar.depart(self._lane)
            if flight is None:
                break
            self._logging_in += 1
            self._work[flight] = asyncio.create_task(self._fly(flight))
        if not self._work:
            _limits[self.loop] = self._pace.limit
            self.over.set()

    def _beat(self, expected: float) -> None:
        """Look how late the loop is, and have more hosts in flight when it has time to spare."""
        if self.over.is_set():
            return
        now = time.monotonic()
        self._pace.beat(now - expected, full=len(self._work) >= self._pace.limit)
        self._launch()
        asyncio.get_running_loop().call_later(BEAT, self._beat, now + BEAT)

    async def _fly(self, flight: Flight) -> None:
        try:
            heard = await self._hear(flight)
            with having_heard(heard):
                results = await self._think(flight, heard)
            self._hangar.arrive(flight, results)
        finally:
            if self._work.pop(flight, None) is not None:
                self._launch()

    async def _hear(self, flight: Flight) -> Heard | PrestageError:
        """Interview the host; what ends the interview comes back as an error."""
        try:
            return await self._interview(flight)
        except PrestageError as error:
            return error
        except Exception as error:  # noqa: BLE001 - it has a code
            return classify_ssh_failure(error, Phase.RPC)

    async def _interview(self, flight: Flight) -> Heard:
        try:
            interview = self._conduct.interviewer(flight.host, self._conduct.parameters)
            # Reads keys and known hosts when they are needed for the first time.
            session = NetconfSession(Endpoint.of(flight.host))
            # Not taken off again: it does nothing to a session that has ended.
            flight.guard.attach(lambda: self.loop.call(session.abort))
            await session.connect(flight.guard.may_begin)
        finally:
            self._logging_in -= 1
            self._launch()
        try:
            asked_at = datetime.now(UTC)
            answers = await _carry(interview, session)
            answered_at = datetime.now(UTC)
        finally:
            await session.close()
        return Heard(answers=answers, asked_at=asked_at, answered_at=answered_at)

    async def _think(self, flight: Flight, heard: Heard | PrestageError) -> MultiResult:
        """Run the task, whose answers are there."""
        size = heard.answers.size if isinstance(heard, Heard) else 0
        if size <= _LARGE and not self._conduct.think_in_threads:
            return self._hangar.fly(flight)
        # One at a time: together they would need more memory and take as long. But whoever does
        # not end must not hold up the others until their deadlines.
        mine = False
        with suppress(TimeoutError):
            async with asyncio.timeout(_TURN_SECONDS):
                mine = await self._thinking.acquire()
        try:
            return await in_daemon(lambda: self._hangar.fly(flight), name="prestage-thinker")
        finally:
            if mine:
                self._thinking.release()


async def _carry(interview: Interview, session: NetconfSession) -> Answers:
    """Carry an interview on this loop, as `nornir_tasks.interview.carry` does in a thread."""
    try:
        request = next(interview)
        while True:
            request = interview.send(await session.ask(request))
    except StopIteration as end:
        answers: Answers = end.value
        return answers
