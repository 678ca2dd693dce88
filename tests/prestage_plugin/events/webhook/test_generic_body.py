"""The body for everybody who is neither NetBox nor Nautobot."""

from typing import Any

import pytest

from prestage_plugin.events.webhook.classification import MOST_DEVICES
from prestage_plugin.models import ChangeEvent, Device, UnknownSender
from tests.prestage_plugin.events.webhook import bodies
from tests.prestage_plugin.events.webhook.sender import Sender
from tests.prestage_plugin.services.build import make_devices

pytestmark = pytest.mark.django_db


def test_devices_by_name(script: Sender) -> None:
    make_devices("pe1", "pe2", "pe3")
    response = script.post(bodies.generic("pe1", "pe2", "nobody"))
    assert response.json() == {"accepted": 2, "unknown": 1, "ignored": {}}
    events = ChangeEvent.objects.order_by("device__name")
    assert [event.device.name for event in events] == ["pe1", "pe2"]
    assert {(event.sender, event.actor, event.detail) for event in events} == {
        ("ci", "deployer", "deployed 1.2.3")
    }
    assert UnknownSender.objects.get().events == 1


def test_devices_by_address(script: Sender) -> None:
    Device.objects.create(name="pe1", address="10.0.0.1")
    Device.objects.create(name="pe2", address="2001:db8::1")
    body = bodies.generic(addresses=["10.0.0.1", "2001:DB8:0::1", "10.0.0.9", "nonsense"])
    assert script.post(body).json() == {"accepted": 2, "unknown": 2, "ignored": {}}


def test_a_device_by_name_and_by_address_has_changed_once(script: Sender) -> None:
    Device.objects.create(name="pe1", address="10.0.0.1")
    body = bodies.generic("pe1", "PE1", addresses=["10.0.0.1"])
    assert script.post(body).json()["accepted"] == 1


def test_the_most_devices_that_one_message_may_name(script: Sender) -> None:
    Device.objects.bulk_create(Device(name=f"pe{number}") for number in range(MOST_DEVICES))
    names = Device.objects.values_list("name", flat=True)
    assert script.post(bodies.generic(*names)).json()["accepted"] == MOST_DEVICES


@pytest.mark.parametrize(
    ("changes", "answer"),
    [
        ({"devices": ["pe1", 5, None, "", " ", ["pe1"]]}, (1, {"not-understood": 5})),
        ({"devices": "pe1"}, (0, {"not-understood": 1})),
        ({"devices": {"pe1": True}}, (0, {"not-understood": 1})),
        ({"devices": None, "addresses": 5}, (0, {"not-understood": 2})),
        ({"devices": []}, (0, {})),
        ({"user": None, "detail": 5}, (1, {})),
        ({"user": ["prestage"]}, (1, {})),
    ],
)
def test_what_is_not_understood_is_counted(
    script: Sender, changes: dict[str, Any], answer: tuple[int, dict[str, int]]
) -> None:
    make_devices("pe1")
    response = script.post(bodies.generic("pe1") | changes)
    assert response.status_code == 202
    accepted, ignored = answer
    assert response.json() == {"accepted": accepted, "unknown": 0, "ignored": ignored}


def test_it_may_come_from_a_template_of_netbox_too(netbox: Sender) -> None:
    make_devices("pe1")
    assert netbox.post(bodies.generic("pe1")).json()["accepted"] == 1
