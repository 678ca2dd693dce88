"""A storm of notifications: many, about commits that never were, to all subscribers in turn."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from nornir_tasks.errors import PrestageError
from nornir_tasks.lab import Fleet, Lab, LabOptions, LabProcess, SimulatedDevice
from nornir_tasks.lab import session as session_module

from .client import RawSession, session
from .test_notifications import CHANGE, END, START, STREAM, SUBSCRIBE, Event, event

FLEET = Fleet.of({"npe": 4})
ONE, TWO, THREE, _FOUR = FLEET.devices
PATIENCE = 20.0

pytestmark = pytest.mark.usefixtures("nothing_left")


def run(scenario: Callable[[Lab], Awaitable[None]]) -> None:
    async def body() -> None:
        options = LabOptions(host_key="ed25519", notifications=100, commit_user="storm")
        async with Lab(FLEET, options) as lab:
            await scenario(lab)

    asyncio.run(body())


@asynccontextmanager
async def subscribed(lab: Lab, *devices: SimulatedDevice) -> AsyncIterator[list[RawSession]]:
    async with AsyncExitStack() as stack:
        opened = [await stack.enter_async_context(session(lab, device)) for device in devices]
        for raw in opened:
            await raw.rpc(STREAM)
        yield opened


async def settled(lab: Lab) -> dict[str, int]:
    """Wait for the storm's end and return the counters."""
    async with asyncio.timeout(PATIENCE):
        while True:
            counters = lab.storm.statistics()
            if not counters["storm_left"]:
                return counters
            await asyncio.sleep(0.01)


def test_subscribed_devices_take_turns_and_nothing_changes() -> None:
    async def scenario(lab: Lab) -> None:
        before = [lab.device(device.name).store.commit_seconds for device in FLEET]
        async with subscribed(lab, ONE, TWO, THREE) as opened:
            lab.storm.start(count=200, per_second=None)
            for raw, expected in zip(opened, (67, 67, 66), strict=True):
                for _each in range(expected):
                    change = await event(raw)
                    assert change.name == CHANGE
                    assert change.text("e:changed-by/e:username") == "storm"
                    assert change.text("e:datastore") == "running"
            counters = await settled(lab)
        assert counters == {"subscriptions_open": 3, "sent": 200, "storm_left": 0}
        assert before == [lab.device(device.name).store.commit_seconds for device in FLEET]
        per_device = lab.statistics()["devices"]
        assert per_device[ONE.name]["notifications_sent"] == 67

    run(scenario)


def test_every_subscriber_is_counted_and_a_filter_is_honoured() -> None:
    async def scenario(lab: Lab) -> None:
        async with session(lab, ONE) as deaf, session(lab, ONE) as keen:
            # First this one, so that it is not told of the other's session.
            await deaf.rpc(SUBSCRIBE.format(f'<filter type="subtree"><{END}/></filter>'))
            await keen.rpc(STREAM)
            lab.storm.start(count=5, per_second=None)
            assert [(await event(keen)).name for _each in range(5)] == [CHANGE] * 5
            assert (await settled(lab))["sent"] == 5
            async with session(lab, ONE):
                assert (await event(keen)).name == START
            assert {(await event(each)).name for each in (deaf, keen)} == {END}
        assert lab.storm.statistics()["sent"] == 8

    run(scenario)


def test_a_storm_has_a_pace_and_there_is_one_at_a_time() -> None:
    async def scenario(lab: Lab) -> None:
        async with subscribed(lab, ONE) as [raw]:
            lab.storm.start(count=100_000, per_second=20)
            for _each in range(3):
                await event(raw)
            assert lab.storm.statistics()["storm_left"] > 90_000
            with pytest.raises(PrestageError, match="A storm goes on"):
                lab.storm.start(count=1, per_second=None)
        # Ends with the lab.

    run(scenario)


def test_a_storm_ends_when_nobody_is_subscribed_any_more() -> None:
    async def scenario(lab: Lab) -> None:
        lab.storm.start(count=100, per_second=None)
        assert await settled(lab) == {"subscriptions_open": 0, "sent": 0, "storm_left": 0}
        async with subscribed(lab, ONE, TWO) as opened:
            lab.storm.start(count=1_000_000, per_second=1000)
            await event(opened[1])
            lab.drop_subscriptions()
            counters = await settled(lab)
            assert counters["subscriptions_open"] == 0
            assert 2 <= counters["sent"] < 10_000

    run(scenario)


def test_a_storm_waits_for_who_reads_slowly_and_loses_nothing() -> None:
    async def scenario(lab: Lab) -> None:
        async with subscribed(lab, ONE) as [raw]:
            raw.stdout.channel.pause_reading()
            # Far more than client, kernel and windows hold.
            lab.storm.start(count=30_000, per_second=None)
            stands = [-1, lab.storm.statistics()["storm_left"]]
            async with asyncio.timeout(PATIENCE):
                while stands[-1] != stands[-2] or stands[-1] == 30_000:
                    await asyncio.sleep(0.5)
                    stands.append(lab.storm.statistics()["storm_left"])
            assert stands[-1] > 0, "it waits"
            raw.stdout.channel.resume_reading()
            names = Counter([Event(await raw.receive()).name for _each in range(30_000)])
            assert names == {CHANGE: 30_000}
            assert (await settled(lab))["sent"] == 30_000

    run(scenario)


def test_who_does_not_read_at_all_is_cut_off_and_the_others_go_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(session_module, "UNREAD_SECONDS", 0.5)

    async def scenario(lab: Lab) -> None:
        async with subscribed(lab, ONE, TWO) as [stuck, keen]:
            stuck.stdout.channel.pause_reading()
            lab.storm.start(count=1_000_000, per_second=None)
            async with asyncio.timeout(PATIENCE):
                while lab.storm.statistics()["subscriptions_open"] == 2:
                    assert Event(await keen.receive()).name == CHANGE
            for _each in range(100):
                assert (await event(keen)).name == CHANGE

    run(scenario)


@pytest.fixture(scope="module")
def silent() -> Iterator[LabProcess]:
    """A lab without notifications."""
    with LabProcess(FLEET, host_key="ed25519") as lab:
        yield lab


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ((), r"Use it as: storm-notifications COUNT \[PER_SECOND\]"),
        (("many",), "number of messages, not 'many'"),
        (("0",), "1 to 10000000 messages"),
        (("5", "0"), "more than 0 messages per second"),
        (("5",), "Nobody can subscribe to this lab; start it with --notifications"),
    ],
)
def test_a_storm_that_makes_no_sense_is_refused(
    silent: LabProcess, arguments: tuple[str, ...], text: str
) -> None:
    with pytest.raises(PrestageError, match=text):
        silent.control("storm-notifications", *arguments)


def test_a_lab_in_a_process_is_told_to_storm_and_says_what_came_of_it() -> None:
    with LabProcess(FLEET, host_key="ed25519", notifications=100) as lab:
        assert lab.control("storm-notifications", "50", "1000") == {
            "messages": 50,
            "per_second": 1000.0,
            "subscriptions": 0,
        }
        give_up = time.monotonic() + PATIENCE
        while lab.control("notifications")["storm_left"] and time.monotonic() < give_up:
            time.sleep(0.02)
        nothing = {"subscriptions_open": 0, "sent": 0, "storm_left": 0}
        assert lab.control("notifications") == nothing == lab.statistics()["notifications"]
