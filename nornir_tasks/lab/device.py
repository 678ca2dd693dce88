"""A simulated device while the lab runs: its configuration, its fault, its sessions."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from lxml import etree

from nornir_tasks.lab.counters import DeviceStatistics
from nornir_tasks.lab.datastore import Datastore
from nornir_tasks.lab.events import Caller, CommitEvent
from nornir_tasks.lab.faults import FAULTS
from nornir_tasks.lab.fleet import SimulatedDevice
from nornir_tasks.lab.notifications import config_change
from nornir_tasks.lab.subscriptions import Subscriptions
from nornir_tasks.lab.syslog import Origin, SystemLog
from nornir_tasks.lab.syslog.junos import commit_entries, netconf_command
from nornir_tasks.lab.truth import Truth

__all__ = ["ReplyCache", "RunningDevice", "Session"]


class Session(Protocol):
    """What a device knows about its sessions."""

    def kill(self, by: int | None = None) -> None:
        """Cut the connection, on behalf of another session or of the device itself."""
        ...

    def terminate(self) -> None:
        """Close the channel, as when the process behind it died."""
        ...

    def notify(self, message: bytes) -> bool:
        """Send a notification, without waiting, and return whether it is sent."""
        ...

    async def room(self) -> None:
        """Wait until the client has read most of what was sent, or is cut off."""
        ...


class ReplyCache:
    """Rendered replies, the least recently used dropped first.

    Args:
        limit: Bytes to keep at most.
    """

    def __init__(self, limit: int = 32 * 1024 * 1024) -> None:
        self._limit = limit
        self._size = 0
        self._entries: OrderedDict[tuple[str, int, bytes], bytes] = OrderedDict()

    def get(self, key: tuple[str, int, bytes], make: Callable[[], bytes]) -> bytes:
        """Return the reply for a key (device, version, request), made when it is missing."""
        known = self._entries.get(key)
        if known is not None:
            self._entries.move_to_end(key)
            return known
        made = make()
        self._entries[key] = made
        self._size += len(made)
        while self._size > self._limit and len(self._entries) > 1:
            self._size -= len(self._entries.popitem(last=False)[1])
        return made


class RunningDevice:
    """The state of one device.

    Args:
        device: The device as its fleet describes it.
        observe: Called after each commit.
        cache: Shared by all devices of a lab.
        log: Where its system log goes, None when it goes nowhere.
        notifies: Whether clients can subscribe to notifications.
    """

    def __init__(
        self,
        device: SimulatedDevice,
        *,
        observe: Callable[[CommitEvent], None],
        cache: ReplyCache,
        log: SystemLog | None = None,
        notifies: bool = False,
    ) -> None:
        self.fault = device.fault
        self.store = Datastore(device, now=time.time, observe=self._committed)
        self.statistics = DeviceStatistics()
        self.sessions: dict[int, Session] = {}
        self.subscriptions = Subscriptions(time.time)
        self.notifies = notifies
        self.cache = cache
        self._observe = observe
        self._log = log
        self._rollback: asyncio.TimerHandle | None = None

    @property
    def device(self) -> SimulatedDevice:
        """The device as it is now; its kind can differ from the fleet's."""
        return self.store.device

    @property
    def truth(self) -> Truth | None:
        """What a correct client finds out now; None when the configuration is somebody's own."""
        truth = self.store.truth
        if truth is None:
            return None
        return replace(truth, error_code=None if self.fault is None else FAULTS[self.fault])

    @property
    def origin(self) -> Origin:
        """The device as the origin of messages."""
        return Origin.of(self.device, self.store.host_name)

    def log_command(self, caller: Caller, operation: etree._Element) -> None:
        """Log what a client asks for, as Junos does with `interactive-commands`."""
        if self._log is not None:
            self._log.write(self.origin, (netconf_command(caller, operation),))

    def subscribe(self, caller: Caller, request: etree._Element) -> None:
        """Notify a session from now on.

        Raises:
            RpcError: See `Subscriptions.create`.
        """
        session = self.sessions[caller.session_id]
        self.subscriptions.create(caller.session_id, request, session.notify)
        self.statistics.session_subscribed(caller.session_id)

    def unsubscribe(self, session_id: int) -> None:
        """Notify a session no longer; does nothing when it was not subscribed."""
        if self.subscriptions.end(session_id):
            self.statistics.session_unsubscribed()

    def publish(self, describe: Callable[[], str]) -> None:
        """Notify the subscribers of an event; see `Subscriptions.publish`."""
        self.statistics.notifications += self.subscriptions.publish(describe)

    async def room(self) -> None:
        """Wait until another notification does not only wait in this process."""
        for session_id in self.subscriptions.sessions:
            session = self.sessions.get(session_id)
            if session is not None:
                await session.room()

    def drop_subscriptions(self) -> int:
        """End all subscribed sessions, as the restart of the management daemon does.

        Returns:
            Their number.
        """
        subscribed = self.subscriptions.sessions
        for session_id in subscribed:
            self.unsubscribe(session_id)
            self.sessions[session_id].terminate()
        return len(subscribed)

    def expect_confirmation(self, seconds: float) -> None:
        """Undo the last commit unless another one follows in time."""
        self.cancel_rollback()
        loop = asyncio.get_running_loop()
        self._rollback = loop.call_later(seconds, self.store.roll_back)

    def cancel_rollback(self) -> None:
        """Stop waiting for a confirmation."""
        if self._rollback is not None:
            self._rollback.cancel()
            self._rollback = None

    def _committed(self, event: CommitEvent) -> None:
        if not event.confirmed:
            self.cancel_rollback()
        if self._log is not None:
            self._log.write(self.origin, commit_entries(event))
        self.publish(lambda: config_change(event))
        self._observe(event)
