"""Syslog over TCP, with real sockets on loopback (RFC 6587)."""

import asyncio
import contextlib
import resource
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from prestage_plugin.events.handover import HandOver
from prestage_plugin.events.notice import Notice
from prestage_plugin.events.syslog.limits import Limits
from tests.prestage_plugin.events.syslog.receiving import (
    LOCAL_IPV6,
    connection,
    needs_ipv6,
    receiving,
    until,
)
from tests.prestage_plugin.events.syslog.samples import COMPLETED, REQUESTED, classic, structured


def counted(message: bytes) -> bytes:
    return b"%d %s" % (len(message), message)


def test_both_framings_on_one_connection() -> None:
    async def scenario() -> None:
        async with receiving() as at, connection(at.tcp, "127.0.0.31") as device:
            await device.send(counted(structured(REQUESTED, user="jdoe")) + counted(structured()))
            await device.send(classic(REQUESTED, user="admin", process=7) + b"\n")
            await device.send(classic(process=7) + b"\r\n" + counted(structured()))
            await at.until(received=5, triggers=3)
        told = [(each.address, each.actor) for each in at.notices()]
        assert told == [("127.0.0.31", "jdoe"), ("127.0.0.31", "admin"), ("127.0.0.31", "jdoe")]

    asyncio.run(scenario())


def test_a_stream_that_is_cut_at_every_byte() -> None:
    async def scenario() -> None:
        stream = counted(structured()) + classic() + b"\n"
        async with receiving(limits=Limits(connections_per_address=10_000)) as at:
            for length in range(len(stream) + 1):
                before = at.count("triggers")
                async with connection(at.tcp) as device:
                    await device.send(stream[:length])
                    await asyncio.sleep(0)
                    await device.send(stream[length:])
                await until(lambda before=before: at.count("triggers") == before + 2)  # type: ignore[misc]
            assert at.count("malformed") == at.count("cut") == 0

    asyncio.run(scenario())


def test_bytes_that_come_one_by_one() -> None:
    async def scenario() -> None:
        async with receiving() as at, connection(at.tcp) as device:
            for byte in counted(structured()) + classic() + b"\n":
                await device.send(bytes([byte]))
                await asyncio.sleep(0)
            await at.until(received=2, triggers=2)

    asyncio.run(scenario())


@pytest.mark.parametrize("line", [b"x" * 1_000_000, classic() + b"x" * 1_000_000])
def test_a_line_of_a_megabyte_is_cut_and_the_next_is_read(line: bytes) -> None:
    async def scenario() -> None:
        async with receiving() as at, connection(at.tcp) as device:
            await device.send(line + b"\n" + classic() + b"\n")
            await at.until(received=2)
        assert at.count("cut") == 1
        assert at.count("triggers") == 1 + line.startswith(classic())

    asyncio.run(scenario())


@pytest.mark.parametrize("count", [b"9999 ", b"999999999999 ", b"0 ", b"007 ", b"12;", b"1x "])
def test_a_count_that_is_absurd_ends_the_connection(count: bytes) -> None:
    async def scenario() -> None:
        async with receiving() as at, connection(at.tcp) as device:
            await device.send(classic() + b"\n" + count + b"<189>")
            assert await device.was_closed()
            await at.until(received=1, triggers=1, malformed=1, connections=0, cut=0)

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("stream", "cut"),
    [(classic(), 0), (b"%d " % 5000 + classic(), 1)],
    ids=["no line feed", "short of its count"],
)
def test_the_last_message_counts_although_it_is_cut_short(stream: bytes, cut: int) -> None:
    async def scenario() -> None:
        async with receiving() as at:
            async with connection(at.tcp) as device:
                await device.send(stream)
            await at.until(triggers=1, cut=cut, connections=0)

    asyncio.run(scenario())


def test_binary_rubbish_is_counted_and_harms_nobody() -> None:
    async def scenario() -> None:
        async with (
            receiving() as at,
            connection(at.tcp, "127.0.0.41") as stranger,
            connection(at.tcp, "127.0.0.42") as device,
        ):
            await stranger.send(bytes(range(256)) * 1000 + b"\n\xff\xfe UI_COMMIT \xff\n")
            await device.send(classic() + b"\n")
            await at.until(triggers=1)

    asyncio.run(scenario())


@needs_ipv6
def test_ipv6() -> None:
    async def scenario() -> None:
        async with (
            receiving(udp=[], tcp=[LOCAL_IPV6]) as at,
            connection(at.tcp, "::1") as device,
        ):
            await device.send(classic() + b"\n")
            await at.until(triggers=1)
        assert [each.address for each in at.notices()] == ["::1"]

    asyncio.run(scenario())


def test_no_more_connections_than_allowed_from_one_address() -> None:
    async def scenario() -> None:
        async with (
            receiving(limits=Limits(connections_per_address=2)) as at,
            connection(at.tcp, "127.0.0.51") as first,
            connection(at.tcp, "127.0.0.51"),
            connection(at.tcp, "127.0.0.51") as third,
            connection(at.tcp, "127.0.0.52") as other,
        ):
            assert await third.was_closed()
            await other.send(classic() + b"\n")
            await first.send(classic() + b"\n")
            await at.until(triggers=2, refused=1, connections=3)

    asyncio.run(scenario())


def test_no_more_connections_than_allowed_in_all_and_a_place_that_is_left_is_free() -> None:
    async def scenario() -> None:
        async with receiving(limits=Limits(connections=2)) as at:
            async with (
                connection(at.tcp, "127.0.0.51"),
                connection(at.tcp, "127.0.0.52"),
                connection(at.tcp, "127.0.0.53") as third,
            ):
                assert await third.was_closed()
            await at.until(connections=0)
            async with connection(at.tcp, "127.0.0.53") as third:
                await third.send(classic() + b"\n")
                await at.until(triggers=1, refused=1)

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("limits", "begun"),
    [(Limits(idle_seconds=0.01), b""), (Limits(stalled_seconds=0.01), b"<189>Sep")],
    ids=["silent", "inside a message"],
)
def test_a_connection_that_is_silent_for_too_long_is_closed(limits: Limits, begun: bytes) -> None:
    async def scenario() -> None:
        async with receiving(limits=limits) as at, connection(at.tcp) as device:
            await device.send(begun)
            assert await device.was_closed()
            await at.until(expired=1, connections=0)

    asyncio.run(scenario())


def test_a_queue_that_is_full_makes_the_peer_wait_and_loses_nothing() -> None:
    async def scenario() -> None:
        handover = HandOver(capacity=100, batch=50)
        sent = 3000
        line = classic().ljust(8000) + b"\n"  # in all more than any socket buffer
        taken: list[Notice] = []
        async with receiving(handover=handover) as at, connection(at.tcp) as device:
            sending = asyncio.create_task(device.send(line * sent))
            await at.until(received=100)
            await asyncio.sleep(0.05)
            assert at.count("received") == handover.waiting == 100
            assert not sending.done()
            while len(taken) < sent:
                taken += await asyncio.to_thread(handover.take)
            await sending
        assert (len(taken), at.count("triggers")) == (sent, sent)

    asyncio.run(scenario())


def test_a_peer_that_waits_for_room_is_not_taken_for_silent() -> None:
    async def scenario() -> None:
        handover = HandOver(capacity=1, batch=1)
        limits = Limits(idle_seconds=0.01, stalled_seconds=0.01)
        async with receiving(handover=handover, limits=limits) as at, connection(at.tcp) as device:
            await device.send((classic() + b"\n") * 2)
            await at.until(received=1)
            await asyncio.sleep(1.5)  # the connections are looked at every second
            assert (at.count("expired"), at.count("connections")) == (0, 1)
            handover.take()
            await at.until(received=2)
            handover.take()

    asyncio.run(scenario())


def test_what_was_sent_before_the_end_is_taken_although_the_queue_is_full() -> None:
    async def scenario() -> None:
        handover = HandOver(capacity=10, batch=10)
        sent = 3000
        taken: list[Notice] = []

        async def take() -> None:
            while len(taken) < sent:
                taken.extend(await asyncio.to_thread(handover.take))

        async with receiving(handover=handover) as at:
            async with connection(at.tcp) as device:
                await device.send((classic() + b"\n") * sent)
            await at.until(received=10)
            taking = asyncio.create_task(take())
        await taking
        assert len(taken) == sent

    asyncio.run(scenario())


def test_a_peer_that_resets_the_connection() -> None:
    async def scenario() -> None:
        async with receiving() as at:
            async with connection(at.tcp) as device:
                await device.send(classic() + b"\n")
                await at.until(triggers=1)
                device.reset()
            await at.until(connections=0)

    asyncio.run(scenario())


def test_a_stop_closes_everything() -> None:
    async def scenario() -> None:
        async with contextlib.AsyncExitStack() as stack:
            async with receiving() as at:
                device = await stack.enter_async_context(connection(at.tcp))
                await device.send(counted(structured(COMPLETED)))
            assert at.count("triggers") == 1
            assert at.count("connections") == 0
            assert await device.was_closed()

    asyncio.run(scenario())


@contextlib.contextmanager
def no_more_files() -> Iterator[None]:
    """Let the process open no more files until the end."""
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    with Path("/dev/null").open() as lowest_free:
        number = lowest_free.fileno()
    resource.setrlimit(resource.RLIMIT_NOFILE, (number, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)


def test_a_process_that_may_open_no_more_files_accepts_later(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def scenario() -> None:
        loop = asyncio.get_running_loop()
        async with receiving() as at:
            with socket.socket() as device:
                device.setblocking(False)
                with no_more_files():
                    await loop.sock_connect(device, (at.tcp.address, at.tcp.port))
                    await until(lambda: "no more connections can be opened" in caplog.text)
                await loop.sock_sendall(device, classic() + b"\n")
                await at.until(triggers=1)

    asyncio.run(scenario())
