"""Every engine with a NETCONF server that is not ours: Debian's netconfd behind OpenSSH."""

import asyncio
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from nornir.core import Nornir
from nornir.core.task import Task

from nornir_tasks import discover_role
from nornir_tasks.errors import ErrorCode, PrestageError
from nornir_tasks.outcome import HostError, outcome_of
from nornir_tasks.sessions import DeviceSession, open_session
from nornir_tasks.sessions.aio import Endpoint, NetconfSession
from nornir_tasks.sessions.settings import Engine
from tests.nornir_tasks.sessions.netconfd import (
    BUILDING,
    PORTS,
    Netconfd,
    missing,
    running_netconfd,
)

REQUIRED = os.environ.get("PRESTAGE_TEST_SERVICES") == "1"

pytestmark = [
    pytest.mark.usefixtures("nothing_left"),
    pytest.mark.skipif(
        bool(missing()) and not REQUIRED, reason=f"not installed: {', '.join(missing())}"
    ),
]

Make = Callable[..., Nornir]

XNM = "{http://xml.juniper.net/xnm/1.1/xnm}"
MONITORING = "urn:ietf:params:xml:ns:yang:ietf-netconf-monitoring"
GET_CONFIG = "<get-config><source><running/></source>%s</get-config>"
FILTERED = GET_CONFIG % (
    '<filter type="subtree"><configuration xmlns="http://xml.juniper.net/xnm/1.1/xnm">'
    "<system/></configuration></filter>"
)
EDIT = (
    "<edit-config><target><candidate/></target><config>"
    '<configuration xmlns="http://xml.juniper.net/xnm/1.1/xnm"><interfaces><interface>'
    "<name>ge-0/0/1</name><unit><name>0</name><vlan-id>%d</vlan-id></unit>"
    "</interface></interfaces></configuration></config></edit-config>"
)
SESSIONS = (
    f'<get><filter type="subtree"><netconf-state xmlns="{MONITORING}"><sessions/></netconf-state>'
    "</filter></get>"
)


@pytest.fixture(scope="module", params=["1.0", "1.1"])
def framing(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def server(framing: str) -> Iterator[Netconfd]:
    assert not missing(), "PRESTAGE_TEST_SERVICES=1 wants netconfd and openssh-server"
    folder = Path(tempfile.mkdtemp(prefix="netconfd-"))
    try:
        with running_netconfd(folder, framing=framing) as server:
            yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def ask(server: Netconfd, nornir_of: Make, engine: Engine) -> Callable[[Any], Any]:
    """Do something with an open session; return what comes of it, or raise it."""

    def run(work: Callable[[DeviceSession], Any]) -> Any:
        def task(task: Task) -> Any:
            with open_session(task) as session:
                return work(session)

        [result] = nornir_of(pe1=server.host(engine=str(engine))).run(task).values()
        if result[0].exception is not None:
            raise result[0].exception
        return result[0].result

    return run


Ask = Callable[[Callable[[DeviceSession], Any]], Any]


def rpc(session: DeviceSession, text: str) -> etree._Element:
    return session.rpc(etree.fromstring(text))


def test_its_hello_is_understood(ask: Ask, framing: str) -> None:
    capabilities = ask(lambda session: session.capabilities)
    assert "urn:ietf:params:netconf:capability:candidate:1.0" in capabilities
    assert ("urn:ietf:params:netconf:base:1.1" in capabilities) is (framing == "1.1")


def test_a_filter_selects_and_every_character_arrives(ask: Ask) -> None:
    reply = ask(lambda session: rpc(session, FILTERED))
    assert reply.findtext(f".//{XNM}host-name") == "pe1"
    assert reply.findtext(f".//{XNM}building") == BUILDING
    assert reply.find(f".//{XNM}interface") is None


def test_a_large_configuration_arrives_whole(ask: Ask) -> None:
    reply = ask(lambda session: rpc(session, GET_CONFIG % ""))
    found = {element.text for element in reply.iter(f"{XNM}description")}
    assert found == {f"to customer {number} → Ω" for number in range(PORTS)}


def test_an_error_is_told_and_the_session_goes_on(ask: Ask) -> None:
    def err_and_go_on(session: DeviceSession) -> str:
        with pytest.raises(PrestageError) as caught:
            rpc(session, EDIT % 5000)
        assert caught.value.code is ErrorCode.RPC_ERROR
        assert rpc(session, FILTERED) is not None
        return caught.value.text

    assert "range" in ask(err_and_go_on)


def test_a_device_that_does_not_know_our_request_fails_with_its_words(
    server: Netconfd, nornir_of: Make, engine: Engine
) -> None:
    nornir = nornir_of(pe1=server.host(engine=str(engine)) | {"platform": "junos"})
    outcome = outcome_of("pe1", nornir.run(discover_role)["pe1"])
    assert isinstance(outcome, HostError)
    assert outcome.code is ErrorCode.RPC_ERROR


def test_the_server_knows_that_a_session_was_closed(ask: Ask) -> None:
    def open_now(session: DeviceSession) -> int:
        return len(list(rpc(session, SESSIONS).iter(f"{{{MONITORING}}}session")))

    assert [ask(open_now) for _ in range(3)] == [1, 1, 1]


def test_its_notifications_arrive(server: Netconfd, nornir_of: Make) -> None:
    async def follow(endpoint: Endpoint) -> str:
        told: asyncio.Queue[etree._Element] = asyncio.Queue()
        subscriber, editor = NetconfSession(endpoint), NetconfSession(endpoint)
        try:
            await subscriber.connect()
            await editor.connect()
            await subscriber.subscribe(told.put_nowait)
            await editor.rpc(etree.fromstring(EDIT % 17))
            await editor.rpc(etree.Element("commit"))
            async with asyncio.timeout(10):
                while (changed := (await told.get()).find(".//{*}netconf-config-change")) is None:
                    pass
            return str(changed.findtext(".//{*}username"))
        finally:
            await editor.close()
            await subscriber.close()

    host = nornir_of(pe1=server.host()).inventory.hosts["pe1"]
    assert asyncio.run(follow(Endpoint.of(host))) == host.username
