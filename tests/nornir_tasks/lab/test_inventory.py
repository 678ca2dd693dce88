import asyncio
import json
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from nornir import InitNornir

from nornir_tasks.errors import ErrorCode, PrestageError
from nornir_tasks.lab import Fleet, Lab, LabInventory, LabOptions, LabProcess

FLEET = Fleet.of({"npe": 2, "p": 1}, faults={"unknown-host-key": 1, "refuses": 1})
YAML = ("config.yaml", "hosts.yaml", "groups.yaml", "defaults.yaml")


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabProcess]:
    with LabProcess(FLEET, directory=tmp_path_factory.mktemp("lab") / "new") as running:
        yield running


def test_nornir_loads_the_inventory_from_anywhere(
    lab: LabProcess, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    nornir = InitNornir(config_file=str(lab.inventory_directory / "config.yaml"))
    assert list(nornir.inventory.hosts) == [device.name for device in FLEET]
    host = nornir.inventory.hosts["npe-00002"]
    assert (host.hostname, host.port) == (FLEET["npe-00002"].address, lab.port)
    assert (host.platform, host.username) == ("junos", "lab")
    assert [group.name for group in host.groups] == ["npe"]
    extras = host.get_connection_parameters("netconf").extras or {}
    assert Path(extras["known_hosts"]).is_file()
    assert extras["hostkey_verify"] is True


def test_the_group_for_key_logins_names_the_key_and_no_password(lab: LabProcess) -> None:
    nornir = InitNornir(config_file=str(lab.inventory_directory / "config.yaml"))
    host = nornir.inventory.hosts["npe-00001"]
    host.groups.insert(0, nornir.inventory.groups["key-login"])
    parameters = host.get_connection_parameters("netconf")
    extras = parameters.extras or {}
    key = Path(extras["key_filename"])
    assert key.read_text().startswith("-----BEGIN OPENSSH PRIVATE KEY-----")
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert Path(extras["known_hosts"]).is_file()
    assert not parameters.password


def test_the_password_is_in_the_defaults_only_and_only_the_owner_reads_them(
    lab: LabProcess,
) -> None:
    nornir = InitNornir(config_file=str(lab.inventory_directory / "config.yaml"))
    password = nornir.inventory.defaults.password
    assert password
    holders = [
        path.name
        for path in lab.inventory_directory.iterdir()
        if path.is_file() and password in path.read_text()
    ]
    assert holders == ["defaults.yaml"]
    mode = (lab.inventory_directory / "defaults.yaml").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600


def test_known_hosts_has_every_device_but_those_that_must_be_unknown(lab: LabProcess) -> None:
    lines = (lab.inventory_directory / "known_hosts").read_text().splitlines()
    entries = {line.split()[0] for line in lines if not line.startswith("#")}
    for device in FLEET:
        if device.fault != "refuses":
            listed = f"[{device.address}]:{lab.port}" in entries
            assert listed == (device.fault != "unknown-host-key")


def test_the_truth_is_written_beside_the_inventory(lab: LabProcess) -> None:
    truth = json.loads((lab.inventory_directory / "truth.json").read_text())
    assert truth == {device.name: device.truth.as_dict() for device in FLEET}


def test_nothing_is_left_when_the_lab_ends(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep")
    with LabProcess(FLEET, directory=tmp_path):
        assert len(list(tmp_path.iterdir())) > 5
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
    with LabProcess(FLEET, directory=tmp_path / "made" / "here"):
        pass
    assert not (tmp_path / "made" / "here").exists()


@pytest.mark.parametrize("name", YAML)
def test_somebodys_own_inventory_is_not_overwritten(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("pe1: {}\n")
    with (
        pytest.raises(PrestageError, match="not written by a lab") as caught,
        LabProcess(FLEET, directory=tmp_path),
    ):
        pass
    assert caught.value.code is ErrorCode.INVENTORY
    assert (tmp_path / name).read_text() == "pe1: {}\n"
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_what_a_killed_lab_left_is_overwritten(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with Lab(FLEET, LabOptions(host_key="ed25519")) as one:
            LabInventory(tmp_path).write(one)

    asyncio.run(scenario())
    with LabProcess(FLEET, directory=tmp_path) as lab:
        assert str(lab.port) in (tmp_path / "defaults.yaml").read_text()
