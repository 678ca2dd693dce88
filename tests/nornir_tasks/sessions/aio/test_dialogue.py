"""What is said in a session, and what is made of what should not have been said."""

import asyncio
from collections.abc import Iterator

import pytest
from lxml import etree

from nornir_tasks.errors import ErrorCode, PrestageError
from nornir_tasks.lab import Fleet, LabProcess
from nornir_tasks.sessions.aio import Endpoint, NetconfSession
from nornir_tasks.sessions.messages import build_request
from tests.nornir_tasks.sessions.aio.endpoints import endpoints
from tests.nornir_tasks.sessions.aio.speaker import speaking

pytestmark = pytest.mark.usefixtures("nothing_left")

REQUEST = etree.Element("get-system-information")
OK = b'<rpc-reply message-id="ID"><ok/></rpc-reply>'
END = b"]]>]]>"


@pytest.fixture(scope="module", params=["1.0", "1.1"])
def lab_of_one(request: pytest.FixtureRequest) -> Iterator[LabProcess]:
    with LabProcess(Fleet.of({"npe": 1}), framing=request.param) as lab:
        yield lab


def test_what_a_device_says_on_standard_error_is_no_netconf() -> None:
    async def ask() -> etree._Element:
        async with speaking(OK + END, noise=b"warning: disk almost full\n") as endpoint:
            session = NetconfSession(endpoint)
            await session.connect()
            reply = await session.rpc(REQUEST)
            await session.close()
            return reply

    assert asyncio.run(ask())[0].tag == "ok"


@pytest.mark.parametrize(
    ("hello", "code"),
    [
        ("<rpc-reply/>]]>]]>", ErrorCode.BAD_REPLY),
        ("<hello>]]>]]>", ErrorCode.BAD_REPLY),
        ("x" * 100 + "]]>]]>", ErrorCode.BAD_REPLY),
        ("<hello>" + " " * 2_000_000, ErrorCode.REPLY_TOO_LARGE),
    ],
)
def test_a_hello_is_hostile_input(hello: str, code: ErrorCode) -> None:
    async def greet() -> None:
        async with speaking(b"", hello=hello) as endpoint:
            await NetconfSession(endpoint).connect()

    with pytest.raises(PrestageError) as caught:
        asyncio.run(greet())
    assert caught.value.code is code


def test_a_reply_that_comes_too_late_is_dropped_and_the_next_one_is_not(
    lab_of_one: LabProcess,
) -> None:
    async def ask(endpoint: Endpoint) -> None:
        session = NetconfSession(endpoint)
        await session.connect()
        with pytest.raises(PrestageError) as caught:
            await session.exchange("late", build_request(REQUEST, "late"), 0.000001)
        assert caught.value.code is ErrorCode.TIMEOUT_RPC
        await session.rpc(REQUEST)
        await session.close()

    asyncio.run(ask(endpoints(lab_of_one)["npe-00001"]))


@pytest.mark.parametrize(
    "start",
    [
        b'<rpc-reply message-id="ID">',
        b'\n<?xml version="1.0" encoding="UTF-8"?>\n<rpc-reply xmlns:a="b" message-id="ID" c="d">',
        b"<rpc-reply message-id='ID'>",
        b'<rpc-reply a="\n>" message-id="ID">',
        b'<!-- a comment --><rpc-reply\tmessage-id="ID">',
        b'<?xml version="1.0"?><?pi?><rpc-reply message-id = "ID">',
    ],
)
def test_a_reply_finds_who_waits_for_it_however_it_begins(start: bytes) -> None:
    async def ask() -> etree._Element:
        async with speaking(start + b"<ok/></rpc-reply>" + END) as endpoint:
            session = NetconfSession(endpoint)
            await session.connect()
            reply = await session.rpc(REQUEST)
            await session.close()
            return reply

    assert asyncio.run(ask())[0].tag == "ok"
