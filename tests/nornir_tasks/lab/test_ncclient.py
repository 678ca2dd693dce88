"""The lab serves a client that others wrote: stock ncclient."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from ncclient import manager
from ncclient.operations import RPCError

from nornir_tasks.lab import Fleet, LabProcess

FLEET = Fleet.of({"npe": 2, "groups": 1})
# Stock ncclient cannot decode a character that is cut in two by chunks, so no descriptions here.
SYSTEM = "<configuration><system/></configuration>"
FILTER = "<configuration><system><host-name/></system></configuration>"


@pytest.fixture(scope="module", params=["1.0", "1.1"])
def lab(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LabProcess]:
    directory = tmp_path_factory.mktemp("lab")
    with LabProcess(
        FLEET, framing=request.param, directory=directory, notifications=100
    ) as running:
        yield running


@pytest.fixture
def connected(lab: LabProcess) -> Iterator[manager.Manager]:
    with manager.connect(
        host=FLEET.devices[0].address,
        port=lab.port,
        username="lab",
        password=password(lab.inventory_directory),
        hostkey_verify=False,
        look_for_keys=False,
        allow_agent=False,
        timeout=20,
        device_params={"name": "default"},
    ) as opened:
        yield opened


def password(directory: Path) -> str:
    line = next(
        line
        for line in (directory / "defaults.yaml").read_text().splitlines()
        if line.startswith("password: ")
    )
    return line.removeprefix("password: ").strip('"')


def test_ncclient_reads_a_filtered_configuration(connected: manager.Manager) -> None:
    reply = connected.get_config("running", filter=("subtree", FILTER))
    assert FLEET.devices[0].name in str(reply)
    assert "<interfaces>" not in str(reply)


def test_ncclient_edits_validates_and_commits(connected: manager.Manager) -> None:
    config = (
        '<config xmlns="urn:ietf:params:xml:ns:netconf:base:1.0"><configuration><system>'
        "<domain-name>lab.example</domain-name></system></configuration></config>"
    )
    with connected.locked("candidate"):
        connected.edit_config(target="candidate", config=config)
        connected.validate("candidate")
        connected.commit(confirmed=True, timeout="60")
        connected.commit()
    assert "lab.example" in str(connected.get_config("running", filter=("subtree", SYSTEM)))


def test_ncclient_sees_rpc_errors(connected: manager.Manager) -> None:
    with pytest.raises(RPCError, match="only the candidate"):
        connected.edit_config(target="running", config="<config/>")


def test_ncclient_is_notified_between_its_own_requests(
    lab: LabProcess, connected: manager.Manager
) -> None:
    connected.create_subscription(stream_name="NETCONF")
    lab.control("commit", FLEET.devices[0].name)
    reply = connected.get_config("running", filter=("subtree", FILTER))
    assert FLEET.devices[0].name in str(reply)
    notification = connected.take_notification(timeout=20)
    assert "<username>alice</username>" in notification.notification_xml
    assert connected.take_notification(block=False) is None
    with pytest.raises(RPCError, match="has a subscription already"):
        connected.create_subscription()
