"""The `DeviceSession` on asyncssh, for threads."""

import logging
import time
from collections.abc import Coroutine, Sequence
from typing import Any, Self, TypeVar

from lxml import etree

from nornir_tasks.errors import PrestageError
from nornir_tasks.guard import current_guard
from nornir_tasks.sessions.aio.dialogue import Ended, Notified
from nornir_tasks.sessions.aio.endpoint import Endpoint
from nornir_tasks.sessions.aio.event_loop import event_loop
from nornir_tasks.sessions.aio.session import NetconfSession
from nornir_tasks.sessions.dialing import Address, is_address, look_up
from nornir_tasks.sessions.failures import Phase, classify_failure
from nornir_tasks.sessions.messages import Reply

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
            session._connect()
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

    def _connect(self) -> None:
        endpoint = self._endpoint
        if is_address(endpoint.host):
            addresses: Sequence[Address] = look_up(endpoint.host, endpoint.port)
        else:
            addresses = self._wait(self._session.resolve(), Phase.DIAL)
        self._dial(addresses)
        self._wait(self._session.log_in(), Phase.HANDSHAKE)

    def _dial(self, addresses: Sequence[Address]) -> None:
        until = time.monotonic() + self._endpoint.settings.connect_timeout
        failure = classify_failure(TimeoutError(), Phase.DIAL)
        for address in addresses:
            if (seconds := until - time.monotonic()) <= 0:
                break
            # May block, which the loop must not. The loop asks once more, right before the packet.
            self._guard.admit()
            try:
                while not self._wait(self._dial_if_allowed(address, seconds), Phase.DIAL):
                    self._guard.admit()
            except PrestageError as error:
                self._guard.check()
                failure = error
            else:
                return
        raise failure

    def _dial_if_allowed(self, address: Address, seconds: float) -> Coroutine[Any, Any, bool]:
        return self._session.dial(address, seconds, self._guard.may_begin)

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
