"""The subscription to one device, kept for as long as the device is wanted."""

import asyncio
import logging

from lxml import etree

from nornir_tasks.errors import ErrorCode, PrestageError
from nornir_tasks.sessions.aio import Endpoint, NetconfSession
from nornir_tasks.sessions.aio.subscription import supports_notifications
from prestage_plugin.events.netconf import backoff
from prestage_plugin.events.netconf.counts import Standing
from prestage_plugin.events.netconf.diary import Diary
from prestage_plugin.events.netconf.gate import Gate
from prestage_plugin.events.netconf.intake import Intake
from prestage_plugin.events.netconf.roster import Member

__all__ = ["Subscriber"]

logger = logging.getLogger(__name__)

_HOSTILE = frozenset({ErrorCode.BAD_REPLY, ErrorCode.REPLY_TOO_LARGE})


class Subscriber:
    """Subscribes to a device, and again whenever that has ended; whatever fails, it goes on.

    Args:
        member: The device.
        gate: What lets sessions be opened.
        intake: What takes the notifications.
        diary: What is told how it goes.
    """

    def __init__(self, *, member: Member, gate: Gate, intake: Intake, diary: Diary) -> None:
        self.member = member
        self._gate = gate
        self._intake = intake
        self._counts = intake.counts
        self._diary = diary
        self._session: NetconfSession | None = None
        self._standing = Standing.WAITING
        self._reason: ErrorCode | None = None
        self._failures = 0
        self._subscriptions = 0

    async def run(self) -> None:
        """Keep the subscription until the task is cancelled; the session is closed then."""
        self._counts.devices[self._standing] += 1
        try:
            while True:
                pause = await self._attend()
                await asyncio.sleep(pause)
        finally:
            self._counts.devices[self._standing] -= 1

    def abort(self) -> None:
        """Cut the session off, when closing it takes too long; on the event loop."""
        if self._session is not None:
            self._session.abort()

    async def _attend(self) -> float:
        """Subscribe, stay for as long as it lasts, and return the seconds until the next time."""
        try:
            if not await self._subscribe():
                self._note_unsupported()
                return backoff.pause_of_unsupported()
            reason = await self._listen()
        except PrestageError as error:
            reason = error
        except Exception as error:
            # One device's defect must not end the source.
            if self._reason is not ErrorCode.INTERNAL:
                logger.exception("the subscription to %s failed", self.member.name)
            reason = PrestageError(ErrorCode.INTERNAL, f"A defect: {type(error).__name__}.")
        finally:
            await self._leave()
        self._note_failure(reason)
        return backoff.pause_after(self._failures, reason.code)

    async def _subscribe(self) -> bool:
        """Open a session and subscribe; return whether the device offers that."""
        async with self._gate.opening():
            # Reads files: the known hosts and the key, where they have changed.
            endpoint = await asyncio.to_thread(Endpoint.of, self.member.host)
            self._session = session = NetconfSession(endpoint)
            await session.reach()
            async with self._gate.logins:
                await session.log_in()
        if not supports_notifications(session.capabilities):
            return False
        await session.subscribe(self._take)
        return True

    async def _listen(self) -> PrestageError:
        """Wait until the subscription has ended and return why."""
        assert self._session is not None
        clock = asyncio.get_running_loop().time
        began = clock()
        self._note_subscription()
        reason = await self._session.over()
        if clock() - began >= backoff.LASTING_SECONDS:
            self._failures = 0
        if reason.code in _HOSTILE:
            self._counts.malformed += 1
        return reason

    async def _leave(self) -> None:
        session = self._session
        if session is None:
            return
        try:
            await session.close()
        except Exception as error:  # noqa: BLE001 - nobody could do anything about it
            logger.debug("while closing a session: %s", type(error).__name__)
        finally:
            session.abort()
            self._session = None

    def _take(self, notification: etree._Element) -> None:
        self._intake.take(self.member, notification)

    def _note_subscription(self) -> None:
        self._counts.subscriptions += 1
        self._counts.reconnects += self._subscriptions > 0
        self._subscriptions += 1
        self._intake.take_subscription(self.member)
        self._stand(Standing.CONNECTED)
        self._diary.heard(self.member.name)

    def _note_unsupported(self) -> None:
        self._failures = 0
        if self._standing is not Standing.UNSUPPORTED:
            self._diary.unsupported(self.member.name)
        self._stand(Standing.UNSUPPORTED)

    def _note_failure(self, reason: PrestageError) -> None:
        self._failures += 1
        if (self._standing, self._reason) != (Standing.FAILED, reason.code):
            self._diary.lost(self.member.name, reason)
        self._stand(Standing.FAILED)
        self._reason = reason.code

    def _stand(self, standing: Standing) -> None:
        self._counts.devices[self._standing] -= 1
        self._counts.devices[standing] += 1
        self._standing = standing
