"""Syslog over UDP, with real sockets on loopback (RFC 5426)."""

import asyncio

import pytest

from prestage_plugin.events.handover import HandOver
from prestage_plugin.events.syslog import udp
from prestage_plugin.events.syslog.endpoint import parse_endpoint
from prestage_plugin.events.syslog.limits import Limits
from prestage_plugin.states import ChangeSource
from tests.prestage_plugin.events.syslog.receiving import (
    LOCAL_IPV6,
    Receiving,
    device,
    needs_ipv6,
    receiving,
    send,
)
from tests.prestage_plugin.events.syslog.samples import COMPLETED, REQUESTED, classic, structured


def test_the_source_address_says_whose_commit_it_was() -> None:
    async def scenario() -> None:
        async with receiving() as at:
            send("127.0.0.11", classic(REQUESTED, user="jdoe"), at.udp)
            send("127.0.0.11", classic(), at.udp)
            send("127.0.0.12", structured(COMPLETED, user="admin"), at.udp)
            await at.until(received=3, triggers=2)
        told = [(each.address, each.name, each.actor, each.detail) for each in at.notices()]
        assert sorted(told) == [
            ("127.0.0.11", "", "jdoe", "UI_COMMIT_COMPLETED"),
            ("127.0.0.12", "", "admin", "UI_COMMIT_COMPLETED"),
        ]

    asyncio.run(scenario())


def test_a_name_in_the_message_says_nothing_unless_a_relay_sends_it() -> None:
    async def scenario() -> None:
        async with receiving(relays=["127.0.0.99", "127.1.0.0/16"]) as at:
            send("127.0.0.11", classic(host="pe9"), at.udp)
            send("127.0.0.99", classic(host="pe1"), at.udp)
            send("127.1.2.3", structured(host="192.0.2.7"), at.udp)
            await at.until(triggers=3)
        told = {each.sender: (each.source, each.address, each.name) for each in at.notices()}
        assert told == {
            "127.0.0.11": (ChangeSource.SYSLOG, "127.0.0.11", ""),
            "pe1 by 127.0.0.99": (ChangeSource.SYSLOG, "pe1", "pe1"),
            "192.0.2.7 by 127.1.2.3": (ChangeSource.SYSLOG, "192.0.2.7", "192.0.2.7"),
        }

    asyncio.run(scenario())


def test_devices_behind_a_relay_are_not_mixed_up() -> None:
    async def scenario() -> None:
        async with receiving(relays=["127.0.0.99"], ignored_users=["prestage"]) as at:
            send("127.0.0.99", classic(REQUESTED, host="pe1", user="prestage"), at.udp)
            send("127.0.0.99", classic(host="pe2"), at.udp)
            send("127.0.0.99", classic(host="PE1"), at.udp)
            await at.until(triggers=1, own=1)
        assert [each.name for each in at.notices()] == ["pe2"]

    asyncio.run(scenario())


def test_our_commits_and_reads_and_everything_else_are_counted_and_dropped() -> None:
    async def scenario() -> None:
        async with receiving(ignored_users=["prestage"]) as at:
            for write in (classic, structured):
                for tag in ("UI_NETCONF_CMD", "UI_COMMIT_PROGRESS", REQUESTED, COMPLETED):
                    send("127.0.0.11", write(tag, user="prestage"), at.udp)
            send("127.0.0.11", b"<38>Sep 20 02:13:42 R1 sshd[1]: Accepted password", at.udp)
            await at.until(received=9, own=2)
        assert at.notices() == []

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("data", "counts"),
    [
        (b"", {"malformed": 0}),
        (b"\xff\xfe\x00\x80", {"malformed": 0}),
        (b"\xff\xfeUI_COMMIT_COMPLETED\x80", {"malformed": 1}),
        (classic(REQUESTED, user="j\udcff".encode("utf-8", "replace").decode()), {"malformed": 0}),
        (b"<189>Sep 20 02:13:42 R\xff1 mgd[1]: UI_COMMIT_COMPLETED: \xc3", {"triggers": 1}),
        (classic() + b" " * 20_000, {"cut": 1, "triggers": 1}),
        (b"x" * 60_000, {"cut": 1}),
    ],
    ids=["empty", "binary", "no format", "question mark", "broken UTF-8", "long", "very long"],
)
def test_hostile_datagrams_are_counted(data: bytes, counts: dict[str, int]) -> None:
    async def scenario() -> None:
        async with receiving() as at:
            send("127.0.0.11", data, at.udp)
            await at.until(received=1, **counts)

    asyncio.run(scenario())


@needs_ipv6
def test_ipv6() -> None:
    async def scenario() -> None:
        async with receiving(udp=[LOCAL_IPV6], tcp=[]) as at:
            send("::1", classic(), at.udp)
            await at.until(triggers=1)
        assert [each.address for each in at.notices()] == ["::1"]

    asyncio.run(scenario())


def test_several_addresses() -> None:
    async def scenario() -> None:
        places = [parse_endpoint(f"127.0.0.{number}:0") for number in (21, 22, 23)]
        async with receiving(udp=places, tcp=places) as at:
            for _kind, endpoint in at.source.endpoints[:3]:
                send("127.0.0.11", classic(), endpoint)
            await at.until(triggers=3)

    asyncio.run(scenario())


def flood(at: Receiving, count: int) -> None:
    """Send more at once than the kernel keeps; the event loop has no turn meanwhile."""
    with device("127.0.0.11") as sender:
        for _each in range(count):
            sender.sendto(classic(), (at.udp.address, at.udp.port))


def test_what_the_kernel_drops_is_counted() -> None:
    async def scenario() -> None:
        async with receiving(limits=Limits(receive_buffer=16_384)) as at:
            flood(at, 500)
        assert at.count("dropped") > 0
        assert at.count("received") + at.count("dropped") == 500
        assert at.count("received") == len(at.notices())

    asyncio.run(scenario())


def test_a_queue_that_is_full_leaves_datagrams_to_the_kernel_and_nothing_is_lost_unseen() -> None:
    async def scenario() -> None:
        handover = HandOver(capacity=10, batch=5)
        async with receiving(handover=handover, limits=Limits(receive_buffer=16_384)) as at:
            flood(at, 3)
            await at.until(received=3)
            flood(at, 500)
            await at.until(received=10)
            await asyncio.sleep(0)
            assert handover.waiting == 10
            taken = []
            for _again in range(100):
                taken += handover.take()
                await asyncio.sleep(0.01)
                if handover.waiting == 0:
                    break
        assert len(taken) == at.count("received")
        assert at.count("received") + at.count("dropped") == 503
        assert at.count("dropped") > 0

    asyncio.run(scenario())


def test_what_the_kernel_still_has_at_the_end_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(udp, "_AT_ONCE", 3)  # so that it has some when the end is near

    async def scenario() -> None:
        async with receiving() as at:
            flood(at, 150)
        assert at.count("received") == 150
        assert len(at.notices()) == 150

    asyncio.run(scenario())
