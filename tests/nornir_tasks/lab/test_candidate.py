import asyncio
from collections.abc import Awaitable, Callable

import pytest
from lxml import etree

from nornir_tasks.lab import CommitEvent, Fleet, Lab

from .client import CLOSE, COMMITTED, NS, RawSession, error_tag, find, ok, session

FLEET = Fleet.of({"npe": 1, "groups": 1})
NPE, GROUPS = FLEET.devices
LOCK = "<lock><target><candidate/></target></lock>"
UNLOCK = "<unlock><target><candidate/></target></unlock>"
DESCRIPTION = "c:configuration/c:interfaces/c:interface[c:name='lo0']/c:description"
CONFIRMED = "<commit><confirmed/><confirm-timeout>{}</confirm-timeout></commit>"


def edit(statements: str, default: str = "merge") -> str:
    return (
        "<edit-config><target><candidate/></target>"
        f"<default-operation>{default}</default-operation><config>"
        f'<configuration xmlns="{NS["c"]}">{statements}</configuration></config></edit-config>'
    )


def describe(text: str) -> str:
    return edit(
        "<interfaces><interface><name>lo0</name>"
        f"<description>{text}</description></interface></interfaces>"
    )


def run(scenario: Callable[[Lab, RawSession, RawSession], Awaitable[None]]) -> None:
    """Run a scenario with two sessions on one device."""

    async def body() -> None:
        async with Lab(FLEET) as lab, session(lab, NPE) as one, session(lab, NPE) as two:
            await scenario(lab, one, two)

    asyncio.run(body())


def test_get_config_shows_groups_and_get_configuration_can_expand_them() -> None:
    async def scenario() -> None:
        async with Lab(FLEET) as lab, session(lab, GROUPS) as raw:
            plain = await raw.rpc("<get-config><source><running/></source></get-config>")
            inherited = await raw.rpc('<get-configuration database="committed" inherit="inherit"/>')
            uninherited = await raw.rpc(COMMITTED)
            assert len(find(plain, "nc:data/c:configuration/c:groups")) == 2
            assert len(find(uninherited, "c:configuration/c:groups")) == 2
            assert find(inherited, "//c:groups | //c:apply-groups") == []
            assert find(inherited, "c:configuration/c:protocols/c:ldp/c:interface/c:name") == [
                "lo0.0"
            ]

    asyncio.run(scenario())


def test_a_filter_leaves_the_rest_on_the_device() -> None:
    async def scenario(_: Lab, one: RawSession, __: RawSession) -> None:
        wanted = "<configuration><system><host-name/></system></configuration>"
        for request, path in (
            (f"<get-configuration>{wanted}</get-configuration>", "c:configuration"),
            (
                (
                    "<get-config><source><running/></source>"
                    f'<filter type="subtree">{wanted}</filter></get-config>'
                ),
                "nc:data/c:configuration",
            ),
        ):
            reply = await one.rpc(request)
            assert find(reply, f"{path}/c:system/c:host-name") == [NPE.name]
            assert [etree.QName(e).localname for e in reply.iter("{*}*")].count("interfaces") == 0
            assert find(reply, f"{path}/@junos:commit-seconds")
        nothing = await one.rpc(
            "<get-config><source><running/></source><filter><vlans/></filter></get-config>"
        )
        assert find(nothing, "nc:data") == [""]
        assert find(nothing, "nc:data/*") == []

    run(scenario)


def test_an_edit_shows_in_the_candidate_and_after_the_commit_in_running() -> None:
    async def scenario(lab: Lab, one: RawSession, two: RawSession) -> None:
        events: list[CommitEvent] = []
        lab.observers.append(events.append)
        before = find(await two.rpc(COMMITTED), "c:configuration/@junos:commit-seconds")
        assert find(await two.rpc("<get-configuration/>"), DESCRIPTION) == []
        assert ok(await one.rpc(describe("ring 7")))
        candidate = await two.rpc("<get-configuration/>")
        assert find(candidate, DESCRIPTION) == ["ring 7"]
        assert find(candidate, "c:configuration/@junos:changed-seconds")
        assert find(await two.rpc(COMMITTED), DESCRIPTION) == []
        assert events == []
        assert ok(await one.rpc("<commit/>"))
        committed = await two.rpc(COMMITTED)
        assert find(committed, DESCRIPTION) == ["ring 7"]
        assert int(find(committed, "c:configuration/@junos:commit-seconds")[0]) > int(before[0])
        assert [(event.device, event.user) for event in events] == [(NPE.name, "lab")]
        assert events[0].session_id == int(
            etree.fromstring(one.hello).findtext("nc:session-id", "", NS)
        )

    run(scenario)


def test_discard_forgets_the_edit() -> None:
    async def scenario(_: Lab, one: RawSession, two: RawSession) -> None:
        await one.rpc(describe("mistake"))
        assert ok(await one.rpc("<discard-changes/>"))
        assert find(await two.rpc("<get-configuration/>"), DESCRIPTION) == []

    run(scenario)


NAMES = "<system><host-name {}>r9</host-name></system>"
PORT = "<interfaces><interface {}><name>{}</name>{}</interface></interfaces>"


@pytest.mark.parametrize(
    ("change", "default", "path", "expected"),
    [
        (NAMES.format(""), "merge", "c:system/c:host-name", ["r9"]),
        (NAMES.format(""), "none", "c:system/c:host-name", [NPE.name]),
        ("<system><domain-name>x</domain-name></system>", "none", "c:system/c:domain-name", []),
        (
            PORT.format("", "ge-7/7/7", "<disable/>"),
            "merge",
            "c:interfaces/c:interface[c:name='ge-7/7/7']/c:disable",
            [""],
        ),
        (
            PORT.format('operation="replace"', "lo0", "<disable/>"),
            "merge",
            "c:interfaces/c:interface[c:name='lo0']/*[not(self::c:name)]",
            [""],
        ),
        (
            PORT.format('operation="delete"', "lo0", ""),
            "merge",
            "c:interfaces/c:interface[c:name='lo0']",
            [],
        ),
        (
            PORT.format('operation="delete"', "lo0", ""),
            "none",
            "c:interfaces/c:interface[c:name='lo0']",
            [],
        ),
        (
            PORT.format('operation="remove"', "ge-7/7/7", ""),
            "merge",
            "c:interfaces/c:interface[c:name='ge-7/7/7']",
            [],
        ),
        (
            PORT.format('inactive="inactive"', "lo0", ""),
            "merge",
            "c:interfaces/c:interface[c:name='lo0']/@inactive",
            ["inactive"],
        ),
        ("<system><host-name>r9</host-name></system>", "replace", "c:system/*", ["r9"]),
    ],
    ids=[
        "merge changes a leaf",
        "none changes nothing by itself",
        "none adds nothing by itself",
        "merge adds an entry",
        "replace leaves nothing else in the entry",
        "delete",
        "delete with default none",
        "remove does not mind what is missing",
        "deactivate",
        "replace by default",
    ],
)
def test_edit_config_works_on_named_entries(
    change: str, default: str, path: str, expected: list[str]
) -> None:
    async def scenario(_: Lab, one: RawSession, __: RawSession) -> None:
        assert ok(await one.rpc(edit(change, default)))
        assert find(await one.rpc("<get-configuration/>"), f"c:configuration/{path}") == expected

    run(scenario)


@pytest.mark.parametrize(
    ("change", "default", "tag"),
    [
        (PORT.format('operation="delete"', "ge-7/7/7", ""), "merge", "data-missing"),
        (PORT.format('operation="create"', "lo0", ""), "merge", "data-exists"),
        (PORT.format('operation="explode"', "lo0", ""), "merge", "invalid-value"),
        (PORT.format("", "lo0", ""), "whatever", "invalid-value"),
        (PORT.format("", "ge-7/7/7", "<disable/>"), "none", "data-missing"),
    ],
)
def test_an_edit_that_cannot_be_done_changes_nothing(change: str, default: str, tag: str) -> None:
    async def scenario(lab: Lab, one: RawSession, _: RawSession) -> None:
        first = "<system><host-name>half</host-name></system>"
        assert error_tag(await one.rpc(edit(first + change, default))) == tag
        assert not lab.device(NPE.name).store.modified

    run(scenario)


def test_a_lock_keeps_others_from_changing_and_committing() -> None:
    async def scenario(_: Lab, one: RawSession, two: RawSession) -> None:
        owner = etree.fromstring(one.hello).findtext("nc:session-id", "", NS)
        assert ok(await one.rpc(LOCK))
        for request in (LOCK, describe("x"), "<commit/>", "<discard-changes/>"):
            reply = await two.rpc(request)
            assert error_tag(reply) == "lock-denied"
            assert find(reply, "//nc:error-info/nc:session-id") == [owner]
        assert error_tag(await two.rpc(UNLOCK)) == "operation-failed"
        assert ok(await one.rpc(describe("mine")))
        assert ok(await one.rpc("<commit/>"))
        assert ok(await one.rpc(UNLOCK))
        assert ok(await two.rpc(LOCK))

    run(scenario)


def test_a_modified_candidate_cannot_be_locked() -> None:
    async def scenario(_: Lab, one: RawSession, two: RawSession) -> None:
        await one.rpc(describe("unfinished"))
        assert error_tag(await two.rpc(LOCK)) == "lock-denied"

    run(scenario)


def test_the_end_of_a_session_gives_back_its_lock_and_drops_its_changes() -> None:
    async def scenario(_: Lab, one: RawSession, two: RawSession) -> None:
        assert ok(await one.rpc(LOCK))
        assert ok(await one.rpc(describe("unfinished")))
        assert ok(await one.rpc(CLOSE))
        await one.stdout.read()
        assert ok(await two.rpc(LOCK))
        assert find(await two.rpc("<get-configuration/>"), DESCRIPTION) == []

    run(scenario)


def test_a_confirmed_commit_is_undone_when_nobody_confirms_it() -> None:
    async def scenario(lab: Lab, one: RawSession, _: RawSession) -> None:
        undone = asyncio.Event()
        lab.observers.append(lambda event: undone.set() if event.rollback else None)
        await one.rpc(describe("risky"))
        assert ok(await one.rpc(CONFIRMED.format(1)))
        assert find(await one.rpc(COMMITTED), DESCRIPTION) == ["risky"]
        async with asyncio.timeout(10):
            await undone.wait()
        assert find(await one.rpc(COMMITTED), DESCRIPTION) == []

    run(scenario)


def test_a_second_commit_confirms_the_first() -> None:
    async def scenario(lab: Lab, one: RawSession, _: RawSession) -> None:
        await one.rpc(describe("wanted"))
        assert ok(await one.rpc(CONFIRMED.format(1)))
        assert ok(await one.rpc("<commit/>"))
        assert lab.device(NPE.name).store.rollback_to is None
        assert find(await one.rpc(COMMITTED), DESCRIPTION) == ["wanted"]

    run(scenario)


def test_two_confirmed_commits_fall_back_to_what_was_before_the_first() -> None:
    async def scenario(lab: Lab, one: RawSession, _: RawSession) -> None:
        await one.rpc(describe("first"))
        await one.rpc(CONFIRMED.format(60))
        await one.rpc(describe("second"))
        await one.rpc(CONFIRMED.format(60))
        lab.device(NPE.name).store.roll_back()
        assert find(await one.rpc(COMMITTED), DESCRIPTION) == []

    run(scenario)


def test_junos_own_commit_takes_a_log_message_and_can_only_check() -> None:
    async def scenario(lab: Lab, one: RawSession, _: RawSession) -> None:
        events: list[CommitEvent] = []
        lab.observers.append(events.append)
        await one.rpc(describe("x"))
        assert ok(await one.rpc("<commit-configuration><check/></commit-configuration>"))
        assert events == []
        assert ok(
            await one.rpc("<commit-configuration><log>ticket 42</log></commit-configuration>")
        )
        assert [event.comment for event in events] == ["ticket 42"]

    run(scenario)
