"""What answers need not be a router, nor SSH; every engine says the same about it."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import asyncssh
import paramiko
import pytest
from nornir.core import Nornir
from nornir.core.task import Task

from nornir_tasks.errors import ErrorCode, PrestageError
from nornir_tasks.sessions import dialing, open_session
from nornir_tasks.sessions.settings import Engine
from tests.nornir_tasks.sessions.gatekeeper import Gatekeeper, gatekeeper

pytestmark = pytest.mark.usefixtures("nothing_left")


@pytest.fixture
def error_at(nornir_of: Callable[..., Nornir], engine: Engine) -> Callable[..., PrestageError]:
    """Open a session at a port of this machine; return what went wrong."""

    def open_one(port: int, hostname: str = "127.0.0.1", **extras: Any) -> PrestageError:
        extras = {"hostkey_verify": False, "connect_timeout": 5, "engine": str(engine), **extras}
        host = {"hostname": hostname, "port": port, "username": "u", "password": "p"}
        host |= {"platform": "junos", "connection_options": {"netconf": {"extras": extras}}}

        def task(task: Task) -> None:
            with open_session(task):
                pytest.fail("opened")

        error = nornir_of(pe1=host).run(task)["pe1"][0].exception
        assert isinstance(error, PrestageError)
        return error

    return open_one


@contextmanager
def saying(data: bytes) -> Iterator[int]:
    """Serve one connection on which some bytes are said; gives the port."""

    def serve() -> None:
        connection, _ = listener.accept()
        with connection, suppress(OSError):  # a client may hang up when it has heard enough
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(4096):
                pass

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(1)
        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1]
        thread.join()


@pytest.mark.parametrize(
    ("data", "code", "says"),
    [
        (b"", ErrorCode.CONNECTION_LOST, "setting up SSH"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", ErrorCode.CONNECTION_LOST, "setting up SSH"),
        (b"<p>hello</p>\r\n" * 2000, ErrorCode.BAD_REPLY, "not an SSH server"),
        (b"SSH-2.0-device\r\n" + b"\xff" * 4096, ErrorCode.BAD_REPLY, "not an SSH server"),
    ],
)
def test_something_that_is_no_ssh_server(
    error_at: Callable[..., PrestageError], data: bytes, code: ErrorCode, says: str
) -> None:
    with saying(data) as port:
        error = error_at(port)
    assert error.code is code
    assert says in error.text


def test_a_device_of_another_age(error_at: Callable[..., PrestageError]) -> None:
    with saying(b"SSH-1.5-device\r\n") as port:
        assert error_at(port).code is ErrorCode.BAD_REPLY


def meet(
    error_at: Callable[..., PrestageError], known_hosts: Path | None = None, **options: Any
) -> PrestageError:
    """Open a session with an SSH server of these options."""

    def visit(port: int) -> PrestageError:
        if known_hosts is None:
            return error_at(port)
        key = options["server_host_keys"][-1].export_public_key().decode()
        known_hosts.write_text(f"[127.0.0.1]:{port} {key}")
        return error_at(port, hostkey_verify=True, known_hosts=str(known_hosts))

    async def serve() -> PrestageError:
        server = await asyncssh.listen("127.0.0.1", 0, **options)
        try:
            return await asyncio.to_thread(visit, server.get_port())
        finally:
            server.close()
            await server.wait_closed()

    return asyncio.run(serve())


@pytest.mark.parametrize("known", ["ssh-rsa", "ecdsa-sha2-nistp256"])
def test_a_device_with_several_host_keys_is_asked_for_the_known_one(
    error_at: Callable[..., PrestageError], tmp_path: Path, known: str
) -> None:
    keys = [asyncssh.generate_private_key(kind) for kind in ("ssh-ed25519", known)]
    error = meet(error_at, tmp_path / "known_hosts", server_host_keys=keys)
    assert error.code is ErrorCode.AUTHENTICATION  # so it was known


def test_a_device_with_which_no_algorithm_is_shared(
    error_at: Callable[..., PrestageError],
) -> None:
    keys = [asyncssh.generate_private_key("ssh-ed25519")]
    error = meet(error_at, server_host_keys=keys, kex_algs=["diffie-hellman-group1-sha1"])
    assert error.code is ErrorCode.BAD_REPLY
    assert "no SSH algorithm in common" in error.text


def test_a_device_that_hangs_up_during_the_login(
    error_at: Callable[..., PrestageError], monkeypatch: pytest.MonkeyPatch
) -> None:
    def hang_up(self: Any, username: str, password: str) -> int:
        threads = [t for t in threading.enumerate() if isinstance(t, paramiko.Transport)]
        next(t for t in threads if t.server_mode).close()
        return int(paramiko.AUTH_FAILED)

    monkeypatch.setattr(Gatekeeper, "check_auth_password", hang_up)
    with gatekeeper(paramiko.ECDSAKey.generate(), "password") as (port, _):
        assert error_at(port).code is ErrorCode.CONNECTION_LOST


def test_a_name_with_several_addresses_is_tried_at_each(
    error_at: Callable[..., PrestageError], monkeypatch: pytest.MonkeyPatch
) -> None:
    def look_up(host: str, port: int) -> list[dialing.Address]:
        addresses = (("127.0.0.1", 1), ("127.0.0.1", port))
        return [(socket.AF_INET, address) for address in addresses]

    monkeypatch.setattr(dialing, "look_up", look_up)
    with saying(b"<p>hello</p>\r\n" * 2000) as port:
        assert error_at(port, "pe1.example").code is ErrorCode.BAD_REPLY


def test_a_name_that_takes_too_long_to_resolve_is_unreachable(
    error_at: Callable[..., PrestageError], monkeypatch: pytest.MonkeyPatch
) -> None:
    answered = threading.Event()

    def hang(host: str, port: int) -> list[dialing.Address]:
        answered.wait(30)
        return []

    monkeypatch.setattr(dialing, "look_up", hang)
    try:
        error = error_at(830, "pe1.example", connect_timeout=0.3)
    finally:
        answered.set()
    assert error.code is ErrorCode.UNREACHABLE
    assert "within 0.3 seconds" in error.text


@pytest.mark.parametrize("host", ["ä" * 80, "a..b", ".", "pe1\x00"])
def test_a_name_that_cannot_be_one_is_unreachable(
    error_at: Callable[..., PrestageError], host: str
) -> None:
    assert error_at(830, host).code is ErrorCode.UNREACHABLE
