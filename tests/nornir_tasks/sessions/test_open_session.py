"""What `open_session` promises on every engine, beyond the faults that the tasks meet."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from nornir.core import Nornir
from nornir.core.task import Task

from nornir_tasks.errors import ErrorCode, PrestageError
from nornir_tasks.guard import HostGuard, guarding
from nornir_tasks.inventory import load_nornir
from nornir_tasks.lab import Fleet, LabProcess
from nornir_tasks.platforms import get_platform
from nornir_tasks.sessions import open_session
from nornir_tasks.sessions.aio import AsyncsshSession
from nornir_tasks.sessions.opening import NcclientSession
from nornir_tasks.sessions.settings import Engine

pytestmark = pytest.mark.usefixtures("nothing_left")

Make = Callable[..., Nornir]


def selecting(nornir: Nornir, engine: Engine, **extras: Any) -> Nornir:
    options = nornir.inventory.defaults.connection_options["netconf"]
    options.extras = {**(options.extras or {}), "engine": str(engine), **extras}
    return nornir


def run(nornir: Nornir, task: Callable[[Task], Any]) -> Any:
    result = nornir.run(task)["npe-00001"]
    assert not result.failed, result[0].exception
    return result[0].result


def error_of(nornir: Nornir, task: Callable[[Task], Any]) -> PrestageError:
    error = nornir.run(task)["npe-00001"][0].exception
    assert isinstance(error, PrestageError), error
    return error


def read_everything(task: Task) -> int:
    """Read the whole configuration; return how many elements it has."""
    with open_session(task) as session:
        request = get_platform("junos").requests()[0]
        for child in list(request):
            request.remove(child)
        return len(list(session.rpc(request).iter("*")))


@pytest.fixture(scope="module", params=["1.0", "1.1"])
def framed_lab(request: pytest.FixtureRequest) -> Iterator[LabProcess]:
    with LabProcess(Fleet.of({"npe": 1}, seed=3), framing=request.param) as lab:
        yield lab


@pytest.fixture
def nornir(framed_lab: LabProcess, engine: Engine) -> Nornir:
    return selecting(load_nornir(framed_lab.inventory_directory), engine)


def test_the_session_is_on_the_engine_that_the_inventory_names(
    nornir: Nornir, engine: Engine
) -> None:
    def kind(task: Task) -> bool:
        with open_session(task) as session:
            return isinstance(session, NcclientSession)

    assert run(nornir, kind) is (engine is Engine.NCCLIENT)


def test_without_a_word_it_is_asyncssh(framed_lab: LabProcess) -> None:
    def kind(task: Task) -> bool:
        with open_session(task) as session:
            return isinstance(session, AsyncsshSession)

    assert run(load_nornir(framed_lab.inventory_directory), kind)


def test_the_capabilities_are_those_of_the_devices_hello(
    nornir: Nornir, framed_lab: LabProcess
) -> None:
    def ask(task: Task) -> frozenset[str]:
        with open_session(task) as session:
            return session.capabilities

    capabilities = run(nornir, ask)
    assert "urn:ietf:params:netconf:capability:candidate:1.0" in capabilities
    chunked = "urn:ietf:params:netconf:base:1.1" in capabilities
    assert chunked is (framed_lab.options.framing == "1.1")


def test_a_large_configuration_arrives_whole(framed_lab: LabProcess, engine: Engine) -> None:
    """Hundreds of reads, with characters of several bytes cut by some of them."""
    fleet = Fleet.of({"npe": 1}, seed=5, size=1_000_000)
    with LabProcess(fleet, framing=framed_lab.options.framing) as lab:
        nornir = selecting(load_nornir(lab.inventory_directory), engine)
        assert run(nornir, read_everything) > 10_000


def test_a_reply_just_over_the_limit_is_refused_and_one_just_under_it_is_not(
    nornir: Nornir, engine: Engine
) -> None:
    def outcome(limit: int) -> ErrorCode | None:
        result = selecting(nornir, engine, reply_limit=limit).run(read_everything)
        nornir.data.reset_failed_hosts()
        error = result["npe-00001"][0].exception
        assert error is None or isinstance(error, PrestageError)
        return None if error is None else error.code

    refused, accepted = 1_000, 10_000_000
    while accepted - refused > 1:
        middle = (refused + accepted) // 2
        code = outcome(middle)
        assert code in {None, ErrorCode.REPLY_TOO_LARGE}
        refused, accepted = (middle, accepted) if code else (refused, middle)
    assert 4_000 < accepted < 100_000


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa", "rsa"])
def test_every_kind_of_host_key_is_accepted_when_known_and_refused_when_not(
    kind: str, engine: Engine
) -> None:
    fleet = Fleet.of({"npe": 1}, faults={"unknown-host-key": 1, "changed-host-key": 1}, seed=4)
    codes = {}

    def connect(task: Task) -> None:
        try:
            with open_session(task) as session:
                assert "urn:ietf:params:netconf:base:1.0" in session.capabilities
        except PrestageError as error:
            codes[task.host.name] = error.code

    with LabProcess(fleet, host_key=kind) as lab:
        selecting(load_nornir(lab.inventory_directory), engine).run(connect)
        statistics = lab.statistics()
    expected = {d.name: d.truth.error_code for d in fleet if d.truth.error_code}
    assert codes == expected
    # Nobody logged in where the key was not the known one.
    refused = [statistics["devices"].get(name, {}).get("sessions_opened", 0) for name in expected]
    assert refused == [0, 0]


def test_verification_that_is_switched_off_accepts_any_host_key(engine: Engine) -> None:
    with LabProcess(Fleet.of({}, faults={"changed-host-key": 1}, seed=4)) as lab:
        nornir = load_nornir(lab.inventory_directory)
        assert run(selecting(nornir, engine, hostkey_verify=False), read_everything)


def test_a_key_file_is_enough_to_log_in(
    nornir: Nornir, framed_lab: LabProcess, engine: Engine
) -> None:
    nornir.inventory.defaults.password = None
    key = framed_lab.inventory_directory / "client_key"
    assert run(selecting(nornir, engine, key_filename=str(key)), read_everything)


def test_a_session_that_someone_left_open_is_replaced(nornir: Nornir) -> None:
    def task(task: Task) -> bool:
        old = task.host.get_connection("netconf", task.nornir.config)
        with open_session(task):
            return bool(old.connected)

    assert run(nornir, task) is False


def test_a_session_that_was_aborted_ends_with_connection_lost(nornir: Nornir) -> None:
    def task(task: Task) -> None:
        with open_session(task) as session:
            session.abort()
            session.rpc(get_platform("junos").requests()[0])

    assert error_of(nornir, task).code is ErrorCode.CONNECTION_LOST


def test_a_guard_that_is_tripped_already_lets_nothing_be_opened(nornir: Nornir) -> None:
    def task(task: Task) -> None:
        guard = HostGuard()
        guard.trip(ErrorCode.TIMEOUT_DEADLINE, "too late")
        with guarding(guard), open_session(task):
            pytest.fail("opened")

    assert error_of(nornir, task).code is ErrorCode.TIMEOUT_DEADLINE


def test_no_packet_is_sent_to_a_device_that_must_not_be_contacted(
    nornir: Nornir, framed_lab: LabProcess
) -> None:
    def refuse(seconds: float) -> bool:
        raise PrestageError(ErrorCode.ABORTED, "not now")

    def task(task: Task) -> None:
        with guarding(HostGuard(admit=refuse)), open_session(task):
            pytest.fail("opened")

    before = framed_lab.statistics()
    assert error_of(nornir, task).code is ErrorCode.ABORTED
    assert framed_lab.statistics() == before


def test_the_guard_is_let_go_when_the_session_is_closed(nornir: Nornir) -> None:
    def task(task: Task) -> HostGuard:
        with guarding(HostGuard()) as guard, open_session(task):
            assert guard._aborts
        return guard

    assert run(nornir, task)._aborts == []


@pytest.mark.parametrize(
    ("changes", "code", "says"),
    [
        ({"hostname": None}, ErrorCode.INVENTORY, "No address"),
        ({"username": None}, ErrorCode.CREDENTIALS, "user name"),
        ({"password": None}, ErrorCode.CREDENTIALS, "password nor a private key"),
        ({"password": ""}, ErrorCode.CREDENTIALS, "password nor a private key"),
        ({"extras": {"key_filename": "/no/such/key"}}, ErrorCode.CREDENTIALS, "/no/such/key"),
        ({"extras": {"key_filename": __file__}}, ErrorCode.CREDENTIALS, "not a private key"),
        ({"port": 70000}, ErrorCode.INVENTORY, "70000"),
        ({"extras": {"rpc_timeout": 0}}, ErrorCode.INVENTORY, "rpc_timeout"),
        ({"extras": {"engine": "telnet"}}, ErrorCode.INVENTORY, "ncclient or asyncssh"),
        ({"extras": {"engine": ["asyncssh"]}}, ErrorCode.INVENTORY, "ncclient or asyncssh"),
        ({}, ErrorCode.CONNECTION_REFUSED, "refused"),
    ],
)
def test_what_is_wrong_with_the_inventory_is_said_in_a_sentence(
    nornir_of: Make, engine: Engine, changes: dict[str, Any], code: ErrorCode, says: str
) -> None:
    extras = {"engine": str(engine), **changes.get("extras", {})}
    host = {"hostname": "127.0.0.1", "port": 1, "username": "u", "password": "p", **changes}
    host.pop("extras", None)
    host |= {"platform": "junos", "connection_options": {"netconf": {"extras": extras}}}

    def task(task: Task) -> None:
        with open_session(task):
            pytest.fail("opened")

    [result] = nornir_of(pe1=host).run(task).values()
    error = result[0].exception
    assert isinstance(error, PrestageError)
    assert error.code is code
    assert says in error.text
