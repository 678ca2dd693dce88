from typing import Any

import pytest
from rest_framework.test import APIClient

from prestage_plugin.models import ChangeEvent, Device
from tests.prestage_plugin.api.conftest import client_of
from tests.prestage_plugin.api.inventory import INVENTORY
from tests.prestage_plugin.factories import make_device, make_user

pytestmark = pytest.mark.django_db
SYNCHRONISE = "/prestage/api/v1/devices/synchronise/"


@pytest.fixture
def api() -> APIClient:
    return client_of(make_user("edith", "view_device", "change_device"))


def test_the_devices_become_those_of_the_inventory(api: APIClient, settings: Any) -> None:
    settings.PRESTAGE = settings.PRESTAGE | INVENTORY
    make_device("pe1", address="moved")
    make_device("gone")

    reports = [api.post(SYNCHRONISE).json() for _ in range(2)]

    assert reports == [
        {"added": 4, "updated": 1, "removed": 1, "unchanged": 0},
        {"added": 0, "updated": 0, "removed": 0, "unchanged": 5},
    ]
    assert Device.objects.get(name="pe1").address == "192.0.2.1"
    assert not Device.objects.get(name="gone").in_inventory
    assert ChangeEvent.objects.count() == 5


def test_an_inventory_that_cannot_be_read_changes_nothing(api: APIClient, settings: Any) -> None:
    settings.PRESTAGE = settings.PRESTAGE | {"NORNIR_CONFIG": "/nowhere/config.yaml"}
    make_device("pe1")

    response = api.post(SYNCHRONISE)

    assert (response.status_code, response.json()["code"]) == (409, "inventory")
    assert Device.objects.get().in_inventory
