"""Notifications of NETCONF (RFC 5277) about commits and sessions (RFC 6470)."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import pytest
from lxml import etree

from nornir_tasks.errors import PrestageError
from nornir_tasks.lab import Fleet, Lab, LabOptions, LabProcess, SimulatedDevice

from .client import CLOSE, COMMITTED, NS, RawSession, error_tag, find, ok, session
from .test_candidate import CONFIRMED, describe

FLEET = Fleet.of({"npe": 5, "p": 5})
ONE, TWO = FLEET.devices[:2]
NOTIFICATION = "urn:ietf:params:netconf:capability:notification:1.0"
INTERLEAVE = "urn:ietf:params:netconf:capability:interleave:1.0"
NAMES = {
    **NS,
    "n": "urn:ietf:params:xml:ns:netconf:notification:1.0",
    "e": "urn:ietf:params:xml:ns:yang:ietf-netconf-notifications",
}
SUBSCRIBE = f'<create-subscription xmlns="{NAMES["n"]}">{{}}</create-subscription>'
STREAM = SUBSCRIBE.format("<stream>NETCONF</stream>")
CHANGE, START, END = "netconf-config-change", "netconf-session-start", "netconf-session-end"

pytestmark = pytest.mark.usefixtures("nothing_left")


def run(
    scenario: Callable[[Lab, RawSession], Awaitable[None]],
    *,
    chunked: bool = False,
    notifications: float = 100,
) -> None:
    """Run a scenario with one session on one device."""

    async def body() -> None:
        options = LabOptions(
            host_key="ed25519",
            framing="1.1" if chunked else "1.0",
            notifications=notifications,
        )
        async with Lab(FLEET, options) as lab, session(lab, ONE, chunked=chunked) as raw:
            await scenario(lab, raw)

    asyncio.run(body())


class Event:
    """What a notification says."""

    def __init__(self, message: bytes) -> None:
        root = etree.fromstring(message)
        assert root.tag == f"{{{NAMES['n']}}}notification"
        time, self.element = root
        assert time.tag == f"{{{NAMES['n']}}}eventTime"
        self.time = datetime.fromisoformat(time.text or "")
        self.name = etree.QName(self.element).localname
        assert etree.QName(self.element).namespace == NAMES["e"]

    def text(self, path: str) -> str | None:
        return self.element.findtext(path, None, NAMES)


async def event(raw: RawSession) -> Event:
    async with asyncio.timeout(20):
        return Event(await raw.receive())


def session_id(raw: RawSession) -> str:
    return etree.fromstring(raw.hello).findtext("nc:session-id", "", NS)


def capabilities(raw: RawSession) -> list[str]:
    return find(etree.fromstring(raw.hello), "//nc:capability")


def test_a_device_that_notifies_says_so_in_its_hello() -> None:
    async def scenario(_: Lab, raw: RawSession) -> None:
        assert {NOTIFICATION, INTERLEAVE} <= set(capabilities(raw))

    run(scenario)


def test_a_device_that_does_not_answers_as_to_any_unknown_request() -> None:
    async def scenario(lab: Lab, raw: RawSession) -> None:
        assert not {NOTIFICATION, INTERLEAVE} & set(capabilities(raw))
        unknown = await raw.ask("<get-nonsense/>")
        refused = await raw.ask(STREAM)
        assert error_tag(etree.fromstring(refused)) == "operation-not-supported"
        assert without_ids(refused, b"create-subscription") == without_ids(unknown, b"get-nonsense")
        assert lab.statistics()["subscriptions_opened"] == 0
        lab.device(ONE.name).store.touch(user="alice")
        assert find(await raw.rpc(COMMITTED), "c:configuration/@junos:commit-user") == ["alice"]

    run(scenario, notifications=0)


def without_ids(reply: bytes, name: bytes) -> bytes:
    return reply.split(b">", 1)[1].replace(name, b"")


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("request_", [STREAM, SUBSCRIBE.format("")])
def test_a_commit_of_another_session_is_notified(chunked: bool, request_: str) -> None:
    async def scenario(lab: Lab, raw: RawSession) -> None:
        assert ok(await raw.rpc(request_))
        async with session(lab, ONE, chunked=chunked) as other:
            assert (await event(raw)).name == START
            assert ok(await other.rpc(describe("ring 7")))
            assert ok(await other.rpc("<commit/>"))
            change = await event(raw)
            assert change.name == CHANGE, "editing the candidate is no event"
            assert change.text("e:changed-by/e:username") == "lab"
            assert change.text("e:changed-by/e:session-id") == session_id(other)
            assert change.text("e:changed-by/e:source-host") == "127.0.0.1"
            assert change.text("e:datastore") == "running"
            assert change.text("e:edit/e:target") == "/c:configuration"
            assert change.text("e:edit/e:operation") == "merge"
            target = change.element.find("e:edit/e:target", NAMES)
            assert target is not None
            assert target.nsmap["c"] == NAMES["c"]
            assert change.time.utcoffset() is not None

    run(scenario, chunked=chunked)


def test_a_commit_without_netconf_has_session_zero_and_no_host() -> None:
    async def scenario(lab: Lab, raw: RawSession) -> None:
        await raw.rpc(STREAM)
        store = lab.device(ONE.name).store
        store.become(ONE.of_kind("ce"), user="al<i>ce&")
        change = await event(raw)
        assert change.text("e:changed-by/e:username") == "al<i>ce&"
        assert change.text("e:changed-by/e:session-id") == "0"
        assert change.text("e:changed-by/e:source-host") is None
        assert change.text("e:edit/e:operation") == "replace"
        store.touch(user="alice")
        assert (await event(raw)).element.find("e:edit", NAMES) is None

    run(scenario)


def test_a_rollback_is_a_change_by_the_server() -> None:
    async def scenario(lab: Lab, raw: RawSession) -> None:
        await raw.rpc(STREAM)
        await raw.rpc(describe("risky"))
        await raw.send(f'<rpc xmlns="{NS["nc"]}" message-id="9">{CONFIRMED.format(1)}</rpc>')
        # The change is told while the commit is done, the reply follows.
        assert (await event(raw)).text("e:changed-by/e:username") == "lab"
        assert ok(etree.fromstring(await raw.receive()))
        undone = await event(raw)
        assert undone.name == CHANGE
        assert undone.element.find("e:changed-by/e:server", NAMES) is not None
        assert undone.element.find("e:changed-by/e:username", NAMES) is None
        assert find(await raw.rpc(COMMITTED), "//c:description[text()='risky']") == []

    run(scenario)


def test_the_end_of_a_session_is_told_with_its_reason() -> None:
    async def scenario(lab: Lab, raw: RawSession) -> None:
        await raw.rpc(STREAM)
        async with session(lab, ONE) as closed:
            await event(raw)
            await closed.rpc(CLOSE)
            end = await event(raw)
        assert (end.name, end.text("e:termination-reason")) == (END, "closed")
        assert end.text("e:session-id") == session_id(closed)
        assert end.text("e:killed-by") is None
        async with session(lab, ONE) as dropped:
            start = await event(raw)
            assert (start.name, start.text("e:username")) == (START, "lab")
            assert start.text("e:session-id") == session_id(dropped)
            assert start.text("e:source-host") == "127.0.0.1"
        assert (await event(raw)).text("e:termination-reason") == "dropped"
        async with session(lab, ONE) as killed:
            await event(raw)
            kill = f"<kill-session><session-id>{session_id(killed)}</session-id></kill-session>"
            assert ok(await raw.rpc(kill))
            end = await event(raw)
        assert end.text("e:termination-reason") == "killed"
        assert end.text("e:killed-by") == session_id(raw)

    run(scenario)


def test_other_devices_and_sessions_without_a_subscription_hear_nothing() -> None:
    async def scenario(lab: Lab, raw: RawSession) -> None:
        await raw.rpc(STREAM)
        async with session(lab, TWO) as other:
            lab.device(TWO.name).store.touch(user="alice")
            assert find(await other.rpc(COMMITTED), "c:configuration/@junos:commit-user") == [
                "alice"
            ]
        lab.device(ONE.name).store.touch(user="bob")
        change = await event(raw)
        assert (change.name, change.text("e:changed-by/e:username")) == (CHANGE, "bob")

    run(scenario)


@pytest.mark.parametrize("chunked", [False, True])
def test_requests_and_notifications_share_a_session(chunked: bool) -> None:
    async def scenario(lab: Lab, raw: RawSession) -> None:
        await raw.rpc(STREAM)
        store = lab.device(ONE.name).store
        rounds = 30
        for number in range(rounds):
            await raw.send(f'<rpc xmlns="{NS["nc"]}" message-id="m{number}">{COMMITTED}</rpc>')
            store.touch(user=f"user{number}")
        users, replies = [], []
        for _ in range(2 * rounds):
            message = await raw.receive()
            if message.startswith(b"<notification"):
                users.append(Event(message).text("e:changed-by/e:username"))
            else:
                replies.append(etree.fromstring(message).get("message-id"))
        assert users == [f"user{number}" for number in range(rounds)]
        assert replies == [f"m{number}" for number in range(rounds)]

    run(scenario, chunked=chunked)


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        (f"<{CHANGE}/>", [CHANGE]),
        (f"<{START}/><{END}/>", [START, END]),
        (f'<{CHANGE} xmlns="{NAMES["e"]}"><datastore>running</datastore></{CHANGE}>', [CHANGE]),
        (f"<{CHANGE}><datastore>startup</datastore></{CHANGE}><{END}/>", [END]),
    ],
)
def test_a_filter_lets_through_whole_events(wanted: str, names: list[str]) -> None:
    async def scenario(lab: Lab, raw: RawSession) -> None:
        assert ok(await raw.rpc(SUBSCRIBE.format(f'<filter type="subtree">{wanted}</filter>')))
        async with session(lab, ONE) as other:
            await other.rpc(describe("x"))
            await other.rpc("<commit/>")
            await other.rpc(CLOSE)
            await other.stdout.read()
        seen = [await event(raw) for _ in names]
        assert [entry.name for entry in seen] == names
        assert all(len(entry.element) > 2 for entry in seen), "not only what the filter names"
        # Nothing else is under way.
        assert (await raw.rpc("<get-system-information/>")).tag.endswith("rpc-reply")

    run(scenario)


@pytest.mark.parametrize(
    ("content", "tag"),
    [
        ("<stream>syslog</stream>", "invalid-value"),
        ("<stream/>", "invalid-value"),
        ("<startTime>2026-01-01T00:00:00Z</startTime>", "operation-not-supported"),
        ("<stopTime>2026-01-01T00:00:00Z</stopTime>", "operation-not-supported"),
        ('<filter type="xpath" select="/"/>', "operation-not-supported"),
    ],
)
def test_what_the_device_cannot_do_is_refused_and_subscribes_nobody(content: str, tag: str) -> None:
    async def scenario(lab: Lab, raw: RawSession) -> None:
        assert error_tag(await raw.rpc(SUBSCRIBE.format(content))) == tag
        assert lab.statistics()["subscriptions_opened"] == 0
        assert ok(await raw.rpc(STREAM))

    run(scenario)


def test_a_session_has_one_subscription() -> None:
    async def scenario(lab: Lab, raw: RawSession) -> None:
        assert ok(await raw.rpc(STREAM))
        assert error_tag(await raw.rpc(STREAM)) == "operation-failed"
        lab.device(ONE.name).store.touch(user="alice")
        assert (await event(raw)).name == CHANGE
        assert (await raw.rpc("<get-system-information/>")).tag.endswith("rpc-reply")
        assert lab.statistics()["subscriptions_opened"] == 1

    run(scenario)


def test_a_subscribed_session_is_counted_apart_from_those_that_read() -> None:
    async def scenario(lab: Lab, raw: RawSession) -> None:
        async with session(lab, ONE) as reader:
            # Both are open before either has asked for anything.
            await raw.rpc(STREAM)
            await reader.rpc(COMMITTED)
            counters = lab.statistics()
            assert counters["sessions_open"] == 2
            assert (counters["subscriptions_opened"], counters["subscriptions_open"]) == (1, 1)
            assert counters["max_concurrent_per_device"] == 1
            async with session(lab, ONE) as second:
                await second.rpc(COMMITTED)
            counters = lab.statistics()
            assert counters["max_concurrent_per_device"] == 2
            assert counters["devices"][ONE.name]["subscriptions_open"] == 1

    run(scenario)


def test_drop_subscriptions_cuts_the_subscribed_and_nobody_else() -> None:
    async def scenario(lab: Lab, raw: RawSession) -> None:
        async with session(lab, ONE) as reader, session(lab, TWO) as other:
            await raw.rpc(STREAM)
            await other.rpc(STREAM)
            assert lab.drop_subscriptions() == 2
            assert lab.drop_subscriptions() == 0
            async with asyncio.timeout(20):
                assert await raw.stdout.read() == b""
                assert await other.stdout.read() == b""
            assert ok(await reader.rpc("<commit/>"))
            assert lab.statistics()["subscriptions_open"] == 0
        async with session(lab, ONE) as again:
            assert ok(await again.rpc(STREAM))
            assert lab.statistics()["subscriptions_opened"] == 3

    run(scenario)


def test_a_subscriber_that_does_not_read_is_cut_off() -> None:
    async def scenario(lab: Lab, raw: RawSession) -> None:
        await raw.rpc(STREAM)
        raw.stdout.channel.pause_reading()
        store = lab.device(ONE.name).store
        user = "u" * 100_000
        async with asyncio.timeout(60):
            while lab.statistics()["subscriptions_open"]:
                store.touch(user=user)
                await asyncio.sleep(0)

    run(scenario)


@pytest.mark.parametrize(("share", "count"), [(0, 0), (30, 3), (50, 5), (100, 10)])
def test_the_share_that_notifies_is_the_same_devices_every_time(share: float, count: int) -> None:
    options = LabOptions(notifications=share)
    chosen = {device.index for device in FLEET if options.notifies(device.index)}
    assert len(chosen) == count
    more = LabOptions(notifications=min(100, share + 20))
    assert chosen <= {device.index for device in FLEET if more.notifies(device.index)}


@pytest.mark.parametrize("share", [-1, 100.5])
def test_a_share_is_a_percentage(share: float) -> None:
    with pytest.raises(PrestageError, match="is a percentage"):
        LabOptions(notifications=share)


def test_a_lab_in_a_process_tells_who_notifies_and_drops_on_command() -> None:
    with LabProcess(FLEET, host_key="ed25519", notifications=50) as lab:
        options = LabOptions(notifications=50)
        shown: dict[SimulatedDevice, Any] = {
            device: lab.control("show", device.name) for device in FLEET
        }
        for device, answer in shown.items():
            assert answer["notifies"] is options.notifies(device.index)
        assert lab.control("drop-subscriptions") == {"dropped": 0}
