import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from nornir_tasks.errors import ErrorCode, PrestageError
from nornir_tasks.lab import Fleet, LabProcess
from nornir_tasks.lab.control import call, socket_path

FLEET = Fleet.of({"npe": 4, "p": 1}, faults={"refuses": 1})


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabProcess]:
    """One lab for all; tests that change a device have one of their own."""
    directory = tmp_path_factory.mktemp("lab")
    with LabProcess(FLEET, host_key="ed25519", directory=directory) as running:
        yield running


def test_list_names_every_device(lab: LabProcess) -> None:
    listed = lab.control("list")
    assert [entry["name"] for entry in listed] == [device.name for device in FLEET]
    assert listed[0] == {
        "name": "npe-00001",
        "kind": "npe",
        "address": FLEET.devices[0].address,
        "port": lab.port,
        "fault": None,
    }


def test_show_tells_the_truth_about_one_device(lab: LabProcess) -> None:
    shown = lab.control("show", "p-00001")
    assert shown["truth"] == FLEET["p-00001"].truth.as_dict()
    assert shown["generated"] is True
    assert shown["statistics"]["sessions_opened"] == 0


def test_set_kind_is_a_commit_with_a_new_truth(lab: LabProcess) -> None:
    before = lab.control("show", "npe-00002")
    after = lab.control("set-kind", "npe-00002", "ce")
    assert after["kind"] == "ce"
    assert after["commit_seconds"] > before["commit_seconds"]
    assert after["commit_user"] == "alice"
    assert (before["truth"]["role_csd"], after["truth"]["role_csd"]) == ("N-PE", "P")
    written = json.loads((lab.inventory_directory / "truth.json").read_text())
    assert written["npe-00002"] == after["truth"]


def test_set_config_commits_a_file_whose_truth_nobody_knows(
    lab: LabProcess, tmp_path: Path
) -> None:
    file = tmp_path / "new.xml"
    file.write_text(
        '<rpc-reply><configuration xmlns="http://xml.juniper.net/xnm/1.1/xnm">'
        "<system><host-name>other</host-name></system></configuration></rpc-reply>"
    )
    shown = lab.control("set-config", "npe-00003", str(file))
    assert shown["truth"] is None
    assert shown["generated"] is False


def test_set_fault_comes_and_goes_and_known_hosts_follows(lab: LabProcess) -> None:
    known_hosts = lab.inventory_directory / "known_hosts"
    entry = f"[{FLEET['npe-00004'].address}]:{lab.port} "
    assert entry in known_hosts.read_text()
    shown = lab.control("set-fault", "npe-00004", "unknown-host-key")
    assert shown["truth"]["error_code"] == "host-key-unknown"
    assert entry not in known_hosts.read_text()
    shown = lab.control("set-fault", "npe-00004", "none")
    assert shown["truth"]["error_code"] is None
    assert entry in known_hosts.read_text()


def test_set_latency_and_statistics_answer(lab: LabProcess) -> None:
    assert lab.control("set-latency", "12.5") == {"latency_ms": 12.5}
    assert lab.statistics()["sessions_opened"] == 0


@pytest.mark.parametrize(
    ("command", "code", "text"),
    [
        (("dance",), ErrorCode.INVENTORY, "There is no command 'dance'"),
        (("show",), ErrorCode.INVENTORY, "Use it as: show DEVICE"),
        (("show", "pe9"), ErrorCode.NOT_IN_INVENTORY, "The lab has no device 'pe9'"),
        (("set-kind", "npe-00001", "toaster"), ErrorCode.INVENTORY, "There is no kind"),
        (("set-fault", "npe-00001", "gremlins"), ErrorCode.INVENTORY, "There is no fault"),
        (("set-fault", "npe-00001", "refuses"), ErrorCode.INVENTORY, "inventory's port"),
        (("set-fault", "npe-00005", "none"), ErrorCode.INVENTORY, "inventory's port"),
        (("set-latency", "soon"), ErrorCode.INVENTORY, "number of milliseconds"),
        (("set-latency", "-1"), ErrorCode.INVENTORY, "0 or more"),
        (("set-config", "npe-00001", "/no/such/file"), ErrorCode.INVENTORY, "cannot be read"),
    ],
)
def test_wrong_commands_are_refused_in_one_sentence(
    lab: LabProcess, command: tuple[str, ...], code: ErrorCode, text: str
) -> None:
    with pytest.raises(PrestageError) as caught:
        lab.control(*command)
    assert caught.value.code is code
    assert text in caught.value.text
    assert "\n" not in caught.value.text


@pytest.mark.parametrize("content", ["<configuration>", "<vlans/>", "plain text"])
def test_a_file_that_is_no_configuration_changes_nothing(
    lab: LabProcess, tmp_path: Path, content: str
) -> None:
    file = tmp_path / "bad.xml"
    file.write_text(content)
    before = lab.control("show", "npe-00001")
    with pytest.raises(PrestageError, match="configuration"):
        lab.control("set-config", "npe-00001", str(file))
    assert lab.control("show", "npe-00001") == before


def test_a_second_lab_on_the_same_inventory_is_refused(lab: LabProcess) -> None:
    second = LabProcess(FLEET, directory=lab.inventory_directory)
    with pytest.raises(PrestageError, match="already runs"), second:
        pass
    assert lab.control("list")
    assert (lab.inventory_directory / "hosts.yaml").exists()


def test_without_a_lab_the_answer_says_so(tmp_path: Path) -> None:
    with pytest.raises(PrestageError, match="No lab answers"):
        call(tmp_path, "list")


def test_a_long_directory_name_has_its_socket_elsewhere(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 120)
    with LabProcess(FLEET, host_key="ed25519", directory=deep) as running:
        assert len(running.control("list")) == len(FLEET)
        elsewhere = socket_path(deep)
        assert elsewhere.parent != deep
    assert not elsewhere.exists()
