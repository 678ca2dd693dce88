"""The `DeviceSession` on asyncssh, for threads."""

import logging
from collections.abc import Coroutine
from typing import Any, Self, TypeVar

from lxml import etree

from nornir_tasks.errors import PrestageError
from nornir_tasks.guard import current_guard
from nornir_tasks.reply import Reply
from nornir_tasks.sessions.aio.dialogue import Ended, Notified
from nornir_tasks.sessions.aio.endpoint import Endpoint
from nornir_tasks.sessions.aio.event_loop import event_loop
from nornir_tasks.sessions.aio.session import NetconfSession
from nornir_tasks.sessions.failures import Phase, classify_failure

__all__ = ["AsyncsshSession"]

_logger = logging.getLogger(__name__)
_T = TypeVar("_T")


class AsyncsshSession:
    """One session; the process's event loop works on it while the caller's thread waits.

    Requests are made and replies parsed in the caller's thread: the loop is for all sessions.

    Args:
        endpoint: The device.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._guard = current_guard()
        self._loop = event_loop()
        self._session = NetconfSession(endpoint)

    @classmethod
    def open(cls, endpoint: Endpoint) -> Self:
        """Connect, verify the device, log in and exchange hellos.

        The session is attached to the current guard from the first packet on.

        Raises:
            PrestageError: With the code of the step that failed; nothing is left open.
        """
        session = cls(endpoint)
        session._guard.attach(session.abort)
        try:
            session._wait(session._session.connect(session._guard.may_begin), Phase.DIAL)
        except BaseException:
            session.close()
            raise
        return session

    @property
    def capabilities(self) -> frozenset[str]:
        """Capability URIs of the device's hello."""
        return self._session.capabilities

    def ask(self, request: etree._Element) -> Reply:
        """See `DeviceSession.ask`."""
        return self._wait(self._session.ask(request), Phase.RPC)

    def rpc(self, request: etree._Element) -> etree._Element:
        """See `DeviceSession.rpc`."""
        return self.ask(request).document()

    def subscribe(self, notified: Notified, ended: Ended | None = None) -> None:
        """See `NetconfSession.subscribe`; the callbacks run in the loop's thread."""
        self._wait(self._session.subscribe(notified, ended), Phase.RPC)

    def close(self) -> None:
        """See `DeviceSession.close`."""
        self._guard.detach(self.abort)
        try:
            self._loop.run(self._session.close())
        except Exception as error:  # noqa: BLE001 - nobody could do anything about it
            _logger.debug("While closing a session: %s", type(error).__name__)
            self.abort()

    def abort(self) -> None:
        """See `DeviceSession.abort`."""
        self._loop.call(self._session.abort)

    def _wait(self, work: Coroutine[Any, Any, _T], phase: Phase) -> _T:
        """Let the loop do something; a tripped guard's reason wins over what came of it."""
        try:
            return self._loop.run(work)
        except Exception as error:  # noqa: BLE001 - the loop may have ended as well
            raise self._explained(error, phase) from None

    def _explained(self, error: Exception, phase: Phase) -> PrestageError:
        try:
            self._guard.check()
        except PrestageError as reason:
            return PrestageError(reason.code, reason.text)
        return classify_failure(error, phase)
