"""What is sent to a device to log in, on every engine, and in which order."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import paramiko
import pytest
from nornir.core import Nornir
from nornir.core.task import Task

from nornir_tasks.errors import ErrorCode, PrestageError
from nornir_tasks.sessions import open_session
from nornir_tasks.sessions.aio import options
from nornir_tasks.sessions.settings import Engine
from tests.nornir_tasks.sessions.gatekeeper import gatekeeper

pytestmark = pytest.mark.usefixtures("nothing_left")

Login = Callable[..., PrestageError]

PASS_PHRASE = "op3n s3same"


@pytest.fixture(scope="module")
def host_key() -> Any:
    return paramiko.ECDSAKey.generate()


@pytest.fixture(scope="module")
def client_key() -> Any:
    return paramiko.RSAKey.generate(2048)


@pytest.fixture
def log_in(
    nornir_of: Callable[..., Nornir], host_key: Any, tmp_path: Path, engine: Engine
) -> Login:
    """Log in at a port; return the error that it ends with, because nobody has NETCONF there."""

    def try_it(port: int, password: str | None, **extras: Any) -> PrestageError:
        known_hosts = tmp_path / "known_hosts"
        known_hosts.write_text(
            f"[127.0.0.1]:{port} {host_key.get_name()} {host_key.get_base64()}\n"
        )
        extras |= {"known_hosts": str(known_hosts), "engine": str(engine)}
        host = {"hostname": "127.0.0.1", "port": port, "username": "u", "password": password}
        host |= {"platform": "junos", "connection_options": {"netconf": {"extras": extras}}}

        def task(task: Task) -> None:
            with open_session(task):
                pytest.fail("opened")

        error = nornir_of(pe1=host).run(task)["pe1"][0].exception
        assert isinstance(error, PrestageError)
        return error

    return try_it


def in_file(key: Any, path: Path, pass_phrase: str | None = None) -> str:
    key.write_private_key_file(str(path), password=pass_phrase)
    return str(path)


def let_in(error: PrestageError) -> bool:
    return error.code is ErrorCode.CONNECTION_REFUSED and "NETCONF subsystem" in error.text


def test_the_password_is_sent_once(log_in: Login, host_key: Any) -> None:
    with gatekeeper(host_key, "password,keyboard-interactive") as (port, attempts):
        error = log_in(port, "wr0ng")
    assert attempts == [("password", "wr0ng")]
    assert error.code is ErrorCode.AUTHENTICATION
    assert error.text == "The device rejected the login of u with this password."


def test_a_device_that_asks_questions_is_told_the_password(log_in: Login, host_key: Any) -> None:
    with gatekeeper(host_key, "keyboard-interactive", "s3cret") as (port, attempts):
        error = log_in(port, "s3cret")
    assert attempts == [("password", "s3cret"), ("keyboard-interactive", "s3cret")]
    assert let_in(error)


def test_questions_are_not_answered_with_a_password_that_was_refused(
    log_in: Login, host_key: Any
) -> None:
    """A second attempt could lock the account."""
    with gatekeeper(host_key, "keyboard-interactive,password", "s3cret") as (port, attempts):
        assert log_in(port, "wr0ng").code is ErrorCode.AUTHENTICATION
    assert attempts == [("password", "wr0ng")]


def test_nothing_is_tried_only_to_learn_what_the_device_takes(log_in: Login, host_key: Any) -> None:
    with gatekeeper(host_key, "password", "s3cret") as (port, attempts):
        assert let_in(log_in(port, "s3cret"))
    assert attempts == [("password", "s3cret")]


def test_a_password_is_sent_as_it_is(log_in: Login, host_key: Any) -> None:
    """RFC 4013 would make another one of it, and refuse the last character."""
    password = "pässwörd ﬃ \u00a0 ②\x07"
    with gatekeeper(host_key, "password", password) as (port, _):
        assert let_in(log_in(port, password))


def test_the_key_goes_first_and_then_the_password(
    log_in: Login, host_key: Any, client_key: Any, tmp_path: Path
) -> None:
    key = in_file(client_key, tmp_path / "key")
    with gatekeeper(host_key, "publickey,password", "s3cret") as (port, attempts):
        assert let_in(log_in(port, "s3cret", key_filename=key))
    assert attempts == [("publickey", "ssh-rsa"), ("password", "s3cret")]


def test_the_pass_phrase_of_a_key_is_not_sent_as_a_password(
    log_in: Login, host_key: Any, client_key: Any, tmp_path: Path
) -> None:
    key = in_file(client_key, tmp_path / "key", PASS_PHRASE)
    with gatekeeper(host_key, "publickey,password,keyboard-interactive") as (port, attempts):
        error = log_in(port, PASS_PHRASE, key_filename=key)
    assert attempts == [("publickey", "ssh-rsa")]
    assert error.code is ErrorCode.AUTHENTICATION
    assert error.text == "The device rejected the login of u with this key."
    with gatekeeper(host_key, "publickey", client_key.asbytes()) as (port, _):
        assert let_in(log_in(port, PASS_PHRASE, key_filename=key))


def test_keys_lying_about_are_not_tried_unless_asked_for(
    log_in: Login,
    host_key: Any,
    client_key: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".ssh").mkdir()
    in_file(client_key, tmp_path / ".ssh" / "id_rsa")
    (tmp_path / ".ssh" / "config").write_text("Host *\n  Ciphers none\n")
    options._shared.cache_clear()  # made again, in this home
    with gatekeeper(host_key, "publickey,password", "s3cret") as (port, attempts):
        assert let_in(log_in(port, "s3cret"))
    assert attempts == [("password", "s3cret")]
    with gatekeeper(host_key, "publickey", client_key.asbytes()) as (port, _):
        assert let_in(log_in(port, None, look_for_keys=True))


@pytest.fixture
def agent(client_key: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An SSH agent that holds the client's key."""
    path = str(tmp_path / "agent")
    process = subprocess.Popen(["ssh-agent", "-D", "-a", path], stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        process.stdout.readline()  # it listens
        monkeypatch.setenv("SSH_AUTH_SOCK", path)
        key = in_file(client_key, tmp_path / "key")
        subprocess.run(["ssh-add", "-q", key], check=True, env=dict(os.environ))
        yield
    finally:
        process.terminate()
        process.communicate()


@pytest.mark.skipif(shutil.which("ssh-agent") is None, reason="OpenSSH's ssh-agent is missing")
@pytest.mark.usefixtures("agent")
def test_the_agents_keys_are_used_when_asked_for(
    log_in: Login, host_key: Any, client_key: Any
) -> None:
    with gatekeeper(host_key, "publickey,password", "s3cret") as (port, attempts):
        assert let_in(log_in(port, "s3cret"))
    assert attempts == [("password", "s3cret")]
    with gatekeeper(host_key, "publickey", client_key.asbytes()) as (port, _):
        assert let_in(log_in(port, None, allow_agent=True))


def test_an_agent_that_is_not_there_is_no_means_to_log_in(
    log_in: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    assert log_in(1, None, allow_agent=True).code is ErrorCode.CREDENTIALS
