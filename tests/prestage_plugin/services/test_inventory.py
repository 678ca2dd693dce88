"""Synchronising devices with a Nornir inventory (design decision 7)."""

import os
import time
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from nornir.core.plugins.inventory import InventoryPluginRegister
from nornir.plugins.inventory import SimpleInventory

from nornir_tasks.errors import PrestageError
from prestage_plugin.inventory import get_nornir
from prestage_plugin.models import ChangeEvent, Device
from prestage_plugin.services.inventory import SyncReport, sync_devices

pytestmark = pytest.mark.django_db

HOSTS = """
pe1: {hostname: 192.0.2.1, groups: [edge]}
p1: {hostname: 192.0.2.2}
"""
Write = Callable[..., None]


@pytest.fixture
def write(tmp_path: Path, settings: Any) -> Write:
    """Write the files of an inventory and use it."""

    def _write(hosts: str | None = HOSTS, config: str | None = None) -> None:
        if hosts is not None:
            (tmp_path / "hosts.yaml").write_text(hosts)
        (tmp_path / "groups.yaml").write_text("edge: {}\n")
        (tmp_path / "defaults.yaml").write_text("{platform: junos, port: 830}\n")
        options = "".join(
            f"    {name}_file: {tmp_path / file}\n"
            for name, file in (
                ("host", "hosts.yaml"),
                ("group", "groups.yaml"),
                ("defaults", "defaults.yaml"),
            )
        )
        (tmp_path / "config.yaml").write_text(
            config or f"inventory:\n  plugin: SimpleInventory\n  options:\n{options}"
        )
        settings.PRESTAGE = {"NORNIR_CONFIG": str(tmp_path / "config.yaml")}

    return _write


def devices() -> dict[str, tuple[str, str, list[str], bool]]:
    return {
        device.name: (device.address, device.platform, device.groups, device.in_inventory)
        for device in Device.objects.all()
    }


def test_every_host_becomes_a_device(write: Write) -> None:
    write()
    report = sync_devices()
    assert report == SyncReport(added=2, updated=0, removed=0, unchanged=0)
    assert devices() == {
        "pe1": ("192.0.2.1", "junos", ["edge"], True),
        "p1": ("192.0.2.2", "junos", [], True),
    }


def test_a_second_synchronisation_changes_only_what_changed(write: Write) -> None:
    write()
    sync_devices()
    Device.objects.filter(name="pe1").update(assigned_role="N-PE")
    write("pe1: {hostname: 192.0.2.9}\np2: {hostname: 192.0.2.3}\n")
    report = sync_devices()
    assert report == SyncReport(added=1, updated=1, removed=1, unchanged=0)
    assert {name: row[3] for name, row in devices().items()} == {
        "pe1": True,
        "p1": False,
        "p2": True,
    }
    assert Device.objects.get(name="pe1").assigned_role == "N-PE"
    assert sync_devices() == SyncReport(added=0, updated=0, removed=0, unchanged=2)


def test_a_host_that_comes_back_keeps_its_row(write: Write) -> None:
    write()
    sync_devices()
    pk = Device.objects.get(name="p1").pk
    write("pe1: {hostname: 192.0.2.1, groups: [edge]}\n")
    sync_devices()
    write()
    assert sync_devices() == SyncReport(added=0, updated=1, removed=0, unchanged=1)
    assert Device.objects.get(name="p1").pk == pk


def test_the_inventory_is_read_again_only_when_a_file_changed(write: Write, tmp_path: Path) -> None:
    write()
    for path in tmp_path.iterdir():
        os.utime(path, (0, time.time() - 60))
    first = get_nornir(generation=1)
    assert get_nornir(generation=1) is first
    assert get_nornir(generation=2) is first
    write("pe1: {hostname: 192.0.2.77}\n")
    assert get_nornir(generation=2).inventory.hosts["pe1"].hostname == "192.0.2.77"


def test_an_inventory_from_elsewhere_is_read_again_by_the_next_job(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(InventoryPluginRegister.available, "elsewhere", SimpleInventory)
    options = f"{{host_file: {tmp_path / 'hosts.yaml'}}}"
    write("pe1: {}", f"inventory: {{plugin: elsewhere, options: {options}}}\n")
    first = get_nornir(generation=1)
    assert get_nornir(generation=1) is first
    assert get_nornir(generation=2) is not first


def test_an_inventory_of_files_that_were_just_written_is_read_again_by_the_next_job(
    write: Write,
) -> None:
    """They may change once more without their time and size showing it."""
    write()
    first = get_nornir(generation=1)
    assert get_nornir(generation=1) is first
    assert get_nornir(generation=2) is not first


@pytest.mark.parametrize(
    ("hosts", "config", "sentence"),
    [
        ("", None, "no devices"),
        ("pe1: {hostname: [\n", None, "hosts.yaml"),
        ("pe1: {port: many}\n", None, "port"),
        ("pe1: {groups: [nowhere]}\n", None, "nowhere"),
        (HOSTS, "inventory: {plugin: NoSuchPlugin}\n", "NoSuchPlugin"),
        (HOSTS, "inventory: [\n", "config.yaml"),
        (None, None, "hosts.yaml"),
    ],
)
def test_a_bad_inventory_is_one_sentence_and_nothing_is_written(
    write: Write, hosts: str | None, config: str | None, sentence: str
) -> None:
    write(hosts, config)
    with pytest.raises(CommandError) as error:
        call_command("prestage_sync")
    assert sentence in str(error.value)
    assert "\n" not in str(error.value)
    assert not Device.objects.exists()


def test_a_missing_configuration_is_one_sentence(settings: Any, tmp_path: Path) -> None:
    settings.PRESTAGE = {"NORNIR_CONFIG": str(tmp_path / "nowhere.yaml")}
    with pytest.raises(PrestageError, match="does not exist"):
        sync_devices()


def test_the_command_says_what_changed(write: Write) -> None:
    write()
    output = StringIO()
    call_command("prestage_sync", stdout=output)
    assert output.getvalue() == (
        "2 devices added, 0 updated, 0 no longer in the inventory, 0 unchanged.\n"
    )


def test_new_and_changed_devices_are_heard_of(write: Write) -> None:
    def heard() -> list[tuple[str, str, str]]:
        rows = ChangeEvent.objects.order_by("device__name")
        return list(rows.values_list("device__name", "source", "detail"))

    write()
    sync_devices()
    assert heard() == [("p1", "platform", "added"), ("pe1", "platform", "added")]
    ChangeEvent.objects.all().delete()
    write("pe1: {hostname: 192.0.2.9}\np1: {hostname: 192.0.2.2}\n")
    sync_devices()
    assert heard() == [("pe1", "platform", "changed")]
