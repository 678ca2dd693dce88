"""NETCONF notifications as a source: one subscription to each device that is to be heard."""

import asyncio
import logging
import resource
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass

from django.db import Error as DatabaseFault

from nornir_tasks.errors import PrestageError
from nornir_tasks.sessions.aio.daemon import in_daemon
from prestage_plugin.events.handover import HandOver
from prestage_plugin.events.netconf.counts import Counts
from prestage_plugin.events.netconf.diary import Diary
from prestage_plugin.events.netconf.gate import Gate
from prestage_plugin.events.netconf.intake import Intake
from prestage_plugin.events.netconf.roster import Member, Roster
from prestage_plugin.events.netconf.subscriber import Subscriber

__all__ = ["NetconfOptions", "NetconfSource"]

logger = logging.getLogger(__name__)

REFRESH_SECONDS = 30.0
"""How often it is looked whether the inventory has changed."""
DIARY_SECONDS = 5.0
"""How often the log is written."""
CLOSE_SECONDS = 8.0
"""Seconds that sessions get to be closed in order at the end; the rest is cut off."""
_OTHER_FILES = 200
"""Open files for everything but these sessions."""

_Members = Mapping[str, Member]


@dataclass(frozen=True, slots=True, kw_only=True)
class NetconfOptions:
    """Which devices are subscribed to, and how fast.

    Attributes:
        devices: Which; None for all, or an expression (`nornir_tasks.inventory.limit`).
        per_second: Sessions that are begun in a second, at most.
        logins: Logins at a time, at most.
        ignored_users: Logins whose changes are no change to us.
    """

    devices: str | None = None
    per_second: float = 20.0
    logins: int = 25
    ignored_users: Collection[str] = ()


class NetconfSource:
    """Hears of changes from the notifications of devices (RFC 5277 and RFC 6470).

    Args:
        options: Whom to hear, and what counts.
    """

    name = "netconf"

    def __init__(self, options: NetconfOptions) -> None:
        self._options = options
        self._counts = Counts()
        self._diary = Diary()
        self._roster = Roster(options.devices)
        self._stop = asyncio.Event()
        self._tasks: dict[Subscriber, asyncio.Task[None]] = {}
        self._subscribers: dict[str, Subscriber] = {}
        self._problem = ""

    def stop(self) -> None:
        """Ask `run` to end."""
        self._stop.set()

    def counters(self) -> dict[str, int]:
        """Return what it has counted since it began."""
        return self._counts.as_dict()

    async def run(self, handover: HandOver) -> None:
        """Keep the subscriptions until `stop` is called, then close all sessions."""
        options = self._options
        gate = Gate(per_second=options.per_second, logins=options.logins)
        intake = Intake(handover=handover, ignored_users=options.ignored_users, counts=self._counts)
        logger.info("listening for NETCONF notifications of %s", options.devices or "all devices")
        watch = asyncio.create_task(self._watch(gate, intake))
        try:
            while not self._stop.is_set():
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._stop.wait(), DIARY_SECONDS)
                self._diary.write()
                if watch.done():
                    watch.result()  # a defect: somebody has to start us anew
        finally:
            watch.cancel()
            try:
                await asyncio.wait([watch])
                await self._close()
            finally:
                intake.settle()

    async def _watch(self, gate: Gate, intake: Intake) -> None:
        """Follow the inventory, for ever."""
        while True:
            members = await self._load()
            if members is not None:
                self._adopt(members, gate, intake)
            await asyncio.sleep(REFRESH_SECONDS)

    async def _load(self) -> _Members | None:
        """Read the devices; None when they are the same as before, or cannot be read now."""
        try:
            # A database that hangs keeps no process alive.
            members = await in_daemon(self._roster.load, name="netconf-roster")
        except Exception as error:  # noqa: BLE001 - whatever an inventory plugin raises
            # Those that are subscribed to stay so.
            self._complain(error)
            return None
        self._problem = ""
        return members

    def _complain(self, error: Exception) -> None:
        """Say what is wrong with the inventory, once."""
        known = isinstance(error, PrestageError)
        problem = error.text if isinstance(error, PrestageError) else type(error).__name__
        if problem != self._problem:
            defect = None if known or isinstance(error, (DatabaseFault, OSError)) else error
            words = "the devices to subscribe to cannot be read now (%s)"
            logger.warning(words, problem, exc_info=defect)
        self._problem = problem

    def _adopt(self, members: _Members, gate: Gate, intake: Intake) -> None:
        """Begin with new devices, and leave those that are gone or are reached in another way."""
        for name, subscriber in list(self._subscribers.items()):
            if members.get(name) != subscriber.member:
                del self._subscribers[name]
                self._tasks[subscriber].cancel()
        self._look_at_limit(len(members))
        for name, member in members.items():
            if name not in self._subscribers:
                self._begin(Subscriber(member=member, gate=gate, intake=intake, diary=self._diary))

    def _look_at_limit(self, devices: int) -> None:
        files, _highest = resource.getrlimit(resource.RLIMIT_NOFILE)
        if files != resource.RLIM_INFINITY and devices + _OTHER_FILES > files:
            words = "this process may open %d files, which is too few for %d sessions"
            logger.warning(words, files, devices)

    def _begin(self, subscriber: Subscriber) -> None:
        task = asyncio.create_task(subscriber.run())
        self._subscribers[subscriber.member.name] = subscriber
        self._tasks[subscriber] = task
        task.add_done_callback(lambda _task: self._tasks.pop(subscriber, None))

    async def _close(self) -> None:
        """Close all sessions, and cut off those that take too long."""
        tasks = dict(self._tasks)
        for task in tasks.values():
            task.cancel()
        if not tasks:
            return
        await asyncio.wait(tasks.values(), timeout=CLOSE_SECONDS)
        late = {subscriber: task for subscriber, task in tasks.items() if not task.done()}
        for subscriber in late:
            subscriber.abort()
        await asyncio.gather(*tasks.values(), return_exceptions=True)
