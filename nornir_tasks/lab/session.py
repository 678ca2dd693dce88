"""One NETCONF session on an SSH channel (RFC 6242): framing, order, latency, faults."""

import asyncio
import time
import weakref
from collections import deque
from random import Random
from typing import TYPE_CHECKING

import asyncssh
from lxml import etree

from nornir_tasks.lab.device import RunningDevice
from nornir_tasks.lab.events import Caller
from nornir_tasks.lab.framing import ChunkedFraming, EndOfMessageFraming, Framing, FramingError
from nornir_tasks.lab.line import Line
from nornir_tasks.lab.messages import BASE_11, RpcError, hello, reply
from nornir_tasks.lab.misbehaviour import corrupted, endless
from nornir_tasks.lab.notifications import CAPABILITIES, session_end, session_start
from nornir_tasks.lab.rpcs import READS, answer
from nornir_tasks.lab.timing import Latency
from nornir_tasks.lab.tree import local_name, parse

if TYPE_CHECKING:
    from asyncssh.connection import SSHConnection

__all__ = ["NetconfSession"]

# Bytes that a subscriber may leave unread before it is cut off.
UNREAD_LIMIT = 4 * 1024 * 1024

UNREAD_SECONDS = 60.0
"""How long who sends very much waits for a client that does not read."""

# A client that does not hang up after close-session is hung up on.
LINGER = 10.0


class NetconfSession(asyncssh.SSHServerSession[bytes]):
    """Answers the requests of one session, one after the other, as Junos does.

    Args:
        device: The device that was dialled.
        caller: Who logged in; the session's number is unique in the lab.
        chunked: Offer NETCONF 1.1.
        latency: What to wait before each reply.
    """

    def __init__(
        self,
        device: RunningDevice,
        *,
        caller: Caller,
        chunked: bool,
        latency: Latency,
    ) -> None:
        self._device = device
        self._caller = caller
        self._chunked = chunked
        self._latency = latency
        self._random = Random(caller.session_id)  # noqa: S311 - jitter is no secret
        self._opening = EndOfMessageFraming()
        self._framing: Framing = self._opening
        self._greeted = False
        self._counted = False
        self._end = "dropped"
        self._killed_by: int | None = None
        self._requests: deque[bytes] = deque()
        self._worker: asyncio.Task[None] | None = None
        self._writable = asyncio.Event()
        self._writable.set()
        self._channel: asyncssh.SSHServerChannel[bytes]
        self._line: Line

    def connection_made(self, chan: asyncssh.SSHServerChannel[bytes]) -> None:
        """Remember the channel."""
        self._channel = chan
        line = chan.get_connection()
        assert isinstance(line, Line)
        self._line = line
        self._device.sessions[self._caller.session_id] = self

    def connection_lost(self, exc: Exception | None) -> None:
        """Give back what the session held."""
        del exc
        if self._worker is not None:
            self._worker.cancel()
        self._writable.set()
        device, session_id = self._device, self._caller.session_id
        device.unsubscribe(session_id)
        device.sessions.pop(session_id, None)
        device.store.release(session_id)
        if self._counted:
            device.statistics.session_closed(session_id)
        if self._greeted:
            device.publish(
                lambda: session_end(self._caller, reason=self._end, killed_by=self._killed_by)
            )

    def kill(self, by: int | None = None) -> None:
        """Cut the connection, on behalf of another session or of the device itself."""
        if by is not None:
            self._end, self._killed_by = "killed", by
        self._channel.get_connection().abort()

    def terminate(self) -> None:
        """Close the channel, as when the process behind it died."""
        if not self._channel.is_closing():
            self._channel.exit_with_signal("TERM")
            self._linger()

    def notify(self, message: bytes) -> bool:
        """Send a notification; a client that does not read is cut off.

        Returns:
            Whether it is sent.
        """
        if self._channel.is_closing():
            return False
        if self._channel.get_write_buffer_size() > UNREAD_LIMIT:
            self.kill()
            return False
        self._write(message)
        return True

    async def room(self) -> None:
        """Wait until the client has read most of what was sent; cut it off if it does not."""
        if self._writable.is_set() and self._line.taken.is_set():
            return
        try:
            async with asyncio.timeout(UNREAD_SECONDS):
                await self._writable.wait()
                await self._line.taken.wait()
        except TimeoutError:
            self.kill()

    def pty_requested(self, *_: object) -> bool:
        """Accept a terminal, which OpenSSH clients may ask for."""
        return True

    def subsystem_requested(self, subsystem: str) -> bool:
        """Accept the subsystem `netconf` and nothing else."""
        return subsystem == "netconf"

    def session_started(self) -> None:
        """Say hello."""
        self._device.statistics.session_opened(self._caller.session_id)
        self._counted = True
        if self._device.fault != "no-hello":
            more = CAPABILITIES if self._device.notifies else ()
            greeting = hello(self._caller.session_id, chunked=self._chunked, more=more)
            self._channel.write(self._framing.encode(greeting))

    def data_received(self, data: bytes, datatype: asyncssh.DataType) -> None:
        """Collect messages and see that they are answered."""
        del datatype
        try:
            self._receive(data)
        except (FramingError, etree.XMLSyntaxError):
            self.kill()

    def eof_received(self) -> bool:
        """Close when the client has nothing more to say."""
        return False

    def pause_writing(self) -> None:
        """Wait: the client does not read fast enough."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """Go on."""
        self._writable.set()

    def _receive(self, data: bytes) -> None:
        for message in self._framing.feed(data):
            if self._greeted:
                self._enqueue(message)
                continue
            self._greet()
            if self._chunked and BASE_11 in _capabilities(message):
                self._framing = ChunkedFraming(seed=self._caller.session_id)
                self._receive(self._opening.rest)
                return

    def _greet(self) -> None:
        self._greeted = True
        self._device.publish(lambda: session_start(self._caller))

    def _enqueue(self, message: bytes) -> None:
        self._requests.append(message)
        if self._worker is None:
            self._worker = asyncio.get_running_loop().create_task(self._work())

    async def _work(self) -> None:
        while self._requests:
            await self._serve(self._requests.popleft())
        self._worker = None

    async def _serve(self, message: bytes) -> None:
        try:
            rpc = parse(message)
        except etree.XMLSyntaxError:
            self._write(reply(None, RpcError("malformed-message", "syntax error").xml()))
            return
        operation = next(rpc.iterchildren("*"), None)
        name = "" if operation is None else local_name(operation)
        statistics = self._device.statistics
        statistics.request_received(name, self._caller.session_id)
        if operation is not None:
            self._device.log_command(self._caller, operation)
        read = None
        if name in READS:
            read = statistics.read_began(name, self._caller.session_id, time.time)
        if self._device.fault == "hang-rpc":
            await asyncio.Event().wait()
        await self._latency.pass_time(self._random)
        await self._respond(name, rpc.get("message-id"), operation)
        if read is not None:
            read.ended = time.time()
        if name == "close-session":
            self._finish()

    async def _respond(
        self, name: str, message_id: str | None, operation: etree._Element | None
    ) -> None:
        fault = self._device.fault if name in READS else None
        if fault == "oversized-reply":
            await self._stream(message_id)
        whole = reply(message_id, self._content(operation, fault))
        if fault == "closes-mid-reply":
            self._channel.write(self._framing.start(whole[: len(whole) // 2]))
            # Long enough for the first half to arrive before the connection is cut.
            await asyncio.sleep(0.05)
            self.kill()
            return
        self._write(corrupted(fault, whole))
        await self._writable.wait()

    def _content(self, operation: etree._Element | None, fault: str | None) -> bytes:
        if fault == "rpc-error":
            return RpcError("access-denied", "permission denied", kind="application").xml().encode()
        try:
            return answer(self._device, self._caller, operation)
        except RpcError as error:
            return error.xml().encode()

    async def _stream(self, message_id: str | None) -> None:
        """Send until the client hangs up, which cancels this."""
        for part in endless(message_id):
            self._channel.write(self._framing.start(part))
            await asyncio.sleep(0)
            await self._writable.wait()

    def _write(self, message: bytes) -> None:
        self._channel.write(self._framing.encode(message))

    def _finish(self) -> None:
        # The client closes TCP: clients log a reset when the server is faster.
        self._requests.clear()
        self._end = "closed"
        self._channel.exit(0)
        self._linger()

    def _linger(self) -> None:
        # Held weakly: most clients hang up at once, and their memory must not wait for the timer.
        connection = weakref.ref(self._channel.get_connection())
        asyncio.get_running_loop().call_later(LINGER, _hang_up, connection)


def _hang_up(reference: "weakref.ref[SSHConnection]") -> None:
    connection = reference()
    if connection is not None:
        connection.abort()


def _capabilities(greeting: bytes) -> set[str]:
    return {(element.text or "").strip() for element in parse(greeting).iter("{*}capability")}
