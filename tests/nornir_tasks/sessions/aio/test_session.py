"""Sessions as coroutines, and many of them on the process's one loop."""

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import paramiko
import pytest
from lxml import etree

from nornir_tasks.errors import ErrorCode, PrestageError
from nornir_tasks.lab import Fleet, LabProcess
from nornir_tasks.sessions.aio import AsyncsshSession, Endpoint, NetconfSession
from nornir_tasks.sessions.aio.login import Login
from nornir_tasks.sessions.credentials import Credentials
from nornir_tasks.sessions.host_keys import HostKeyPolicy
from nornir_tasks.sessions.settings import SessionSettings
from tests.nornir_tasks.sessions.aio.endpoints import endpoints
from tests.nornir_tasks.sessions.stalling import PHASES, stalling_server

pytestmark = pytest.mark.usefixtures("nothing_left")

MANY = 200
REQUEST = etree.Element("get-system-information")


@pytest.fixture(scope="module")
def many() -> Iterator[LabProcess]:
    with LabProcess(Fleet.of({"npe": MANY}), framing="mixed", host_key="ed25519") as lab:
        yield lab


def host_name(reply: etree._Element) -> str:
    return str(reply.findtext(".//{*}host-name"))


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def settled(count: int) -> int:
    """Return the number of descriptors, once it is `count` or will not become it any more."""
    give_up = time.monotonic() + 5
    while descriptors() != count and time.monotonic() < give_up:
        time.sleep(0.01)
    return descriptors()


def test_many_sessions_at_once_need_no_thread_and_one_descriptor_each(many: LabProcess) -> None:
    devices = endpoints(many)
    with closing(AsyncsshSession.open(devices["npe-00001"])):
        pass  # what is made once per process is made now
    threads, before = threading.active_count(), settled(descriptors())
    with ExitStack() as stack:
        sessions = {
            name: stack.enter_context(closing(AsyncsshSession.open(device)))
            for name, device in devices.items()
        }
        assert threading.active_count() == threads
        assert descriptors() == before + MANY
        for name, session in sessions.items():
            assert host_name(session.rpc(REQUEST)) == name
    assert threading.active_count() == threads
    assert settled(before) == before


def test_a_session_is_a_coroutine_from_the_first_packet_to_the_last(many: LabProcess) -> None:
    async def ask(endpoint: Endpoint) -> str:
        session = NetconfSession(endpoint)
        await session.connect()
        try:
            return host_name(await session.rpc(REQUEST))
        finally:
            await session.close()

    async def ask_all() -> list[str]:
        names = await asyncio.gather(*map(ask, devices.values()))
        assert asyncio.all_tasks() == {asyncio.current_task()}
        return names

    devices = endpoints(many)
    assert asyncio.run(ask_all()) == list(devices)


def test_requests_of_one_session_may_overlap(many: LabProcess) -> None:
    async def ask_twice(endpoint: Endpoint) -> None:
        session = NetconfSession(endpoint)
        await session.connect()
        configuration = etree.Element("get-configuration", database="committed")
        first, second = await asyncio.gather(session.rpc(configuration), session.rpc(REQUEST))
        await session.close()
        assert first.find(".//{*}configuration") is not None
        assert host_name(second) == "npe-00001"

    asyncio.run(ask_twice(endpoints(many)["npe-00001"]))


@pytest.mark.parametrize("phase", PHASES)
def test_a_caller_that_is_cancelled_while_connecting_leaves_nothing(phase: str) -> None:
    async def give_up(endpoint: Endpoint) -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await NetconfSession(endpoint).connect()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    with stalling_server(phase, paramiko.ECDSAKey.generate()) as port:
        asyncio.run(give_up(anybody_at(port)))


@pytest.mark.parametrize("phase", PHASES)
def test_an_abort_while_connecting_is_an_error_and_not_a_cancellation(phase: str) -> None:
    async def abort(endpoint: Endpoint) -> None:
        session = NetconfSession(endpoint)
        asyncio.get_running_loop().call_later(0.3, session.abort)
        with pytest.raises(PrestageError) as caught:
            await session.connect()
        assert caught.value.code is ErrorCode.CONNECTION_LOST
        assert asyncio.all_tasks() == {asyncio.current_task()}

    with stalling_server(phase, paramiko.ECDSAKey.generate()) as port:
        asyncio.run(abort(anybody_at(port)))


def test_a_session_that_was_aborted_or_closed_answers_nothing_more(many: LabProcess) -> None:
    async def end(endpoint: Endpoint) -> None:
        for politely in (True, False):
            session = NetconfSession(endpoint)
            await session.connect()
            waiting = asyncio.create_task(session.over())
            await asyncio.sleep(0)
            if politely:
                await session.close()
            else:
                session.abort()
            assert (await waiting).code is ErrorCode.CONNECTION_LOST
            with pytest.raises(PrestageError) as caught:
                await session.rpc(REQUEST)
            assert caught.value.code is ErrorCode.CONNECTION_LOST
            await session.close()

    asyncio.run(end(endpoints(many)["npe-00001"]))


def test_the_connection_ends_although_a_forked_process_holds_its_socket(many: LabProcess) -> None:
    async def open_and_abort(endpoint: Endpoint) -> bytes:
        session = NetconfSession(endpoint)
        await session.connect()
        _, login = session._connected()
        assert login._line is not None
        with login._line.dup() as inherited:
            session.abort()
            await login.gone()
            inherited.settimeout(5)
            return inherited.recv(1)

    assert asyncio.run(open_and_abort(endpoints(many)["npe-00001"])) == b""


def test_a_connection_lost_in_the_very_moment_of_the_login_is_not_a_refused_channel(
    many: LabProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    finish = Login.finish

    async def finish_and_lose(self: Login) -> None:
        await finish(self)
        self.connection.abort()

    monkeypatch.setattr(Login, "finish", finish_and_lose)
    with pytest.raises(PrestageError) as caught:
        asyncio.run(NetconfSession(endpoints(many)["npe-00001"]).connect())
    assert caught.value.code is ErrorCode.CONNECTION_LOST


def test_a_session_that_was_never_opened_says_so() -> None:
    async def ask() -> None:
        session = NetconfSession(anybody_at(1))
        assert session.capabilities == frozenset()
        with pytest.raises(PrestageError, match="never opened"):
            await session.rpc(REQUEST)
        await session.close()

    asyncio.run(ask())


def test_the_cheap_algorithms_are_chosen(many: LabProcess) -> None:
    async def ciphers(endpoint: Endpoint) -> tuple[str, str]:
        session = NetconfSession(endpoint)
        await session.connect()
        _, login = session._connected()
        found = login.connection.get_extra_info("send_cipher")
        kex = login.connection._kex_algs[0].decode()
        await session.close()
        return found, kex

    chosen = asyncio.run(ciphers(endpoints(many)["npe-00001"]))
    assert chosen == ("aes128-gcm@openssh.com", "curve25519-sha256")


def test_nothing_secret_is_in_the_repr_of_an_endpoint(many: LabProcess) -> None:
    for endpoint in endpoints(many).values():
        assert endpoint.credentials.password is not None
        assert endpoint.credentials.password not in repr(endpoint)


def anybody_at(port: int) -> Endpoint:
    settings = SessionSettings(hostkey_verify=False, connect_timeout=60)
    return Endpoint(
        host="127.0.0.1",
        port=port,
        credentials=Credentials("u", "p4ssw0rd"),
        policy=HostKeyPolicy("127.0.0.1", port, settings),
        settings=settings,
    )
