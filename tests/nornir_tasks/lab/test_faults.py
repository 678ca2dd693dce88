"""Each fault, seen from the wire: what the device does, not what our own client makes of it."""

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable

import asyncssh
import pytest
from lxml import etree

from nornir_tasks.lab import FAULTS, Fleet, Lab, LabOptions
from nornir_tasks.lab.keys import LabKeys

from .client import CLOSE, COMMITTED, connection, error_tag, find, netconf, ok, session

FLEET = Fleet.of({"npe": 1}, faults=dict.fromkeys(FAULTS, 1))
SICK = {device.fault: device for device in FLEET if device.fault}
PATIENCE = 0.3

Scenario = Callable[[Lab], Awaitable[None]]


def run(scenario: Scenario, **options: str) -> None:
    async def body() -> None:
        async with Lab(FLEET, LabOptions(**options)) as lab:  # type: ignore[arg-type]
            await scenario(lab)

    asyncio.run(body())


def test_refuses_means_that_nothing_listens_on_the_inventorys_port() -> None:
    async def scenario(lab: Lab) -> None:
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(*lab.endpoint(SICK["refuses"]))

    run(scenario)


def test_no_banner_accepts_tcp_and_is_silent() -> None:
    async def scenario(lab: Lab) -> None:
        reader, writer = await asyncio.open_connection(*lab.endpoint(SICK["no-banner"]))
        writer.write(b"SSH-2.0-client\r\n")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                await reader.read(1)
        writer.close()
        await writer.wait_closed()

    run(scenario)


def test_no_hello_opens_the_subsystem_and_is_silent() -> None:
    async def scenario(lab: Lab) -> None:
        async with connection(lab, SICK["no-hello"]) as opened:
            _, stdout, _ = await opened.open_session(subsystem="netconf", encoding=None)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(PATIENCE):
                    await stdout.read(1)

    run(scenario)


def test_hang_rpc_says_hello_and_answers_nothing() -> None:
    async def scenario(lab: Lab) -> None:
        async with session(lab, SICK["hang-rpc"]) as raw:
            await raw.send(f'<rpc message-id="1">{CLOSE}</rpc>')
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(PATIENCE):
                    await raw.stdout.read(1)

    run(scenario)


def test_wrong_password_refuses_the_right_password_and_the_right_key() -> None:
    async def scenario(lab: Lab) -> None:
        for credentials in ({}, {"password": None, "client_keys": [lab.keys.client]}):
            with pytest.raises(asyncssh.PermissionDenied):
                async with connection(lab, SICK["wrong-password"], **credentials):
                    pass

    run(scenario)


@pytest.mark.parametrize("host_key", ["ed25519", "ecdsa", "rsa", "mixed"])
def test_a_changed_host_key_is_another_one_of_the_same_type(host_key: str) -> None:
    async def scenario(lab: Lab) -> None:
        for device in (SICK["changed-host-key"], FLEET.devices[0]):
            async with connection(lab, device) as opened:
                presented = opened.get_server_host_key()
            assert presented is not None
            address, port = lab.endpoint(device)
            _, algorithm, blob = lab.keys.known_line(device, address, port).split()
            exported = presented.export_public_key().decode().split()
            assert exported[0] == algorithm
            assert (exported[1] == blob) == (device.fault is None)

    run(scenario, host_key=host_key)


def test_neighbours_have_different_host_keys_of_every_type() -> None:
    fleet = Fleet.of({"npe": 8})
    keys = LabKeys.generate("mixed")
    lines = [keys.known_line(device, device.address, 1).split() for device in fleet]
    assert {algorithm for _, algorithm, _ in lines} == {
        "ssh-ed25519",
        "ecdsa-sha2-nistp256",
        "ssh-rsa",
    }
    assert len({blob for _, _, blob in lines}) == 8


def test_session_limit_lets_log_in_and_refuses_the_channel() -> None:
    async def scenario(lab: Lab) -> None:
        async with connection(lab, SICK["session-limit"]) as opened:
            with pytest.raises(asyncssh.ChannelOpenError) as caught:
                await netconf(opened)
            assert caught.value.code == asyncssh.OPEN_RESOURCE_SHORTAGE

    run(scenario)


def test_drop_after_auth_cuts_the_connection_before_the_channel_opens() -> None:
    async def scenario(lab: Lab) -> None:
        async with connection(lab, SICK["drop-after-auth"]) as opened:
            with pytest.raises((asyncssh.ConnectionLost, asyncssh.ChannelOpenError)) as caught:
                await netconf(opened)
            assert "resource" not in str(caught.value).lower()
            await opened.wait_closed()

    run(scenario)


def test_rpc_error_denies_the_configuration_and_nothing_else() -> None:
    async def scenario(lab: Lab) -> None:
        async with session(lab, SICK["rpc-error"]) as raw:
            reply = await raw.rpc(COMMITTED)
            assert error_tag(reply) == "access-denied"
            assert "permission denied" in " ".join(find(reply, "//nc:error-message"))
            assert ok(await raw.rpc(CLOSE))

    run(scenario)


def test_a_truncated_reply_is_a_whole_frame_with_half_the_xml() -> None:
    async def scenario(lab: Lab) -> None:
        async with session(lab, SICK["truncated-reply"]) as raw:
            data = await raw.ask(COMMITTED)
            assert data.startswith(b"<rpc-reply")
            with pytest.raises(etree.XMLSyntaxError):
                etree.fromstring(data)
            assert ok(await raw.rpc(CLOSE))

    run(scenario)


def test_not_xml_is_a_whole_frame_without_any_xml() -> None:
    async def scenario(lab: Lab) -> None:
        async with session(lab, SICK["not-xml"]) as raw:
            assert b"<" not in await raw.ask(COMMITTED)

    run(scenario)


def test_an_entity_bomb_nests_entities_in_a_document_type() -> None:
    async def scenario(lab: Lab) -> None:
        async with session(lab, SICK["entity-bomb"]) as raw:
            data = await raw.ask(COMMITTED)
            assert b"<!DOCTYPE" in data
            assert data.count(b"<!ENTITY") > 10
            assert b"</rpc-reply>" in data

    run(scenario)


@pytest.mark.parametrize("framing", ["1.0", "1.1"])
def test_an_oversized_reply_goes_on_until_the_client_hangs_up(framing: str) -> None:
    async def scenario(lab: Lab) -> None:
        device = SICK["oversized-reply"]
        async with connection(lab, device) as opened:
            raw = await netconf(opened, chunked=framing == "1.1")
            await raw.send(f'<rpc message-id="1">{COMMITTED}</rpc>')
            received = 0
            while received < 4_000_000:
                received += len(await raw.stdout.read(65536))
        async with asyncio.timeout(10):
            while lab.statistics()["sessions_open"]:  # noqa: ASYNC110 - nothing signals it
                await asyncio.sleep(0.01)
        reads = lab.statistics()["devices"][device.name]["reads"]
        assert [read["ended"] for read in reads] == [None]

    run(scenario, framing=framing)


def test_closes_mid_reply_sends_the_beginning_and_cuts_the_connection() -> None:
    async def scenario(lab: Lab) -> None:
        async with session(lab, SICK["closes-mid-reply"]) as raw:
            await raw.send(f'<rpc message-id="1">{COMMITTED}</rpc>')
            received = b""
            with pytest.raises((asyncssh.Error, OSError)):  # noqa: PT012 - reads until it breaks
                while True:
                    part = await raw.stdout.read(65536)
                    if not part:
                        raise asyncssh.ConnectionLost("end of file")
                    received += part
            assert received.startswith(b"<rpc-reply")
            assert b"]]>]]>" not in received

    run(scenario)


def test_faults_of_reading_leave_other_requests_alone() -> None:
    async def scenario(lab: Lab) -> None:
        for fault in ("rpc-error", "truncated-reply", "not-xml", "entity-bomb", "oversized-reply"):
            async with session(lab, SICK[fault]) as raw:
                reply = await raw.rpc("<get-system-information/>")
                assert error_tag(reply) == ""

    run(scenario)


def test_a_peer_from_elsewhere_is_not_served() -> None:
    own = _own_address()
    if own is None:
        pytest.skip("this machine has no address but loopback")

    async def scenario(lab: Lab) -> None:
        dialled = FLEET.devices[0].address
        for address, source in ((own, None), (dialled, (own, 0))):
            reader, writer = await asyncio.open_connection(address, lab.port, local_addr=source)
            with contextlib.suppress(ConnectionResetError):
                assert await reader.read() == b""
            writer.close()
            with contextlib.suppress(ConnectionResetError):
                await writer.wait_closed()

    run(scenario)


def _own_address() -> str | None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return None
        address: str = probe.getsockname()[0]
    return None if address.startswith("127.") else address
