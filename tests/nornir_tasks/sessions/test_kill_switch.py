"""A session ends at once in every phase when it is cut off, and leaves nothing behind."""

import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import paramiko
import pytest
from nornir.core import Nornir

from nornir_tasks import CancelToken, PrestageRunner, discover_role
from nornir_tasks.errors import ErrorCode
from nornir_tasks.lab import Fleet
from nornir_tasks.outcome import HostError, outcome_of
from nornir_tasks.sessions import dialing
from nornir_tasks.sessions.settings import Engine
from tests.nornir_tasks.sessions.stalling import PHASES, REFUSED, stalling_server

pytestmark = pytest.mark.usefixtures("nothing_left")

Make = Callable[..., Nornir]


@pytest.fixture(scope="module")
def host_key() -> Any:
    return paramiko.ECDSAKey.generate()


@pytest.fixture
def stalled(
    request: pytest.FixtureRequest,
    nornir_of: Make,
    host_key: Any,
    tmp_path: Path,
    engine: Engine,
) -> Iterator[Callable[[float], Nornir]]:
    """One device that stalls in the phase that the test names."""
    with stalling_server(request.param, host_key) as port:
        known_hosts = tmp_path / "known_hosts"
        known_hosts.write_text(
            f"[127.0.0.1]:{port} {host_key.get_name()} {host_key.get_base64()}\n"
        )

        def make(timeout: float) -> Nornir:
            extras = {
                "known_hosts": str(known_hosts),
                "connect_timeout": timeout,
                "engine": str(engine),
            }
            return nornir_of(
                pe1={
                    "hostname": "127.0.0.1",
                    "port": port,
                    "username": "u",
                    "password": "p4ssw0rd",
                    "platform": "junos",
                    "connection_options": {"netconf": {"extras": extras}},
                }
            )

        yield make


def code_after_force(nornir: Nornir) -> ErrorCode:
    token = CancelToken()
    runner = PrestageRunner(cancel=token, on_tick=token.force, tick=0.4)
    [(name, result)] = nornir.with_runner(runner).run(discover_role).items()
    outcome = outcome_of(name, result)
    assert isinstance(outcome, HostError)
    return outcome.code


@pytest.mark.parametrize("stalled", PHASES, indirect=True)
def test_force_ends_a_device_that_stalls_while_connecting(
    stalled: Callable[[float], Nornir],
) -> None:
    assert code_after_force(stalled(60)) is ErrorCode.ABORTED


@pytest.mark.parametrize("stalled", PHASES, indirect=True)
def test_without_force_every_phase_of_connecting_ends_by_itself(
    stalled: Callable[[float], Nornir],
) -> None:
    nornir = stalled(0.7)
    results = nornir.with_runner(PrestageRunner()).run(discover_role)
    outcome = outcome_of("pe1", results["pe1"])
    assert isinstance(outcome, HostError)
    assert outcome.code is ErrorCode.TIMEOUT_CONNECT


@pytest.mark.parametrize("stalled", [REFUSED], indirect=True)
def test_a_device_without_netconf_refuses_the_connection(
    stalled: Callable[[float], Nornir],
) -> None:
    outcome = outcome_of("pe1", stalled(5).run(discover_role)["pe1"])
    assert isinstance(outcome, HostError)
    assert outcome.code is ErrorCode.CONNECTION_REFUSED
    assert "NETCONF subsystem" in outcome.text


@pytest.mark.parametrize("fault", ["no-banner", "no-hello", "hang-rpc", "oversized-reply"])
def test_force_ends_a_device_that_stalls_or_never_ends_in_netconf(
    lab_nornir: Make, fleet: Fleet, fault: str
) -> None:
    name = next(device.name for device in fleet if device.fault == fault)
    nornir = lab_nornir(name, connect_timeout=60, rpc_timeout=60, reply_limit=10**12)
    assert code_after_force(nornir) is ErrorCode.ABORTED


def named(host: str, engine: Engine) -> dict[str, Any]:
    return {
        "hostname": host,
        "username": "u",
        "password": "p",
        "platform": "junos",
        "connection_options": {"netconf": {"extras": {"engine": str(engine)}}},
    }


def test_force_ends_a_name_lookup_that_hangs(
    nornir_of: Make, monkeypatch: pytest.MonkeyPatch, engine: Engine
) -> None:
    answered = threading.Event()

    def hang(host: str, port: int) -> list[dialing.Address]:
        answered.wait(30)
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(dialing, "look_up", hang)
    nornir = nornir_of(pe1=named("pe1.example", engine))
    try:
        assert code_after_force(nornir) is ErrorCode.ABORTED
    finally:
        answered.set()


def test_a_name_that_does_not_resolve_is_unreachable(nornir_of: Make, engine: Engine) -> None:
    nornir = nornir_of(pe1=named("no-such.invalid", engine))
    outcome = outcome_of("pe1", nornir.run(discover_role)["pe1"])
    assert isinstance(outcome, HostError)
    assert outcome.code is ErrorCode.UNREACHABLE


def test_many_devices_are_cut_off_together(lab_nornir: Make, fleet: Fleet) -> None:
    names = [d.name for d in fleet if d.fault in {"no-banner", "no-hello", "hang-rpc"}]
    token = CancelToken()
    runner = PrestageRunner(cancel=token, on_tick=token.force, tick=0.5)
    nornir = lab_nornir(*names, connect_timeout=60, rpc_timeout=60)
    results = nornir.with_runner(runner).run(discover_role)
    outcomes = [outcome_of(name, results[name]) for name in names]
    assert [o.code for o in outcomes if isinstance(o, HostError)] == [ErrorCode.ABORTED] * 3
