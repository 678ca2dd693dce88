"""Bodies of NetBox and Nautobot: which devices they are about (prestaging spec, section 6)."""

from collections.abc import Callable
from typing import Any

import pytest

from prestage_plugin.models import ChangeEvent, Device, UnknownSender
from tests.prestage_plugin.events.webhook import bodies
from tests.prestage_plugin.events.webhook.sender import Sender
from tests.prestage_plugin.services.build import make_devices

pytestmark = pytest.mark.django_db

Build = Callable[..., dict[str, Any]]
every_system = pytest.mark.parametrize(
    "build", [bodies.netbox, bodies.newer_netbox, bodies.old_netbox, bodies.nautobot]
)
UNASSIGNED = bodies.address_data("10.9.9.9/24")


def heard_of() -> list[tuple[str, str]]:
    return list(ChangeEvent.objects.order_by("device__name").values_list("device__name", "detail"))


@every_system
@pytest.mark.parametrize("event", ["created", "updated"])
def test_a_device(netbox: Sender, build: Build, event: str) -> None:
    make_devices("pe1")
    response = netbox.post(build("device", bodies.device_data("pe1"), event=event))
    assert response.status_code == 202
    assert response.json() == {"accepted": 1, "unknown": 0, "ignored": {}}
    heard = ChangeEvent.objects.get()
    assert (heard.device.name, heard.source, heard.state) == ("pe1", "webhook", "new")
    assert (heard.sender, heard.actor) == ("netbox", "alice")
    assert heard.detail == f"device {event}"


@every_system
@pytest.mark.parametrize("event", ["created", "updated", "deleted"])
def test_an_interface_is_its_device(netbox: Sender, build: Build, event: str) -> None:
    make_devices("pe1")
    netbox.post(build("interface", bodies.interface_data("pe1"), event=event))
    assert heard_of() == [("pe1", f"interface ge-0/0/1 {event}")]


@every_system
def test_an_ip_address_is_the_device_of_the_interface_that_has_it(
    netbox: Sender, build: Build
) -> None:
    make_devices("pe1")
    assigned = bodies.address_data("10.0.0.1/24", bodies.interface_data("pe1"))
    response = netbox.post(build("ipaddress", assigned, event="created"))
    assert response.json() == {"accepted": 1, "unknown": 0, "ignored": {}}
    assert heard_of() == [("pe1", "ipaddress 10.0.0.1/24 created")]


@pytest.mark.parametrize(
    "data",
    [
        {"address": "10.0.0.1/24", "interface": {"device": {"name": "pe1"}}},
        {"address": "10.0.0.1/24", "interfaces": [{"device": {"name": "pe1"}}]},
    ],
)
def test_older_netbox_and_newer_nautobot_say_it_in_other_words(
    netbox: Sender, data: dict[str, Any]
) -> None:
    make_devices("pe1")
    netbox.post(bodies.netbox("ipaddress", data))
    assert [name for name, _detail in heard_of()] == ["pe1"]


def test_an_address_without_an_interface_finds_the_device_that_has_it(netbox: Sender) -> None:
    Device.objects.create(name="pe1", address="10.9.9.9")
    netbox.post(bodies.netbox("ipaddress", UNASSIGNED))
    assert [name for name, _detail in heard_of()] == ["pe1"]


def test_an_address_that_nothing_has_is_ignored_rather_than_unknown(netbox: Sender) -> None:
    response = netbox.post(bodies.netbox("ipaddress", UNASSIGNED))
    assert response.json() == {"accepted": 0, "unknown": 0, "ignored": {"no-device": 1}}
    assert not UnknownSender.objects.exists()


def end(device: str) -> dict[str, Any]:
    return {
        "object_type": "dcim.interface",
        "object_id": 7,
        "object": bodies.interface_data(device),
    }


CABLES = {
    "NetBox": {"a_terminations": [end("pe1")], "b_terminations": [end("pe2")]},
    "NetBox before 3.3, Nautobot": {
        "termination_a_type": "dcim.interface",
        "termination_a": bodies.interface_data("pe1"),
        "termination_b_type": "dcim.interface",
        "termination_b": bodies.interface_data("pe2"),
    },
    "Nautobot with many ends": {
        "terminations": [
            {"cable_end": "A", "termination": bodies.interface_data("pe1")},
            {"cable_end": "B", "termination": bodies.interface_data("pe2")},
        ]
    },
}


@pytest.mark.parametrize("data", CABLES.values(), ids=CABLES)
@pytest.mark.parametrize("event", ["created", "deleted"])
def test_a_cable_is_the_devices_at_both_ends(
    netbox: Sender, data: dict[str, Any], event: str
) -> None:
    make_devices("pe1", "pe2")
    response = netbox.post(bodies.netbox("cable", data, event=event))
    assert response.json()["accepted"] == 2
    assert heard_of() == [("pe1", f"cable {event}"), ("pe2", f"cable {event}")]


def test_a_cable_with_both_ends_in_one_device_is_one_event(netbox: Sender) -> None:
    make_devices("pe1")
    data = {"a_terminations": [end("pe1")], "b_terminations": [end("pe1"), end("PE1")]}
    assert netbox.post(bodies.netbox("cable", data)).json()["accepted"] == 1


def test_a_cable_to_a_circuit_is_the_device_at_the_other_end(netbox: Sender) -> None:
    make_devices("pe1")
    circuit = {"object_type": "circuits.circuittermination", "object": {"circuit": {"cid": "C1"}}}
    data = {"a_terminations": [end("pe1")], "b_terminations": [circuit]}
    response = netbox.post(bodies.netbox("cable", data))
    assert response.json() == {"accepted": 1, "unknown": 0, "ignored": {}}


@pytest.mark.parametrize(
    ("model", "data"),
    [
        ("cable", {"a_terminations": [], "b_terminations": []}),
        ("cable", {"a_terminations": [{"object": {"circuit": {"cid": "C1"}}}]}),
        ("interface", {"name": "ge-0/0/1"}),
        ("interface", {"name": "ge-0/0/1", "device": None}),
        ("interface", {"name": "ge-0/0/1", "device": 42}),
        ("ipaddress", {"assigned_object": {"virtual_machine": {"name": "vm1"}}}),
        ("device", {}),
        ("device", {"name": None, "display": None}),
        ("device", {"name": {"first": "pe1"}}),
    ],
)
def test_an_object_of_no_device_is_ignored(
    netbox: Sender, model: str, data: dict[str, Any]
) -> None:
    body = bodies.old_netbox(model, data)
    assert netbox.post(body).json() == {"accepted": 0, "unknown": 0, "ignored": {"no-device": 1}}


@pytest.mark.parametrize("data", [None, [], "pe1", 5, True])
def test_an_object_that_is_none_is_ignored(netbox: Sender, data: Any) -> None:
    body = bodies.netbox("device", data)
    assert netbox.post(body).json()["ignored"] == {"no-device": 1}


def test_a_device_is_found_by_its_domain_name_and_whatever_its_case(netbox: Sender) -> None:
    make_devices("pe1")
    netbox.post(bodies.netbox("device", bodies.device_data("PE1.example.net")))
    assert [name for name, _detail in heard_of()] == ["pe1"]


def test_a_device_with_another_name_is_found_by_its_primary_address(nautobot: Sender) -> None:
    Device.objects.create(name="pe1", address="10.0.0.11")
    data = bodies.device_data("Paris 1", primary_ip4={"id": 9, "address": "10.0.0.11/24"})
    nautobot.post(bodies.nautobot("device", data))
    assert [name for name, _detail in heard_of()] == ["pe1"]


def test_a_device_without_a_name_is_found_by_what_is_shown_instead(netbox: Sender) -> None:
    make_devices("MX204 (A1)")
    assert netbox.post(bodies.netbox("device", bodies.device_data(None))).json()["accepted"] == 1


def test_a_renamed_device_is_found_by_its_former_name(netbox: Sender) -> None:
    make_devices("pe1")
    snapshots = {"prechange": {"name": "pe1"}, "postchange": {"name": "pe9"}}
    netbox.post(bodies.netbox("device", bodies.device_data("pe9"), snapshots=snapshots))
    assert [name for name, _detail in heard_of()] == ["pe1"]


def test_a_logical_system_is_heard_of_as_its_router(netbox: Sender) -> None:
    [router] = make_devices("pe1")
    Device.objects.create(name="pe1:LS1", parent=router)
    netbox.post(bodies.netbox("device", bodies.device_data("pe1:LS1")))
    assert [name for name, _detail in heard_of()] == ["pe1"]


def test_a_device_that_we_do_not_know_is_counted_and_the_last_one_is_told(netbox: Sender) -> None:
    for name in ("server1", "server2"):
        response = netbox.post(bodies.netbox("interface", bodies.interface_data(name, "eth0")))
        assert response.json() == {"accepted": 0, "unknown": 1, "ignored": {}}
    sender = UnknownSender.objects.get()
    assert (sender.source, sender.sender, sender.events) == ("webhook", "netbox", 2)
    assert sender.detail == "interface eth0 updated"


def test_a_device_that_left_the_inventory_is_unknown(netbox: Sender) -> None:
    Device.objects.create(name="pe1", in_inventory=False)
    response = netbox.post(bodies.netbox("device", bodies.device_data("pe1")))
    assert response.json()["unknown"] == 1


# Foreign keys are checked when a transaction ends, so it has to end.
@pytest.mark.django_db(transaction=True)
def test_a_device_that_was_deleted_a_moment_ago_is_unknown(netbox: Sender) -> None:
    make_devices("pe1")
    netbox.post(bodies.netbox("device", bodies.device_data("pe1")))
    Device.objects.all().delete()
    response = netbox.post(bodies.netbox("device", bodies.device_data("pe1")))
    assert response.json() == {"accepted": 0, "unknown": 1, "ignored": {}}


@pytest.mark.parametrize(
    "body",
    [
        {"model": "device", "data": {"name": "pe1"}},
        {"object_type": "dcim.device", "data": {"name": "pe1"}},
        {"model": "DEVICE", "data": {"name": "pe1"}, "event": None},
        {"model": "device", "data": {"name": "pe1"}, "event": "update"},
        {"model": "device", "data": {"name": "pe1"}, "event": "object_updated"},
        {"model": "device", "data": {"name": "pe1"}, "snapshots": "none", "request": "none"},
        {"object_type": "dcim.device", "model": "site", "data": {"name": "pe1"}},
    ],
)
def test_what_a_template_leaves_out_is_no_error(netbox: Sender, body: dict[str, Any]) -> None:
    make_devices("pe1")
    assert netbox.post(body).json()["accepted"] == 1
    assert ChangeEvent.objects.get().actor == ""


@pytest.mark.parametrize(
    "model", ["site", "dcim.site", "vminterface", "virtualization.vminterface", "plugin.device"]
)
def test_other_models_are_ignored(netbox: Sender, model: str) -> None:
    make_devices("pe1")
    body = bodies.netbox(model, bodies.device_data("pe1"))
    assert netbox.post(body).json() == {"accepted": 0, "unknown": 0, "ignored": {"model": 1}}


@pytest.mark.parametrize("event", ["job_started", "job_ended", "viewed"])
def test_other_events_are_ignored(netbox: Sender, event: str) -> None:
    make_devices("pe1")
    body = bodies.newer_netbox("device", bodies.device_data("pe1"), event=event)
    assert netbox.post(body).json()["ignored"] == {"event": 1}


@every_system
@pytest.mark.parametrize("event", ["deleted", "object_deleted"])
def test_a_deleted_device_is_left_to_the_synchronisation(
    netbox: Sender, build: Build, event: str
) -> None:
    make_devices("pe1")
    body = build("device", bodies.device_data("pe1"), event=event)
    assert netbox.post(body).json()["ignored"] == {"device-deleted": 1}
    assert not ChangeEvent.objects.exists()
