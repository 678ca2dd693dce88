"""Syslog over TCP: frames, a connection for each device, and what happens when it is lost."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from nornir_tasks.lab import Fleet, Lab, LabOptions
from nornir_tasks.lab.syslog import Origin, SyslogTarget, SystemLog
from nornir_tasks.lab.syslog.message import LogEntry
from nornir_tasks.lab.syslog.streams import QUEUE_LIMIT
from tests.nornir_tasks.lab.client import session

from .collector import PATIENCE, Streams, completed, frame, parse, streams, tags

FLEET = Fleet.of({"npe": 3})
ONE = FLEET.devices[0]

pytestmark = pytest.mark.usefixtures("nothing_left")


def entry(text: str) -> LogEntry:
    return LogEntry(priority=190, tag="UI_COMMIT_PROGRESS", text=text)


@asynccontextmanager
async def system_log(target: str) -> AsyncIterator[SystemLog]:
    log = SystemLog(SyslogTarget.parse(target), layout="classic")
    try:
        yield log
    finally:
        await log.close()


async def eventually(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not holds():  # noqa: ASYNC110 - another task makes it true
            await asyncio.sleep(0.01)


def run(scenario: Callable[[Lab, Streams], Awaitable[None]]) -> None:
    async def body() -> None:
        async with streams() as collector:
            options = LabOptions(host_key="ed25519", syslog=collector.target)
            async with Lab(FLEET, options) as lab:
                await scenario(lab, collector)

    asyncio.run(body())


def test_each_device_has_a_connection_of_its_own_from_its_own_address() -> None:
    async def scenario(lab: Lab, collector: Streams) -> None:
        for _ in range(2):
            for device in FLEET:
                lab.device(device.name).store.touch(user="alice")
                seen = await collector.until(completed)
                assert {(m.source, m.host) for m in seen} == {(device.address, device.name)}
                assert tags(seen)[0] == "UI_COMMIT"
        assert collector.peers == [device.address for device in FLEET]
        assert lab.statistics()["syslog"]["connections"] == len(FLEET)

    run(scenario)


def test_octets_are_counted_not_characters() -> None:
    async def scenario(lab: Lab, collector: Streams) -> None:
        comment = "Größe → 日本語 🚦\nsecond line"
        async with session(lab, ONE) as raw:
            await raw.rpc(f"<commit-configuration><log>{comment}</log></commit-configuration>")
        seen = await collector.until(completed)
        assert any("(comment: Größe → 日本語 🚦 second line)" in m.text for m in seen)

    run(scenario)


def test_what_is_logged_while_the_collector_is_away_arrives_when_it_is_back() -> None:
    async def scenario(lab: Lab, collector: Streams) -> None:
        store = lab.device(ONE.name).store
        store.touch(user="first")
        await collector.until(completed)
        await collector.hang_up()
        await eventually(lambda: lab.statistics()["syslog"]["connections"] == 0)
        store.touch(user="second")
        store.touch(user="third")
        waiting = lab.statistics()["syslog"]["waiting"]
        await collector.listen()
        seen = [*await collector.until(completed), *await collector.until(completed)]
        assert [m.text.split("'")[1] for m in seen if m.tag == "UI_COMMIT"] == ["second", "third"]
        assert len(seen) == waiting, "each message once"
        assert collector.peers == [ONE.address] * 2
        assert lab.statistics()["syslog"]["waiting"] == 0

    run(scenario)


def test_a_message_that_was_cut_in_two_is_sent_again_as_a_whole() -> None:
    async def scenario() -> None:
        loop = asyncio.get_running_loop()
        with socket.socket() as listener:
            # Small, so that the kernel takes only part of what is written.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            listener.bind(("127.0.0.1", 0))
            listener.listen()
            listener.setblocking(False)
            async with system_log(f"tcp:127.0.0.1:{listener.getsockname()[1]}") as log:
                # More than the buffers of the kernel hold, and one message of that alone.
                log.write(Origin.of(ONE), (entry("x" * 20_000_000), entry("next")))
                first, _ = await loop.sock_accept(listener)
                assert await loop.sock_recv(first, 4096)
                # There is unread data, so this is a reset.
                first.close()
                second, _ = await loop.sock_accept(listener)
                reader, writer = await asyncio.open_connection(sock=second, limit=2**26)
                async with asyncio.timeout(PATIENCE):
                    texts = [
                        parse(message, "").text
                        for _ in range(2)
                        if (message := await frame(reader)) is not None
                    ]
                assert texts == ["x" * 20_000_000, "next"]
                writer.close()
                await writer.wait_closed()

    asyncio.run(scenario())


def test_while_nobody_listens_a_device_keeps_a_bounded_number_of_messages() -> None:
    async def scenario() -> None:
        with socket.socket() as bound:
            bound.bind(("127.0.0.1", 0))
            async with system_log(f"tcp:127.0.0.1:{bound.getsockname()[1]}") as log:
                for number in range(QUEUE_LIMIT + 7):
                    log.write(Origin.of(ONE), (entry(str(number)),))
                await asyncio.sleep(0.3)
                counters = log.statistics()
                assert (counters["waiting"], counters["dropped"]) == (QUEUE_LIMIT, 7)
                assert counters["sent"] == 0

    asyncio.run(scenario())


def test_a_collector_that_does_not_read_blocks_nothing_but_its_own_messages() -> None:
    async def scenario() -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            options = LabOptions(
                host_key="ed25519", syslog=f"tcp:127.0.0.1:{listener.getsockname()[1]}"
            )
            async with Lab(FLEET, options) as lab, session(lab, ONE) as raw:
                assert lab.log is not None
                # More than the buffers of the kernel hold.
                big = entry("x" * 30_000)
                lab.log.write(Origin.of(ONE), [big] * QUEUE_LIMIT)
                async with asyncio.timeout(PATIENCE):
                    assert (await raw.rpc("<commit/>")).find("{*}ok") is not None
                assert lab.statistics()["syslog"]["waiting"] > 0

    asyncio.run(scenario())


def test_the_end_of_a_lab_cuts_connections_and_gives_up_what_waits() -> None:
    async def scenario(lab: Lab, collector: Streams) -> None:
        for device in FLEET:
            lab.device(device.name).store.touch(user="alice")
        await collector.until(completed)
        await collector.hang_up()
        await eventually(lambda: lab.statistics()["syslog"]["connections"] == 0)
        for device in FLEET:
            lab.device(device.name).store.touch(user="alice")
        await asyncio.sleep(0.05)
        assert lab.log is not None
        await lab.log.close()
        await collector.listen()
        assert {task for task in asyncio.all_tasks() if "_work" in repr(task)} == set()

    run(scenario)
