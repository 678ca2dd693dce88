"""Several that write the same devices at the same time: a matter of the database's locks."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction

from prestage_plugin.models import ChangeEvent, Device
from prestage_plugin.services.auto import mute_devices, unmute_devices
from prestage_plugin.services.events import Heard, accept_events
from prestage_plugin.services.exception_edit import set_excluded
from prestage_plugin.services.inventory import sync_devices
from prestage_plugin.services.lifecycle import Claim
from prestage_plugin.services.roles import assign_roles, follow_configurations, unassign_roles
from prestage_plugin.states import ChangeSource
from tests.prestage_plugin.services.build import (
    claim_all,
    discovery,
    evaluation,
    finish,
    make_devices,
    make_user,
    start,
)
from tests.prestage_plugin.services.elsewhere import Elsewhere

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time"),
]

FIRST, SECOND = "z1", "a2"
HOSTS = f"{FIRST}: {{platform: other}}\n{SECOND}: {{platform: other}}\n"


def a_job_writes(claim: Claim) -> object:
    return finish(claim, {name: discovery(evaluation(name)) for name in (SECOND, FIRST)})


def roles_are_assigned(_claim: Claim) -> object:
    return assign_roles(device_ids=keys(), actor="alice")


def roles_are_taken_back(_claim: Claim) -> object:
    return unassign_roles(device_ids=keys(), actor="alice")


def configurations_are_followed(_claim: Claim) -> object:
    return follow_configurations(device_ids=keys(), actor="alice")


def the_inventory_is_synchronised(_claim: Claim) -> object:
    return sync_devices()


def devices_are_muted(_claim: Claim) -> object:
    return mute_devices(device_ids=keys())


def devices_are_unmuted(_claim: Claim) -> object:
    return unmute_devices(device_ids=keys())


WRITERS: list[tuple[Callable[[Claim], object], dict[str, Any]]] = [
    (a_job_writes, {}),
    (roles_are_assigned, {"recommended_role": "P"}),
    (roles_are_taken_back, {"assigned_role": "P"}),
    (configurations_are_followed, {"recommended_role": "P", "assigned_role": "N-PE"}),
    (the_inventory_is_synchronised, {}),
    (devices_are_muted, {}),
    (devices_are_unmuted, {"events_muted": True}),
]
each_writer = pytest.mark.parametrize(("write", "before"), WRITERS)


def keys() -> list[int]:
    return list(Device.objects.order_by("name").values_list("pk", flat=True))


@pytest.fixture
def claim(tmp_path: Path, settings: Any) -> Claim:
    """A job on two devices whose names and places on the disk are not in the order of keys."""
    (tmp_path / "hosts.yaml").write_text(HOSTS)
    inventory = {
        "plugin": "SimpleInventory",
        "options": {"host_file": str(tmp_path / "hosts.yaml")},
    }
    settings.PRESTAGE = {
        "NORNIR_OPTIONS": {"inventory": inventory, "logging": {"enabled": False}},
    }
    make_devices(FIRST, SECOND)
    [claim] = claim_all(start())
    return claim


def prepare(before: dict[str, Any]) -> None:
    for name in (SECOND, FIRST):
        Device.objects.filter(name=name).update(address="moved", **before)


@each_writer
def test_events_are_accepted_while_somebody_writes_their_devices(
    claim: Claim, write: Callable[[Claim], object], before: dict[str, Any]
) -> None:
    prepare(before)
    events = [
        Heard(source=ChangeSource.SYSLOG, device_id=device.pk) for device in Device.objects.all()
    ]
    with Elsewhere() as source, transaction.atomic():
        write(claim)
        source.do(lambda: accept_events(heard=events)).result()
    assert ChangeEvent.objects.filter(source="syslog").count() == 2


@each_writer
def test_everybody_takes_devices_in_the_order_of_their_keys(
    claim: Claim, write: Callable[[Claim], object], before: dict[str, Any]
) -> None:
    prepare(before)
    with Elsewhere() as writer:
        with transaction.atomic():
            Device.objects.select_for_update().get(name=FIRST)
            written = writer.do(lambda: write(claim))
            writer.until_it_waits()
            # It waits for the first and has nothing else that somebody could wait for.
            Device.objects.select_for_update(nowait=True).get(name=SECOND)
        written.result()


def test_exceptions_of_a_logical_system_wait_for_its_router_first(claim: Claim) -> None:
    Device.objects.filter(name=SECOND).update(parent=Device.objects.get(name=FIRST))
    system, author = Device.objects.get(name=SECOND), make_user("edith")
    with Elsewhere() as writer:
        with transaction.atomic():
            Device.objects.select_for_update().get(name=FIRST)
            written = writer.do(
                lambda: set_excluded(device_id=system.pk, excluded=True, note="", author=author)
            )
            writer.until_it_waits()
            Device.objects.select_for_update(nowait=True).get(name=SECOND)
        written.result()
    assert system.exceptions.count() == 1
