"""A syslog source on loopback, and devices that send to it from addresses of their own."""

import asyncio
import socket
import struct
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any

import pytest

from prestage_plugin.errors import Refused
from prestage_plugin.events.handover import HandOver
from prestage_plugin.events.notice import Notice
from prestage_plugin.events.syslog.endpoint import Endpoint, open_socket, parse_endpoint
from prestage_plugin.events.syslog.source import SyslogOptions, SyslogSource

PATIENCE = 20.0
LOCAL = parse_endpoint("127.0.0.1:0")
LOCAL_IPV6 = parse_endpoint("[::1]:0")


def _has_ipv6() -> bool:
    try:
        open_socket("udp", LOCAL_IPV6).close()
    except Refused:
        return False
    return True


needs_ipv6 = pytest.mark.skipif(not _has_ipv6(), reason="this machine has no IPv6")


class Receiving:
    """A source that runs."""

    def __init__(self, source: SyslogSource, handover: HandOver) -> None:
        self.source = source
        self.handover = handover
        endpoints = dict(source.endpoints)
        self.udp = endpoints.get("udp", LOCAL)
        self.tcp = endpoints.get("tcp", LOCAL)

    def count(self, name: str) -> int:
        return self.source.counters()[name]

    async def until(self, **counts: int) -> None:
        """Wait until the source has counted so many."""
        await until(
            lambda: {name: self.count(name) for name in counts} == counts,
            lambda: f"{counts} expected, but it is {self.source.counters()}",
        )

    def notices(self) -> list[Notice]:
        """Take what was handed over so far."""
        found = []
        while batch := self.handover.take():
            found += batch
        return found


@asynccontextmanager
async def receiving(
    *,
    udp: Sequence[Endpoint] = (LOCAL,),
    tcp: Sequence[Endpoint] = (LOCAL,),
    handover: HandOver | None = None,
    **options: Any,
) -> AsyncIterator[Receiving]:
    """Run a source, and see that it ends when it is told to."""
    handover = HandOver() if handover is None else handover
    source = SyslogSource(SyslogOptions(udp=udp, tcp=tcp, **options))
    run = asyncio.create_task(source.run(handover))
    listening = asyncio.create_task(source.is_listening.wait())
    await asyncio.wait([run, listening], return_when=asyncio.FIRST_COMPLETED)
    listening.cancel()
    try:
        if not run.done():
            yield Receiving(source, handover)
    finally:
        source.stop()
        await asyncio.wait_for(run, PATIENCE)


async def until(condition: Callable[[], bool], words: Callable[[], str] = lambda: "") -> None:
    give_up = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < give_up, f"it did not come to that: {words()}"
        await asyncio.sleep(0.01)


@contextmanager
def device(address: str) -> Iterator[socket.socket]:
    """A UDP socket of a device that has this address."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as sender:
        sender.bind((address, 0))
        yield sender


def send(address: str, data: bytes, to: Endpoint) -> None:
    """Send one datagram from an address."""
    with device(address) as sender:
        sender.sendto(data, (to.address, to.port))


class Peer:
    """The device's end of a connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def send(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    def reset(self) -> None:
        """End the connection without the usual farewell."""
        raw = self._writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()

    async def was_closed(self) -> bool:
        """Wait until the receiver closes the connection."""
        try:
            return await asyncio.wait_for(self._reader.read(), PATIENCE) == b""
        except ConnectionError:
            return True


@asynccontextmanager
async def connection(to: Endpoint, address: str = "127.0.0.1") -> AsyncIterator[Peer]:
    """A TCP connection of a device that has this address."""
    reader, writer = await asyncio.open_connection(to.address, to.port, local_addr=(address, 0))
    try:
        yield Peer(reader, writer)
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
