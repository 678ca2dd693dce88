"""What a collector receives about commits and reads, over UDP."""

import asyncio
from collections.abc import Awaitable, Callable
from xml.sax.saxutils import escape

import pytest

from nornir_tasks.lab import Fleet, Lab, LabOptions
from nornir_tasks.lab.tree import parse_content
from tests.nornir_tasks.lab.client import COMMITTED, RawSession, ok, session
from tests.nornir_tasks.lab.test_candidate import CONFIRMED, describe

from .collector import Datagrams, Message, completed, datagrams, tags

FLEET = Fleet.of({"npe": 4})
ONE, TWO = FLEET.devices[:2]
PROGRESS = "UI_COMMIT_PROGRESS"
COMMENTS = [
    "ends with a backslash \\",
    'closes] the "element" \\] and goes on',
    'user="root" command="x"] User \'root\' requested',
    "Größe 7 → 日本語 🚦",
]

pytestmark = pytest.mark.usefixtures("nothing_left")


def run(
    scenario: Callable[[Lab, Datagrams], Awaitable[None]],
    *,
    layout: str = "structured",
    address: str = "127.0.0.1",
    addressing: str = "auto",
) -> None:
    async def body() -> None:
        async with datagrams(address) as collector:
            options = LabOptions(
                host_key="ed25519",
                syslog=collector.target,
                syslog_format=layout,
                addressing=addressing,
            )
            async with Lab(FLEET, options) as lab:
                await scenario(lab, collector)

    asyncio.run(body())


def commit(comment: str) -> str:
    return f"<commit-configuration><log>{escape(comment)}</log></commit-configuration>"


@pytest.mark.parametrize("layout", ["classic", "structured"])
def test_a_commit_is_told_in_the_order_of_junos_from_the_devices_own_address(layout: str) -> None:
    async def scenario(lab: Lab, collector: Datagrams) -> None:
        lab.device(ONE.name).store.touch(user="alice")
        seen = await collector.until(completed)
        assert tags(seen) == ["UI_COMMIT", *[PROGRESS] * (len(seen) - 2), "UI_COMMIT_COMPLETED"]
        assert len(seen) > 4
        assert {(m.source, m.host, m.form) for m in seen} == {(ONE.address, ONE.name, layout)}
        assert [m.priority for m in seen] == [189, *[190] * (len(seen) - 2), 188]
        assert seen[0].text == "User 'alice' requested 'commit' operation (comment: none)"
        assert seen[-1].text == "commit complete"
        # A trap for those who only look for the words.
        assert seen[-2].text == "Commit operation in progress: commit complete"
        if layout == "structured":
            assert seen[0].element.startswith("junos@2636.1.1.1.2.")
            assert seen[0].parameters == (
                ("username", "alice"),
                ("command", "commit"),
                ("message", "none"),
            )
            assert seen[1].values == {"message": "Obtaining lock for commit"}

    run(scenario, layout=layout)


def test_in_a_mixed_fleet_every_other_device_is_structured_with_differing_products() -> None:
    async def scenario(lab: Lab, collector: Datagrams) -> None:
        requests = []
        for device in FLEET:
            lab.device(device.name).store.touch(user="alice")
            requests.append((await collector.until(completed))[0])
        assert [m.form for m in requests] == ["classic", "structured"] * 2
        assert [m.source for m in requests] == [device.address for device in FLEET]
        assert requests[1].element != requests[3].element

    run(scenario, layout="mixed")


@pytest.mark.parametrize("comment", COMMENTS)
def test_a_clients_commit_carries_its_login_and_any_comment(comment: str) -> None:
    async def scenario(lab: Lab, collector: Datagrams) -> None:
        async with session(lab, ONE) as raw:
            await raw.rpc(describe("x"))
            assert ok(await raw.rpc(commit(comment)))
        seen = await collector.until(completed)
        request = next(m for m in seen if m.tag == "UI_COMMIT")
        assert request.values == {"username": "lab", "command": "commit", "message": comment}
        assert request.text == f"User 'lab' requested 'commit' operation (comment: {comment})"
        assert request.process == seen[-1].process

    run(scenario)


@pytest.mark.parametrize("comment", COMMENTS)
def test_the_classic_form_escapes_nothing(comment: str) -> None:
    async def scenario(lab: Lab, collector: Datagrams) -> None:
        async with session(lab, ONE) as raw:
            await raw.rpc(commit(comment))
        request = next(m for m in await collector.until(completed) if m.tag == "UI_COMMIT")
        assert request.text.endswith(f"(comment: {comment})")

    run(scenario, layout="classic")


@pytest.mark.parametrize("layout", ["classic", "structured"])
def test_a_comment_is_one_line_of_bounded_length(layout: str) -> None:
    async def scenario(lab: Lab, collector: Datagrams) -> None:
        async with session(lab, ONE) as raw:
            await raw.rpc(commit("first\nsecond\tthird" + "x" * 5000))
        request = next(m for m in await collector.until(completed) if m.tag == "UI_COMMIT")
        assert "first second third" in request.text
        assert len(request.text) < 600

    run(scenario, layout=layout)


def test_every_request_of_a_client_is_logged_and_none_of_them_looks_like_a_commit() -> None:
    async def scenario(lab: Lab, collector: Datagrams) -> None:
        async with session(lab, TWO) as raw:
            await raw.rpc(COMMITTED)
            await raw.rpc("<get-interface-information><terse/></get-interface-information>")
            await raw.rpc("<get-config><source><running/></source></get-config>")
            await raw.rpc("<kill-session><session-id>9</session-id></kill-session>")
        lab.device(ONE.name).store.touch(user="alice")
        seen = await collector.until(completed)
        reads = [m for m in seen if m.source == TWO.address]
        assert {(m.tag, m.priority, m.values["username"]) for m in reads} == {
            ("UI_NETCONF_CMD", 190, "lab")
        }
        assert [m.values["command"] for m in reads] == [
            'get-configuration database="committed"',
            "get-interface-information terse",
            "get-config cannot reconstruct arguments",
            "kill-session session-id=9",
        ]
        assert reads[0].text == (
            "User 'lab' used NETCONF client to run command "
            "'get-configuration database=\"committed\"'"
        )

    run(scenario)


def test_a_commit_that_nobody_confirms_is_told_again_when_it_is_undone() -> None:
    async def scenario(lab: Lab, collector: Datagrams) -> None:
        async with session(lab, ONE) as raw:
            await raw.rpc(describe("risky"))
            await raw.rpc(CONFIRMED.format(1))
            first = await collector.until(completed)
            request = next(m for m in first if m.tag == "UI_COMMIT")
            assert request.values["command"] == "commit confirmed"
            assert "requested 'commit confirmed' operation" in request.text
            second = await collector.until(lambda m: m.tag == "UI_COMMIT_NOT_CONFIRMED")
            assert {*tags(second)} == {PROGRESS, "UI_COMMIT_NOT_CONFIRMED"}
            assert second[-1].text == "Commit was not confirmed; automatic rollback complete"
            assert second[-1].source == ONE.address
            assert lab.device(ONE.name).store.generated, "told before it was undone"

    run(scenario)


def test_a_commit_that_is_confirmed_is_told_twice_and_never_undone() -> None:
    async def scenario(lab: Lab, collector: Datagrams) -> None:
        store = lab.device(ONE.name).store
        store.become(ONE.of_kind("ce"), user="alice", confirmed=True)
        lab.device(ONE.name).expect_confirmation(0.2)
        store.touch(user="alice")
        await asyncio.sleep(0.4)
        lab.device(TWO.name).store.touch(user="alice")
        seen = await collector.until(lambda m: completed(m) and m.source == TWO.address)
        commands = [m.values["command"] for m in seen if m.tag == "UI_COMMIT"]
        assert commands == ["commit confirmed", "commit", "commit"]
        assert "UI_COMMIT_NOT_CONFIRMED" not in tags(seen)

    run(scenario)


def test_the_host_name_is_the_configured_one_and_always_one_word() -> None:
    async def scenario(lab: Lab, collector: Datagrams) -> None:
        store = lab.device(ONE.name).store
        for configured, sent in (("edge 1\u00e9", "edge-1-"), ("re0.pop7", "re0.pop7")):
            host = f"<system><host-name>{configured}</host-name></system>"
            store.replace(parse_content(host), user="alice")
            assert {m.host for m in await collector.until(completed)} == {sent}
        store.replace(parse_content("<system/>"), user="alice")
        assert (await collector.until(completed))[0].host == ONE.name

    run(scenario)


def test_over_ipv6_only_the_host_name_tells_devices_apart() -> None:
    async def scenario(lab: Lab, collector: Datagrams) -> None:
        for device in (ONE, TWO):
            lab.device(device.name).store.touch(user="alice")
            seen = await collector.until(completed)
            assert {(m.source, m.host) for m in seen} == {("::1", device.name)}

    run(scenario, address="::1")


def test_where_devices_share_an_address_they_share_it_as_source() -> None:
    async def scenario(lab: Lab, collector: Datagrams) -> None:
        for device in (ONE, TWO):
            lab.device(device.name).store.touch(user="alice")
            seen = await collector.until(completed)
            assert {(m.source, m.host) for m in seen} == {("127.0.0.1", device.name)}

    run(scenario, addressing="ports")


def test_a_collector_that_is_gone_disturbs_nobody() -> None:
    async def scenario() -> None:
        async with datagrams() as collector:
            target = collector.target
        async with (
            Lab(FLEET, LabOptions(host_key="ed25519", syslog=target)) as lab,
            session(lab, ONE) as raw,
        ):
            for _ in range(3):
                await read(raw)
            assert lab.statistics()["syslog"]["waiting"] == 0

    asyncio.run(scenario())


def test_without_a_collector_there_are_no_counters() -> None:
    async def scenario() -> None:
        async with Lab(FLEET, LabOptions(host_key="ed25519")) as lab, session(lab, ONE) as raw:
            await read(raw)
            assert lab.statistics()["syslog"] is None

    asyncio.run(scenario())


def test_the_counters_tell_how_many_messages_were_sent() -> None:
    async def scenario(lab: Lab, collector: Datagrams) -> None:
        lab.device(ONE.name).store.touch(user="alice")
        seen: list[Message] = await collector.until(completed)
        counters = lab.statistics()["syslog"]
        assert counters == {
            "sent": len(seen),
            "dropped": 0,
            "waiting": 0,
            "connections": 0,
            "storm_left": 0,
        }

    run(scenario)


async def read(raw: RawSession) -> None:
    assert (await raw.rpc(COMMITTED)).find("{*}configuration") is not None
