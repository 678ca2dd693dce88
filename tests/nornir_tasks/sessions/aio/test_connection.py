"""What asyncssh does not do for our connections, because it costs time and serves nobody."""

import asyncio
import logging
from collections.abc import Iterator
from typing import Any

import asyncssh
import pytest
from asyncssh.logging import SSHLogger
from lxml import etree

from nornir_tasks.lab import Fleet, LabProcess
from nornir_tasks.sessions.aio import Endpoint, NetconfSession
from nornir_tasks.sessions.aio.options import connection_options
from nornir_tasks.sessions.aio.transport import GatheringTransport
from tests.nornir_tasks.sessions.aio.endpoints import endpoints

pytestmark = pytest.mark.usefixtures("nothing_left")


@pytest.fixture(scope="module")
def device() -> Iterator[Endpoint]:
    with LabProcess(Fleet.of({"npe": 1})) as lab:
        yield endpoints(lab)["npe-00001"]


@pytest.fixture
def asyncssh_tells_all() -> Iterator[None]:
    logger = logging.getLogger("asyncssh")
    level = logger.level
    logger.setLevel(logging.DEBUG)
    asyncssh.set_debug_level(3)
    yield
    asyncssh.set_debug_level(1)
    logger.setLevel(level)


def ask(device: Endpoint) -> None:
    async def run() -> None:
        session = NetconfSession(device)
        await session.connect()
        await session.rpc(etree.Element("get-system-information"))
        await session.close()

    asyncio.run(run())


@pytest.mark.usefixtures("asyncssh_tells_all")
def test_no_packet_is_empty(device: Endpoint, caplog: pytest.LogCaptureFixture) -> None:
    ask(device)
    sent = [line for line in caplog.messages if "Sent MSG_" in line]
    assert any("MSG_CHANNEL_DATA" in line for line in sent)
    assert not [line for line in sent if "MSG_IGNORE" in line]


def test_no_cipher_is_offered_that_needs_empty_packets(device: Endpoint) -> None:
    ciphers = connection_options(device, asyncssh.SSHClient).encryption_algs
    assert ciphers
    assert not [cipher for cipher in ciphers if b"cbc" in cipher]


def test_no_log_line_is_made_that_nobody_reads(
    device: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []

    def log(_: SSHLogger, level: int, msg: object, *args: object, **kwargs: Any) -> None:
        made.append(msg)

    monkeypatch.setattr(SSHLogger, "log", log)
    ask(device)
    assert made == []


def test_nothing_is_encrypted_that_is_not_sent(
    device: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The device has closed its channel when we hang up, and asyncssh would still answer that."""
    made, sent = [], []
    send_packet, write = asyncssh.SSHClientConnection.send_packet, GatheringTransport.write

    def make(self: Any, pkttype: int, *args: bytes, handler: Any = None) -> None:
        made.append(pkttype)
        send_packet(self, pkttype, *args, handler=handler)

    def note(self: GatheringTransport, data: bytes) -> None:
        sent.append(data)
        write(self, data)

    monkeypatch.setattr(asyncssh.SSHClientConnection, "send_packet", make)
    monkeypatch.setattr(GatheringTransport, "write", note)
    ask(device)
    assert len(made) == len(sent) - 1  # the version is no packet
