"""Notifications of devices (RFC 5277): thousands of subscriptions need one loop and no thread."""

import asyncio
import logging
import queue
import signal
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing

import pytest
from lxml import etree

from nornir_tasks.errors import ErrorCode, PrestageError
from nornir_tasks.guard import HostGuard, guarding
from nornir_tasks.lab import Fleet, LabProcess
from nornir_tasks.sessions.aio import AsyncsshSession, Endpoint, NetconfSession, login
from nornir_tasks.sessions.aio.dialogue import NOTIFICATION_LIMIT
from nornir_tasks.xml import MAX_DEPTH
from tests.nornir_tasks.sessions.aio.endpoints import endpoints
from tests.nornir_tasks.sessions.aio.speaker import speaking

pytestmark = pytest.mark.usefixtures("nothing_left")

MANY = 150
EVENTS = "{urn:ietf:params:xml:ns:yang:ietf-netconf-notifications}"
CHANGE = f".//{EVENTS}netconf-config-change"
REQUEST = etree.Element("get-system-information")
OK = b'<rpc-reply xmlns="urn:ietf:params:xml:ns:netconf:base:1.0" message-id="ID"><ok/></rpc-reply>'
END = b"]]>]]>"
NOTIFICATION = (
    b'<notification xmlns="urn:ietf:params:xml:ns:netconf:notification:1.0">%b</notification>'
)


@pytest.fixture(scope="module")
def lab() -> Iterator[LabProcess]:
    fleet = Fleet.of({"npe": MANY})
    with LabProcess(fleet, framing="mixed", host_key="ed25519", notifications=100) as lab:
        yield lab


class Subscriber:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.notifications: asyncio.Queue[etree._Element] = asyncio.Queue()
        self.ends: list[PrestageError] = []

    async def change(self) -> etree._Element:
        """Return the next change of a configuration; devices tell of sessions as well."""
        async with asyncio.timeout(10):
            while True:
                notification = await self.notifications.get()
                if (change := notification.find(CHANGE)) is not None:
                    return change


@asynccontextmanager
async def subscribed(endpoint: Endpoint) -> AsyncIterator[tuple[NetconfSession, Subscriber]]:
    session, subscriber = NetconfSession(endpoint), Subscriber()
    await session.connect()
    try:
        await session.subscribe(subscriber.notifications.put_nowait, subscriber.ends.append)
        yield session, subscriber
    finally:
        await session.close()


def commit(lab: LabProcess, name: str) -> None:
    lab.control("commit", name)


@pytest.mark.parametrize("name", ["npe-00001", "npe-00002"])  # one has NETCONF 1.0, one 1.1
def test_a_subscriber_is_told_of_a_commit(lab: LabProcess, name: str) -> None:
    async def subscribe(endpoint: Endpoint) -> etree._Element:
        async with subscribed(endpoint) as (_, subscriber):
            await asyncio.to_thread(commit, lab, name)
            return await subscriber.change()

    change = asyncio.run(subscribe(endpoints(lab)[name]))
    assert change.findtext(f".//{EVENTS}username") == "alice"
    assert change.findtext(f"{EVENTS}datastore") == "running"


def test_a_subscribed_session_still_answers_requests(lab: LabProcess) -> None:
    async def subscribe(endpoint: Endpoint) -> None:
        async with subscribed(endpoint) as (session, subscriber):
            await session.rpc(REQUEST)
            await asyncio.to_thread(commit, lab, "npe-00001")
            await subscriber.change()
            await session.rpc(REQUEST)

    asyncio.run(subscribe(endpoints(lab)["npe-00001"]))


def test_many_subscriptions_are_one_loop_and_no_thread(lab: LabProcess) -> None:
    told: set[str] = set()

    async def follow(name: str, endpoint: Endpoint, ready: asyncio.Semaphore) -> None:
        async with subscribed(endpoint) as (_, subscriber):
            ready.release()
            await subscriber.change()
            told.add(name)

    async def follow_all() -> None:
        ready = asyncio.Semaphore(0)
        tasks = [asyncio.create_task(follow(*item, ready)) for item in devices.items()]
        for _ in tasks:
            await ready.acquire()
        assert threading.active_count() == threads
        for name in devices:
            await asyncio.to_thread(commit, lab, name)
        await asyncio.gather(*tasks)

    devices, threads = endpoints(lab), threading.active_count()
    asyncio.run(follow_all())
    assert told == set(devices)


def test_the_end_of_a_subscription_is_told_once_with_its_reason(lab: LabProcess) -> None:
    async def be_dropped(endpoint: Endpoint) -> list[PrestageError]:
        async with subscribed(endpoint) as (session, subscriber):
            await asyncio.to_thread(lab.control, "drop-subscriptions")
            async with asyncio.timeout(10):
                reason = await session.over()
            assert reason.code is ErrorCode.CONNECTION_LOST
        return subscriber.ends

    [end] = asyncio.run(be_dropped(endpoints(lab)["npe-00001"]))
    assert end.code is ErrorCode.CONNECTION_LOST
    assert "The device closed the connection" in end.text


def test_the_end_that_we_ourselves_bring_about_is_told_as_well(lab: LabProcess) -> None:
    async def close(endpoint: Endpoint) -> list[PrestageError]:
        async with subscribed(endpoint) as (_, subscriber):
            pass
        return subscriber.ends

    [end] = asyncio.run(close(endpoints(lab)["npe-00001"]))
    assert end.text == "This software closed the session."


def test_a_device_without_notifications_is_not_asked_for_them() -> None:
    async def subscribe(endpoint: Endpoint) -> None:
        async with subscribed(endpoint):
            pytest.fail("subscribed")

    with LabProcess(Fleet.of({"npe": 1})) as lab:
        with pytest.raises(PrestageError, match="does not send notifications") as caught:
            asyncio.run(subscribe(endpoints(lab)["npe-00001"]))
        assert "create-subscription" not in lab.statistics()["rpcs"]
    assert caught.value.code is ErrorCode.RPC_ERROR


def test_a_session_has_one_subscription(lab: LabProcess) -> None:
    async def subscribe_twice(endpoint: Endpoint) -> None:
        async with subscribed(endpoint) as (session, subscriber):
            with pytest.raises(PrestageError, match="already"):
                await session.subscribe(lambda _: pytest.fail("the second one was told"))
            await asyncio.to_thread(commit, lab, "npe-00001")
            await subscriber.change()

    asyncio.run(subscribe_twice(endpoints(lab)["npe-00001"]))


def test_a_refused_subscription_leaves_the_session_as_it_was() -> None:
    refusal = OK.replace(b"<ok/>", b"<rpc-error><error-tag>in-use</error-tag></rpc-error>") + END

    async def subscribe() -> None:
        async with speaking(refusal) as endpoint:
            session = NetconfSession(endpoint)
            await session.connect()
            for _ in range(2):
                with pytest.raises(PrestageError, match="in-use") as caught:
                    await session.subscribe(lambda _: None, lambda _: pytest.fail("told"))
                assert caught.value.code is ErrorCode.RPC_ERROR
            await session.close()

    asyncio.run(subscribe())


def test_a_notification_in_one_packet_with_the_reply_is_not_missed() -> None:
    async def subscribe() -> None:
        async with (
            speaking(OK + END + NOTIFICATION % b"<event/>" + END) as endpoint,
            subscribed(endpoint) as (_, subscriber),
        ):
            async with asyncio.timeout(10):
                notification = await subscriber.notifications.get()
            assert len(notification) == 1

    asyncio.run(subscribe())


def test_an_end_in_one_packet_with_the_reply_is_told_as_well() -> None:
    async def subscribe() -> list[PrestageError]:
        broken = OK + END + NOTIFICATION % b"<event>" + END
        async with speaking(broken) as endpoint, subscribed(endpoint) as (_, subscriber):
            return subscriber.ends

    assert [end.code for end in asyncio.run(subscribe())] == [ErrorCode.BAD_REPLY]


def test_a_session_that_ends_before_it_is_subscribed_is_only_an_error() -> None:
    async def subscribe() -> None:
        async with speaking(b"% Invalid input" + END) as endpoint:
            session = NetconfSession(endpoint)
            await session.connect()
            with pytest.raises(PrestageError) as caught:
                await session.subscribe(lambda _: None, lambda _: pytest.fail("told"))
            assert caught.value.code is ErrorCode.BAD_REPLY
            await session.close()

    asyncio.run(subscribe())


DEEP = b"<a>" * MAX_DEPTH + b"</a>" * MAX_DEPTH


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (NOTIFICATION % (b"x" * NOTIFICATION_LIMIT), ErrorCode.REPLY_TOO_LARGE),
        (b"x" * (NOTIFICATION_LIMIT + 10), ErrorCode.REPLY_TOO_LARGE),
        (NOTIFICATION % DEEP, ErrorCode.REPLY_TOO_LARGE),
        (NOTIFICATION % b"<event>", ErrorCode.BAD_REPLY),
        (b'<!DOCTYPE a [<!ENTITY b "c">]>' + NOTIFICATION % b"&b;", ErrorCode.BAD_REPLY),
        (b"% Invalid input", ErrorCode.BAD_REPLY),
    ],
)
def test_a_notification_is_hostile_input(said: bytes, code: ErrorCode) -> None:
    async def subscribe() -> list[PrestageError]:
        async with (
            speaking(OK + END + said + END) as endpoint,
            subscribed(endpoint) as (session, subscriber),
        ):
            async with asyncio.timeout(10):
                await session.over()
            assert subscriber.notifications.empty()
        return subscriber.ends

    assert [end.code for end in asyncio.run(subscribe())] == [code]


def test_an_endless_notification_is_cut_off_before_it_has_arrived() -> None:
    async def subscribe() -> PrestageError:
        endless = OK + END + b"<notification>" + b"x" * (NOTIFICATION_LIMIT + 100_000)
        async with speaking(endless) as endpoint, subscribed(endpoint) as (session, _):
            async with asyncio.timeout(10):
                return await session.over()

    assert asyncio.run(subscribe()).code is ErrorCode.REPLY_TOO_LARGE


def test_a_subscriber_that_raises_is_told_of_the_next_event_all_the_same(
    caplog: pytest.LogCaptureFixture,
) -> None:
    told: list[str] = []
    finished = asyncio.Event()

    def raise_at_first(notification: etree._Element) -> None:
        told.append(etree.QName(notification[0]).localname)
        if len(told) == 1:
            raise ValueError("s3cret")
        finished.set()

    async def subscribe() -> None:
        said = (OK, NOTIFICATION % b"<first/>", NOTIFICATION % b"<second/>", b"")
        async with speaking(END.join(said)) as endpoint:
            session = NetconfSession(endpoint)
            await session.connect()
            await session.subscribe(raise_at_first)
            async with asyncio.timeout(10):
                await finished.wait()
            session.abort()
            await session.close()

    with caplog.at_level(logging.DEBUG):
        asyncio.run(subscribe())
    assert told == ["first", "second"]
    assert "A subscriber raised ValueError" in caplog.text
    assert "s3cret" not in caplog.text


def test_a_device_that_went_away_without_a_word_is_noticed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(login, "KEEPALIVE_SECONDS", 0.1)

    async def stop_it(lab: LabProcess) -> PrestageError:
        assert lab._child is not None
        async with subscribed(endpoints(lab)["npe-00001"]) as (session, _):
            await asyncio.sleep(0.5)  # as long as it is there, nothing happens
            session._connected()[0].check()
            lab._child.send_signal(signal.SIGSTOP)
            try:
                async with asyncio.timeout(10):
                    return await session.over()
            finally:
                lab._child.send_signal(signal.SIGCONT)

    with LabProcess(Fleet.of({"npe": 1}), notifications=100) as lab:
        error = asyncio.run(stop_it(lab))
    assert error.code is ErrorCode.CONNECTION_LOST


def test_a_thread_may_subscribe_too_and_its_guard_ends_the_subscription(lab: LabProcess) -> None:
    notifications: queue.Queue[etree._Element] = queue.Queue()
    ends: queue.Queue[PrestageError] = queue.Queue()
    with guarding(HostGuard()) as guard:
        session = AsyncsshSession.open(endpoints(lab)["npe-00001"])
        with closing(session):
            session.subscribe(notifications.put, ends.put)
            commit(lab, "npe-00001")
            while notifications.get(timeout=10).find(CHANGE) is None:
                pass
            guard.trip(ErrorCode.ABORTED, "stopped")
            assert ends.get(timeout=10).code is ErrorCode.CONNECTION_LOST
    assert ends.empty()
