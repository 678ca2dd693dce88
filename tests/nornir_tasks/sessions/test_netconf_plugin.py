"""The hardened `netconf` connection, as users of nornir-netconf and of `Manager` see it."""

import html
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from ncclient.manager import Manager
from ncclient.operations.rpc import RPCError
from nornir.core import Nornir
from nornir_netconf.plugins.tasks import (
    netconf_capabilities,
    netconf_commit,
    netconf_edit_config,
    netconf_get_config,
    netconf_lock,
    netconf_rpc,
    netconf_validate,
)

import nornir_tasks  # noqa: F401 - mends nornir-netconf, which the next line needs
from nornir_tasks.errors import ErrorCode, PrestageError
from nornir_tasks.lab import Fleet, LabProcess
from nornir_tasks.sessions import HardenedNetconf
from nornir_tasks.sessions.settings import Engine, SessionSettings, checked_address

pytestmark = pytest.mark.usefixtures("nothing_left")

Make = Callable[..., Nornir]

CONFIG = """<config><configuration><system><location><building>Zürich 東 {}</building></location>
</system></configuration></config>"""


@pytest.fixture(scope="module", params=["1.0", "1.1"])
def framed_lab(request: pytest.FixtureRequest) -> Iterator[LabProcess]:
    with LabProcess(Fleet.of({"npe": 1}, seed=3), framing=request.param) as lab:
        yield lab


@pytest.fixture
def nornir(framed_lab: LabProcess) -> Iterator[Nornir]:
    from nornir_tasks.inventory import load_nornir

    with load_nornir(framed_lab.inventory_directory) as nornir:
        yield nornir


def run(nornir: Nornir, task: Callable[..., Any], **arguments: Any) -> Any:
    result = nornir.run(task, **arguments)["npe-00001"]
    assert not result.failed, result[0].exception
    return result[0].result


def test_the_tasks_of_nornir_netconf_work_through_it_whatever_engine_our_own_are_on(
    nornir: Nornir, engine: Engine
) -> None:
    options = nornir.inventory.defaults.connection_options["netconf"]
    options.extras = {**(options.extras or {}), "engine": str(engine)}
    capabilities = run(nornir, netconf_capabilities).rpc
    assert "urn:ietf:params:netconf:base:1.0" in capabilities
    run(nornir, netconf_lock, datastore="candidate")
    run(nornir, netconf_edit_config, config=CONFIG.format("1"), target="candidate")
    run(nornir, netconf_validate, source="candidate")
    run(nornir, netconf_commit)
    run(nornir, netconf_lock, datastore="candidate", operation="unlock")
    reply = run(
        nornir,
        netconf_get_config,
        source="running",
        filter_type="subtree",
        path="<configuration><system/></configuration>",
    ).rpc
    assert reply.xpath("//building/text()") == ["Zürich 東 1"]
    assert "Zürich 東 1" in html.unescape(str(reply))
    information = run(nornir, netconf_rpc, payload="<get-system-information/>").rpc
    assert information.xpath("//host-name")


def test_the_connection_is_ncclients_manager_and_stays_open_until_it_is_closed(
    nornir: Nornir, framed_lab: LabProcess
) -> None:
    first = run(nornir, lambda task: task.host.get_connection("netconf", task.nornir.config))
    second = run(nornir, lambda task: task.host.get_connection("netconf", task.nornir.config))
    assert isinstance(first, Manager)
    assert first is second
    assert first.connected
    assert first.session_id
    nornir.close_connections()
    assert not first.connected


def test_close_session_of_the_manager_ends_it_too(nornir: Nornir) -> None:
    manager = run(nornir, lambda task: task.host.get_connection("netconf", task.nornir.config))
    manager.close_session()
    assert not manager.connected


def test_an_error_of_the_device_is_ncclients_rpc_error_for_users_of_the_manager(
    nornir: Nornir,
) -> None:
    result = nornir.run(netconf_rpc, payload="<no-such-operation/>")["npe-00001"]
    assert isinstance(result[0].exception, RPCError)


def open_with(**changes: Any) -> PrestageError:
    arguments: dict[str, Any] = {
        "hostname": "127.0.0.1",
        "username": "u",
        "password": "p",
        "port": 1,
        "platform": "junos",
    }
    with pytest.raises(PrestageError) as caught:
        HardenedNetconf().open(**(arguments | changes))
    return caught.value


@pytest.mark.parametrize(
    ("changes", "code", "says"),
    [
        ({"hostname": None}, ErrorCode.INVENTORY, "No address"),
        ({"username": None}, ErrorCode.CREDENTIALS, "user name"),
        ({"password": None}, ErrorCode.CREDENTIALS, "password nor a private key"),
        ({"password": ""}, ErrorCode.CREDENTIALS, "password nor a private key"),
        ({"extras": {"key_filename": "/no/such/key"}}, ErrorCode.CREDENTIALS, "/no/such/key"),
        ({"extras": {"key_filename": __file__}}, ErrorCode.CREDENTIALS, "not a private key"),
        ({"platform": "toaster"}, ErrorCode.UNSUPPORTED_PLATFORM, "toaster"),
        ({"port": "830"}, ErrorCode.INVENTORY, "'830'"),
        ({"port": 70000}, ErrorCode.INVENTORY, "70000"),
        ({"extras": {"hostkey_verify": "no"}}, ErrorCode.INVENTORY, "hostkey_verify"),
        ({"extras": {"rpc_timeout": 0}}, ErrorCode.INVENTORY, "rpc_timeout"),
        ({"extras": {"known_host": "x"}}, ErrorCode.INVENTORY, "known_host"),
        ({}, ErrorCode.CONNECTION_REFUSED, "refused"),
    ],
)
def test_what_is_wrong_with_the_inventory_is_said_in_a_sentence(
    changes: dict[str, Any], code: ErrorCode, says: str
) -> None:
    error = open_with(**changes)
    assert error.code is code
    assert says in error.text


def test_the_port_defaults_to_830() -> None:
    assert checked_address("pe1", None) == ("pe1", 830)


def test_extras_of_one_host_are_not_changed_by_opening_it() -> None:
    extras = {"timeout": 5, "device_params": {"name": "junos"}, "manager_params": {}}
    before = {name: str(value) for name, value in extras.items()}
    open_with(extras=extras)
    assert {name: str(value) for name, value in extras.items()} == before


def test_ncclients_timeout_sets_both_timeouts_unless_they_are_set() -> None:
    settings = SessionSettings.from_extras({"timeout": 7, "rpc_timeout": 90})
    assert (settings.connect_timeout, settings.rpc_timeout) == (7.0, 90.0)
