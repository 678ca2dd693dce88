import asyncio

import asyncssh
import pytest
from lxml import etree

from nornir_tasks.lab import Fleet, Lab, LabOptions

from .client import CLOSE, COMMITTED, NS, connection, error_tag, find, netconf, ok, session

FLEET = Fleet.of({"npe": 3, "p": 1})
NPE = FLEET.devices[0]


@pytest.mark.parametrize("framing", ["1.0", "1.1"])
def test_the_hello_offers_what_a_junos_router_offers(framing: str) -> None:
    async def scenario() -> None:
        async with Lab(FLEET, LabOptions(framing=framing)) as lab, session(lab, NPE) as raw:
            hello = etree.fromstring(raw.hello)
            capabilities = find(hello, "nc:capabilities/nc:capability")
            assert "urn:ietf:params:netconf:base:1.0" in capabilities
            assert ("urn:ietf:params:netconf:base:1.1" in capabilities) == (framing == "1.1")
            assert "http://xml.juniper.net/netconf/junos/1.0" in capabilities
            assert int(hello.findtext("nc:session-id", "", NS)) > 0

    asyncio.run(scenario())


def test_chunked_replies_vary_in_size_and_cut_a_character() -> None:
    async def scenario() -> None:
        async with (
            Lab(FLEET, LabOptions(framing="1.1")) as lab,
            session(lab, NPE, chunked=True) as raw,
        ):
            reply = await raw.rpc(COMMITTED)
            assert len(set(raw.chunk_sizes)) > 2
            with pytest.raises(UnicodeDecodeError):
                raw.chunks[0].decode()
            assert reply.find("c:configuration/c:interfaces", NS) is not None
            assert ok(await raw.rpc(CLOSE))

    asyncio.run(scenario())


def test_a_client_of_netconf_1_0_gets_1_0_from_a_device_that_offers_both() -> None:
    async def scenario() -> None:
        async with Lab(FLEET, LabOptions(framing="1.1")) as lab, session(lab, NPE) as raw:
            assert find(await raw.rpc(COMMITTED), "c:configuration/c:system/c:host-name") == [
                NPE.name
            ]

    asyncio.run(scenario())


def test_mixed_framing_offers_1_1_on_every_other_device() -> None:
    async def scenario() -> None:
        async with Lab(FLEET, LabOptions(framing="mixed")) as lab:
            offers = []
            for device in FLEET:
                async with session(lab, device) as raw:
                    offers.append(b"base:1.1" in raw.hello)
            assert offers == [False, True, False, True]

    asyncio.run(scenario())


def test_each_address_answers_as_its_own_device() -> None:
    async def scenario() -> None:
        async with Lab(FLEET) as lab:
            for device in FLEET:
                async with session(lab, device) as raw:
                    reply = await raw.rpc("<get-system-information/>")
                    assert find(reply, "//nc:host-name") == [device.name]

    asyncio.run(scenario())


def test_with_a_port_per_device_everything_is_on_one_address() -> None:
    async def scenario() -> None:
        async with Lab(FLEET, LabOptions(addressing="ports")) as lab:
            endpoints = [lab.endpoint(device) for device in FLEET]
            assert {address for address, _ in endpoints} == {"127.0.0.1"}
            assert len({port for _, port in endpoints}) == len(FLEET)
            for device in FLEET:
                async with session(lab, device) as raw:
                    reply = await raw.rpc("<get-system-information/>")
                    assert find(reply, "//nc:host-name") == [device.name]

    asyncio.run(scenario())


def test_an_address_that_is_no_device_closes_the_connection() -> None:
    async def scenario() -> None:
        async with Lab(FLEET) as lab:
            reader, writer = await asyncio.open_connection("127.200.0.1", lab.port)
            assert await reader.read() == b""
            writer.close()
            await writer.wait_closed()

    asyncio.run(scenario())


def test_requests_are_answered_in_order_when_they_are_sent_at_once() -> None:
    async def scenario() -> None:
        slow = LabOptions(latency_ms=5, jitter_ms=5)
        async with Lab(FLEET, slow) as lab, session(lab, NPE) as raw:
            for number in range(5):
                await raw.send(f'<rpc message-id="{number}"><get-system-information/></rpc>')
            ids = [etree.fromstring(await raw.receive()).get("message-id") for _ in range(5)]
            assert ids == ["0", "1", "2", "3", "4"]

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("request_", "tag"),
    [
        ("<make-coffee/>", "operation-not-supported"),
        ('<get-configuration format="text"/>', "operation-not-supported"),
        ('<get-configuration database="attic"/>', "invalid-value"),
        ("<get-config><source><startup/></source></get-config>", "operation-not-supported"),
        ('<get-config><filter type="xpath" select="/"/></get-config>', "operation-not-supported"),
        ("<lock/>", "missing-element"),
        ("<edit-config><target><running/></target></edit-config>", "operation-not-supported"),
        ("<edit-config><target><candidate/></target></edit-config>", "missing-element"),
        ("<kill-session><session-id>999999</session-id></kill-session>", "invalid-value"),
        (
            "<commit><confirmed/><confirm-timeout>soon</confirm-timeout></commit>",
            "invalid-value",
        ),
        ("", "missing-element"),
    ],
)
def test_what_is_not_supported_is_an_rpc_error_and_the_session_goes_on(
    request_: str, tag: str
) -> None:
    async def scenario() -> None:
        async with Lab(FLEET) as lab, session(lab, NPE) as raw:
            assert error_tag(await raw.rpc(request_)) == tag
            assert ok(await raw.rpc("<validate><source><candidate/></source></validate>"))

    asyncio.run(scenario())


def test_an_unknown_request_names_the_bad_element_as_junos_does() -> None:
    async def scenario() -> None:
        async with Lab(FLEET) as lab, session(lab, NPE) as raw:
            reply = await raw.rpc("<make-coffee/>")
            assert find(reply, "//nc:bad-element") == ["make-coffee"]
            assert find(reply, "//nc:error-message") == ["syntax error"]

    asyncio.run(scenario())


def test_a_request_that_is_not_xml_is_an_rpc_error() -> None:
    async def scenario() -> None:
        async with Lab(FLEET) as lab, session(lab, NPE) as raw:
            await raw.send("<rpc")
            assert error_tag(etree.fromstring(await raw.receive())) == "malformed-message"
            assert ok(await raw.rpc(CLOSE))

    asyncio.run(scenario())


def test_close_session_ends_the_channel_and_leaves_tcp_to_the_client() -> None:
    async def scenario() -> None:
        async with Lab(FLEET) as lab, connection(lab, NPE) as opened:
            raw = await netconf(opened)
            assert ok(await raw.rpc(CLOSE))
            assert await raw.stdout.read() == b""
            again = await netconf(opened)
            assert ok(await again.rpc(CLOSE))

    asyncio.run(scenario())


def test_kill_session_cuts_another_session_of_the_same_device() -> None:
    async def scenario() -> None:
        async with Lab(FLEET) as lab, session(lab, NPE) as first, session(lab, NPE) as second:
            victim = etree.fromstring(first.hello).findtext("nc:session-id", "", NS)
            kill = f"<kill-session><session-id>{victim}</session-id></kill-session>"
            assert ok(await second.rpc(kill))
            with pytest.raises((asyncssh.Error, asyncio.IncompleteReadError, OSError)):
                async with asyncio.timeout(10):
                    await first.ask(COMMITTED)
            assert error_tag(await second.rpc(kill)) == "invalid-value"

    asyncio.run(scenario())


def test_the_session_after_the_last_one_is_refused_until_one_ends() -> None:
    async def scenario() -> None:
        async with Lab(FLEET, LabOptions(session_limit=2)) as lab, connection(lab, NPE) as opened:
            first, _ = await netconf(opened), await netconf(opened)
            with pytest.raises(asyncssh.ChannelOpenError) as caught:
                await netconf(opened)
            assert caught.value.code == asyncssh.OPEN_RESOURCE_SHORTAGE
            await first.rpc(CLOSE)
            await first.stdout.read()
            assert ok(await (await netconf(opened)).rpc(CLOSE))

    asyncio.run(scenario())


def test_only_the_subsystem_netconf_is_there() -> None:
    async def scenario() -> None:
        async with Lab(FLEET) as lab, connection(lab, NPE) as opened:
            for arguments in ({"subsystem": "sftp"}, {"command": "id"}, {}):
                with pytest.raises(asyncssh.Error):
                    await opened.open_session(**arguments)

    asyncio.run(scenario())


def test_the_key_of_the_inventory_logs_in_and_another_one_does_not() -> None:
    async def scenario() -> None:
        stranger = asyncssh.generate_private_key("ssh-ed25519")
        async with Lab(FLEET) as lab:
            keys = {"password": None, "client_keys": [lab.keys.client]}
            async with connection(lab, NPE, **keys) as opened:
                assert ok(await (await netconf(opened)).rpc(CLOSE))
            for wrong in ({"password": None, "client_keys": [stranger]}, {"password": "x"}):
                with pytest.raises(asyncssh.PermissionDenied):
                    async with connection(lab, NPE, **wrong):
                        pass

    asyncio.run(scenario())


def test_operational_data_lists_ports_that_no_configuration_names() -> None:
    async def scenario() -> None:
        async with Lab(FLEET) as lab, session(lab, NPE) as raw:
            terse = await raw.rpc("<get-interface-information><terse/></get-interface-information>")
            listed = set(find(terse, "//i:physical-interface/i:name"))
            reply = await raw.rpc(COMMITTED)
            configured = set(find(reply, "c:configuration/c:interfaces/c:interface/c:name"))
            assert {"ge-0/3/0", "lo0", "fxp0"} <= listed
            assert configured < listed
            assert set(NPE.truth.uni) <= listed
            assert "lo0.0" in find(terse, "//i:logical-interface/i:name")
            assert "down" in find(terse, "//i:oper-status")
            assert "down" in find(terse, "//i:physical-interface/i:admin-status")

    asyncio.run(scenario())


def test_three_hundred_sessions_are_served_at_the_same_time() -> None:
    fleet = Fleet.generate(devices=300)

    async def visit(lab: Lab, number: int, everybody: asyncio.Barrier) -> None:
        device = fleet.devices[number]
        async with session(lab, device) as raw:
            async with asyncio.timeout(60):
                await everybody.wait()
            reply = await raw.rpc("<get-system-information/>")
            assert find(reply, "//nc:host-name") == [device.name]
            assert ok(await raw.rpc(CLOSE))

    async def scenario() -> None:
        everybody = asyncio.Barrier(300)
        async with Lab(fleet, LabOptions(host_key="ed25519")) as lab:
            async with asyncio.timeout(90), asyncio.TaskGroup() as group:
                for number in range(300):
                    group.create_task(visit(lab, number, everybody))
            statistics = lab.statistics()
            assert statistics["sessions_opened"] == 300
            assert statistics["rpcs"] == {"get-system-information": 300, "close-session": 300}

    asyncio.run(scenario())
