"""Syslog over TCP with octet counting (RFC 6587, section 3.4.1)."""

import asyncio
from collections import deque

from nornir_tasks.lab.syslog.target import SyslogTarget

__all__ = ["Streams"]

QUEUE_LIMIT = 1000
"""Messages that a device keeps while the collector is away; newer ones are dropped."""

ENOUGH_WAITING = 500
"""Messages that may wait, of all devices together, while there is room for more."""

CONNECT_TIMEOUT = 5.0
RETRY_SECONDS = (0.1, 0.2, 0.5, 1.0, 2.0)
DIALS_AT_ONCE = 100


class Streams:
    """A connection for each device that has something to say, opened anew when it was lost.

    What the kernel had taken when a connection broke is lost without notice: syslog has no
    acknowledgement. What it had not taken is sent again.

    Args:
        target: The collector.
    """

    def __init__(self, target: SyslogTarget) -> None:
        self.sent = 0
        self.dropped = 0
        self.waiting = 0
        self.target = target
        self.dials = asyncio.Semaphore(DIALS_AT_ONCE)
        self._room = asyncio.Event()
        self._room.set()
        self._streams: dict[str, _Stream] = {}

    @property
    def connections(self) -> int:
        """Connections that are open."""
        return sum(stream.connected for stream in self._streams.values())

    def send(self, message: bytes, *, device: str, source: str | None) -> None:
        """Send a message; see `Transport`."""
        stream = self._streams.get(device)
        if stream is None:
            stream = self._streams[device] = _Stream(self, source)
        stream.send(message)

    async def room(self) -> None:
        """Wait until the collector has taken most messages."""
        await self._room.wait()

    def count_waiting(self, change: int) -> None:
        """Note that a message waits, or waits no longer."""
        self.waiting += change
        if self.waiting <= ENOUGH_WAITING:
            self._room.set()
        else:
            self._room.clear()

    async def close(self) -> None:
        """Cut the connections and give up what waits."""
        await asyncio.gather(*(stream.close() for stream in self._streams.values()))


class _Stream:
    """One device's way to the collector."""

    def __init__(self, streams: Streams, source: str | None) -> None:
        self._streams = streams
        self._source = source
        self._connection = _Connection()
        self._messages: deque[bytes] = deque()
        self._worker: asyncio.Task[None] | None = None

    @property
    def connected(self) -> bool:
        return self._connection.usable

    def send(self, message: bytes) -> None:
        if len(self._messages) >= QUEUE_LIMIT:
            self._streams.dropped += 1
            return
        self._messages.append(message)
        self._streams.count_waiting(1)
        if self._worker is None:
            self._worker = asyncio.get_running_loop().create_task(self._work())

    async def close(self) -> None:
        if self._worker is not None:
            self._worker.cancel()
            await asyncio.gather(self._worker, return_exceptions=True)
        await self._connection.close()

    async def _work(self) -> None:
        while self._messages:
            if not self._connection.usable:
                await self._dial()
            message = self._messages[0]
            if await self._connection.hand_over(b"%d %s" % (len(message), message)):
                self._messages.popleft()
                self._streams.count_waiting(-1)
                self._streams.sent += 1
        self._worker = None

    async def _dial(self) -> None:
        await self._connection.close()
        attempt = 0
        while not await self._connects():
            await asyncio.sleep(RETRY_SECONDS[min(attempt, len(RETRY_SECONDS) - 1)])
            attempt += 1

    async def _connects(self) -> bool:
        target = self._streams.target
        local = None if self._source is None else (self._source, 0)
        connection = _Connection()
        try:
            async with self._streams.dials, asyncio.timeout(CONNECT_TIMEOUT):
                await asyncio.get_running_loop().create_connection(
                    lambda: connection, target.address, target.port, local_addr=local
                )
        except (OSError, TimeoutError):
            return False
        self._connection = connection
        return True


class _Connection(asyncio.Protocol):
    """A connection that only sends, and notices when the collector hangs up."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._handed_over = asyncio.Event()
        self._handed_over.set()
        self._gone = asyncio.Event()
        self.usable = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        # Paused as soon as the kernel does not take all, resumed when it has taken all.
        transport.set_write_buffer_limits(high=0)
        self._transport = transport
        self.usable = True

    def pause_writing(self) -> None:
        self._handed_over.clear()

    def resume_writing(self) -> None:
        self._handed_over.set()

    def eof_received(self) -> None:
        self.usable = False

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self.usable = False
        self._handed_over.set()
        self._gone.set()

    async def hand_over(self, data: bytes) -> bool:
        """Write, and tell whether the kernel took all of it."""
        assert self._transport is not None
        self._transport.write(data)
        await self._handed_over.wait()
        return self.usable

    async def close(self) -> None:
        """Cut the connection and wait until it is gone."""
        if self._transport is not None:
            self._transport.abort()
            await self._gone.wait()
