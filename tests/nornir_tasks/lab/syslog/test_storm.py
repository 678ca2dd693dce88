"""A storm: many messages about commits that never were."""

import asyncio
import socket
import time
from collections import Counter
from collections.abc import Iterator

import pytest

from nornir_tasks.errors import PrestageError
from nornir_tasks.lab import Fleet, Lab, LabOptions, LabProcess

from .collector import PATIENCE, completed, parse, streams

FLEET = Fleet.of({"npe": 4}, faults={"refuses": 1})


@pytest.fixture
def receiver() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as opened:
        opened.bind(("127.0.0.1", 0))
        opened.settimeout(PATIENCE)
        yield opened


def target(receiver: socket.socket) -> str:
    return f"udp:127.0.0.1:{receiver.getsockname()[1]}"


def test_a_storm_comes_from_all_devices_in_turn_and_changes_nothing(
    receiver: socket.socket,
) -> None:
    with LabProcess(FLEET, host_key="ed25519", syslog=target(receiver)) as lab:
        before = lab.control("show", "npe-00001")
        assert lab.control("storm", "52") == {"messages": 52, "per_second": None}
        seen = []
        for _ in range(52):
            data, (address, _) = receiver.recvfrom(65536)
            seen.append(parse(data, address))
        assert all(completed(message) for message in seen)
        assert Counter((m.source, m.host) for m in seen) == {
            (device.address, device.name): 11 if number < 2 else 10
            for number, device in enumerate(FLEET)
        }
        counters = settled(lab)
        assert (counters["sent"], counters["storm_left"]) == (52, 0)
        assert lab.control("show", "npe-00001") == before


def test_a_storm_has_a_pace_and_there_is_one_at_a_time(receiver: socket.socket) -> None:
    with LabProcess(FLEET, host_key="ed25519", syslog=target(receiver)) as lab:
        lab.control("storm", "100000", "20")
        for _ in range(3):
            receiver.recvfrom(65536)
        assert lab.statistics()["syslog"]["storm_left"] > 90_000
        with pytest.raises(PrestageError, match="A storm goes on"):
            lab.control("storm", "5")
        # Ends with the lab.


def test_a_second_storm_may_follow_the_first(receiver: socket.socket) -> None:
    with LabProcess(FLEET, host_key="ed25519", syslog=target(receiver)) as lab:
        for _ in range(2):
            lab.control("storm", "10", "1000")
            settled(lab)
        assert lab.statistics()["syslog"]["sent"] == 20


@pytest.mark.usefixtures("nothing_left")
def test_over_tcp_a_storm_waits_for_the_collector_and_loses_nothing() -> None:
    async def scenario() -> None:
        async with streams() as collector:
            options = LabOptions(host_key="ed25519", syslog=collector.target)
            async with Lab(FLEET, options) as lab:
                assert lab.log is not None
                await collector.hang_up()
                lab.log.start_storm(lab.origins(), count=10_000, per_second=None)
                await asyncio.sleep(0.3)
                await collector.listen()
                for _ in range(10_000):
                    async with asyncio.timeout(PATIENCE):
                        await collector.arrived.get()
                assert lab.log.statistics()["dropped"] == 0
                assert collector.arrived.empty()

    asyncio.run(scenario())


def settled(lab: LabProcess) -> dict[str, int]:
    """Wait for the storm's end and return the counters."""
    give_up = time.monotonic() + PATIENCE
    while time.monotonic() < give_up:
        counters: dict[str, int] = lab.statistics()["syslog"]
        if counters["storm_left"] == 0:
            return counters
        time.sleep(0.02)
    raise AssertionError("the storm goes on")


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ((), r"Use it as: storm COUNT \[PER_SECOND\]"),
        (("1", "2", "3"), r"Use it as: storm COUNT \[PER_SECOND\]"),
        (("many",), "number of messages, not 'many'"),
        (("0",), "1 to 10000000 messages, not '0'"),
        (("1.5",), "1 to 10000000 messages"),
        (("9" * 400,), "number of messages"),
        (("5", "fast"), "messages per second, not 'fast'"),
        (("5", "0"), "more than 0 messages per second"),
        (("5", "-1"), "more than 0 messages per second"),
    ],
)
def test_a_storm_that_makes_no_sense_is_refused(
    quiet: LabProcess, arguments: tuple[str, ...], text: str
) -> None:
    with pytest.raises(PrestageError, match=text):
        quiet.control("storm", *arguments)


def test_without_a_collector_there_is_no_storm(quiet: LabProcess) -> None:
    with pytest.raises(PrestageError, match="sends no syslog; start it with --syslog"):
        quiet.control("storm", "5")


@pytest.fixture(scope="module")
def quiet() -> Iterator[LabProcess]:
    """A lab without a collector."""
    with LabProcess(FLEET, host_key="ed25519") as lab:
        yield lab
