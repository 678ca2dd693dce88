"""One NETCONF session with one device, as coroutines."""

import asyncio
import socket
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import count

import asyncssh
from lxml import etree

from nornir_tasks.errors import ErrorCode, PrestageError
from nornir_tasks.reply import Reply
from nornir_tasks.sessions.aio import dialing
from nornir_tasks.sessions.aio.channel import NetconfChannel
from nornir_tasks.sessions.aio.dialogue import Dialogue, Ended, Notified
from nornir_tasks.sessions.aio.endpoint import Endpoint
from nornir_tasks.sessions.aio.failures import classify_ssh_failure
from nornir_tasks.sessions.aio.login import Login
from nornir_tasks.sessions.aio.steps import Steps
from nornir_tasks.sessions.aio.subscription import create_subscription, supports_notifications
from nornir_tasks.sessions.dialing import Address, is_address, look_up, unresolved
from nornir_tasks.sessions.failures import Phase
from nornir_tasks.sessions.messages import CLOSE_SECONDS, build_request

__all__ = ["NetconfSession"]

_SUBSYSTEM = "netconf"
_PERMISSION_SECONDS = 0.02
"""Between two looks whether the device may be contacted."""


class NetconfSession:
    """One session, from the first packet to the last; belongs to the event loop that connects it.

    Every failure is a `PrestageError`; only a cancelled caller sees `asyncio.CancelledError`.

    Args:
        endpoint: The device.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._line: socket.socket | None = None
        self._login: Login | None = None
        self._dialogue: Dialogue | None = None
        self._steps = Steps(endpoint.settings.connect_timeout)
        self._message_ids = map(str, count(1))

    @property
    def capabilities(self) -> frozenset[str]:
        """Capability URIs of the device's hello; none before `connect`."""
        return frozenset() if self._dialogue is None else self._dialogue.capabilities

    async def connect(self, may_begin: Callable[[], bool] | None = None) -> None:
        """Connect, verify the device, log in and exchange hellos.

        Args:
            may_begin: See `reach`.

        Raises:
            PrestageError: With the code of the step that failed; nothing is left open.
        """
        await self.reach(may_begin)
        await self.log_in()

    async def reach(self, may_begin: Callable[[], bool] | None = None) -> None:
        """Connect to the first of the device's addresses that answers; `log_in` comes next.

        For who bounds the number of logins: a device that does not answer takes its time here.

        Args:
            may_begin: Asked right before each first packet to one of the device's addresses, again
                and again until it is so, which is no part of the time that connecting may take.
                It may raise a `PrestageError`, which ends the attempt.

        Raises:
            PrestageError: `unreachable`, `connection-refused`, `timeout-connect`.
        """
        addresses = await self._resolve()
        until = time.monotonic() + self._endpoint.settings.connect_timeout
        failure = classify_ssh_failure(TimeoutError(), Phase.DIAL)
        for address in addresses:
            if (seconds := until - time.monotonic()) <= 0:
                break
            try:
                while not await self._dial(address, seconds, may_begin):
                    await asyncio.sleep(_PERMISSION_SECONDS)
                    until += _PERMISSION_SECONDS
            except PrestageError as error:
                failure = error
            else:
                return
        raise failure

    async def log_in(self) -> None:
        """Verify the device, log in and exchange hellos, the last step.

        Raises:
            PrestageError: With the code of the phase that failed; nothing is left open.
        """
        try:
            async with self._steps as steps:
                await self._log_in(steps)
        except BaseException:
            await self._leave()
            raise

    async def rpc(self, request: etree._Element) -> etree._Element:
        """Send one request and return the whole `rpc-reply` element, as `DeviceSession.rpc`.

        The reply is parsed on the loop; large ones belong into a thread, with `ask`.
        """
        return (await self.ask(request)).document()

    async def ask(self, request: etree._Element) -> Reply:
        """Send one request and return the reply as it came, as `DeviceSession.ask`."""
        message_id = next(self._message_ids)
        reply = await self.exchange(message_id, build_request(request, message_id))
        return Reply(reply, self._endpoint.settings.reply_limit)

    async def exchange(
        self, message_id: str, message: bytes, seconds: float | None = None
    ) -> bytes:
        """Send one request and return the bytes of the reply, whatever it says.

        Args:
            message_id: The id inside the request.
            message: The whole `<rpc>`.
            seconds: Until the reply must be complete; None for those of the settings.

        Raises:
            PrestageError: `timeout-rpc`, `connection-lost`, `bad-reply`, `reply-too-large`.
        """
        dialogue, _ = self._connected()
        limit = self._endpoint.settings.rpc_timeout if seconds is None else seconds
        return await dialogue.exchange(message_id, message, limit)

    async def subscribe(self, notified: Notified, ended: Ended | None = None) -> None:
        """Subscribe to the device's notifications, stream NETCONF (RFC 5277).

        From now on no message of the device may be larger than a notification may be, and a
        device that does not answer is noticed within some minutes.

        Args:
            notified: Called on the loop with each `<notification>` element; must be quick.
            ended: Called once, on the loop, with the reason when the session that is subscribed has
                ended, by whomever. `over` waits for the same.

        Raises:
            PrestageError: `rpc-error` when the device has no notifications or refuses, or the
                session is subscribed already; else as `rpc`.
        """
        dialogue, login = self._connected()
        if not supports_notifications(self.capabilities):
            text = "The device does not send notifications (RFC 5277)."
            raise PrestageError(ErrorCode.RPC_ERROR, text)
        if dialogue.listening:
            text = "The session is subscribed to the device's notifications already."
            raise PrestageError(ErrorCode.RPC_ERROR, text)
        # Before it is asked: notifications may come in one packet with the reply.
        dialogue.listen(notified)
        try:
            await self.rpc(create_subscription())
        except BaseException:
            dialogue.mute()
            raise
        login.keep_alive()
        if ended is not None:
            dialogue.when_over(ended)

    async def over(self) -> PrestageError:
        """Wait until the session has ended and return why."""
        dialogue, _ = self._connected()
        return await dialogue.over()

    async def close(self) -> None:
        """End the session politely but within two seconds."""
        try:
            if self._dialogue is not None and self._dialogue.failure is None:
                message_id = next(self._message_ids)
                farewell = build_request(etree.Element("close-session"), message_id)
                with suppress(PrestageError):
                    await self.exchange(message_id, farewell, CLOSE_SECONDS)
        finally:
            self._end("This software closed the session.")
            await self._leave()

    def abort(self) -> None:
        """End the session at once, in any phase; on the loop, never raises, never blocks."""
        self._steps.abort()
        self._end("This software cut the session off.")
        self._hang_up()

    async def _resolve(self) -> Sequence[Address]:
        """Return the device's addresses."""
        host, port = self._endpoint.host, self._endpoint.port
        if is_address(host):
            return look_up(host, port)
        try:
            async with self._steps as steps:
                steps.begin(Phase.DIAL)
                return await dialing.resolve(host, port)
        except PrestageError as error:
            if error.code is not ErrorCode.TIMEOUT_CONNECT:
                raise
            raise unresolved(host, self._endpoint.settings.connect_timeout) from None

    async def _dial(
        self, address: Address, seconds: float, may_begin: Callable[[], bool] | None
    ) -> bool:
        """Connect to one of the addresses; say whether it might begin, else nothing was sent."""
        try:
            async with self._steps as steps:
                steps.begin(Phase.DIAL, seconds)
                self._line = await dialing.connect(address, may_begin)
        except BaseException:
            self._hang_up()  # it may have been aborted in the moment when it was connected
            raise
        return self._line is not None

    async def _log_in(self, steps: Steps) -> None:
        steps.begin(Phase.HANDSHAKE)
        line, self._line = self._line, None
        if line is None:
            raise EOFError
        self._login = login = Login(self._endpoint)
        await login.handshake(line)
        steps.begin(Phase.LOGIN)
        await login.finish()
        steps.begin(Phase.CHANNEL)
        self._dialogue = dialogue = await self._open_channel(login)
        steps.begin(Phase.HELLO)
        await dialogue.greet()

    async def _open_channel(self, login: Login) -> Dialogue:
        channel = NetconfChannel(self._endpoint.settings.reply_limit, login.cut)
        try:
            await login.connection.create_session(
                lambda: channel, subsystem=_SUBSYSTEM, encoding=None
            )
        except asyncssh.ChannelOpenError as error:
            # asyncssh takes one turn of the loop to tell that it was the connection that ended.
            await asyncio.sleep(0)
            raise login.lost or error from None
        return channel.dialogue

    def _connected(self) -> tuple[Dialogue, Login]:
        if self._dialogue is None or self._login is None:
            text = "The session with the device was never opened."
            raise PrestageError(ErrorCode.CONNECTION_LOST, text)
        return self._dialogue, self._login

    def _end(self, text: str) -> None:
        if self._dialogue is not None:
            self._dialogue.end(PrestageError(ErrorCode.CONNECTION_LOST, text))

    async def _leave(self) -> None:
        self._hang_up()
        if self._login is not None:
            await self._login.gone()

    def _hang_up(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None
        if self._login is not None:
            self._login.cut()
