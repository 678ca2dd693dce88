from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from rest_framework.test import APIClient

from prestage_plugin.models import Device, RoleChange, RoleException
from tests.prestage_plugin.api.conftest import client_of
from tests.prestage_plugin.factories import make_device, make_user
from tests.prestage_plugin.services.test_exception_edit import store

pytestmark = pytest.mark.django_db
EDITOR = ("change_device", "view_roleexception", "change_roleexception")


@pytest.fixture
def api() -> APIClient:
    return client_of(make_user("erin", *EDITOR))


@pytest.fixture
def row(db: None) -> RoleException:
    device = make_device("pe1")
    RoleException.objects.create(device=device, kind="loopback", value="10.0.0.1")
    author = make_user("alice")
    return RoleException.objects.create(
        device=device, kind="exclude-interface", value="ge-0/0/1", note="lab", author=author
    )


def path_of(row: RoleException) -> str:
    return f"/prestage/api/v1/devices/{row.device_id}/exceptions/{row.pk}/"


def test_what_is_given_is_replaced_and_the_author_stays(api: APIClient, row: RoleException) -> None:
    document = api.patch(path_of(row), {"value": "ge-0/0/2"}, format="json").json()

    assert document == api.get(path_of(row)).json()
    assert (document["value"], document["note"], document["author"]) == ("ge-0/0/2", "lab", "alice")
    [entry] = LogEntry.objects.filter(content_type__model="device")
    assert entry.change_message == "Exception changed: Exclude interface as UNI ge-0/0/2. (API)"


def test_who_was_slower_is_told_and_changes_nothing(api: APIClient, row: RoleException) -> None:
    tag = api.get(path_of(row))["ETag"]
    first, late = (
        api.patch(path_of(row), {"note": note}, format="json", headers={"If-Match": tag})
        for note in ("first", "late")
    )

    assert (first.status_code, late.status_code) == (200, 412)
    assert api.get(path_of(row), headers={"If-None-Match": first["ETag"]}).status_code == 304
    row.refresh_from_db()
    assert row.note == "first"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"kind": "exclude"}, 400, "bad-exception"),
        ({"value": ""}, 400, "bad-exception"),
        ({"kind": "loopback", "value": "10.0.0.2"}, 409, "exception-exists"),
        ({"value": "ge-0/0/9"}, 409, "exception-exists"),
        ({"author": "erin"}, 400, "unknown-field"),
    ],
)
def test_what_it_cannot_become(
    api: APIClient, row: RoleException, body: dict[str, Any], status: int, code: str
) -> None:
    RoleException.objects.create(device=row.device, kind="exclude-interface", value="ge-0/0/9")

    response = api.patch(path_of(row), body, format="json")

    assert (response.status_code, response.json()["code"]) == (status, code)
    assert RoleException.objects.filter(value="ge-0/0/1").exists()


@pytest.mark.parametrize("missing", ["change_device", "change_roleexception"])
def test_it_needs_the_permissions_of_the_admins_page(row: RoleException, missing: str) -> None:
    others = {*EDITOR, "view_device"} - {missing}

    client = client_of(make_user("erin", *others))

    assert client.patch(path_of(row), {"note": "x"}, format="json").status_code == 403


def test_it_belongs_to_its_device(api: APIClient, row: RoleException) -> None:
    RoleException.objects.filter(pk=row.pk).update(device=make_device("pe2"))

    assert api.patch(path_of(row), {"note": "x"}, format="json").status_code == 404
    assert Device.objects.count() == 2


class TestAtOnce:
    """An exception counts at once, as on the admin's page, where facts are stored."""

    def test_setting_changing_and_removing_it_judges_the_device_again(self) -> None:
        api = client_of(make_user("kim", *EDITOR, "add_roleexception", "delete_roleexception"))
        device = store()
        path = f"/prestage/api/v1/devices/{device.pk}/exceptions/"

        set_ = api.post(path, {"kind": "loopback", "value": "192.0.2.2"}, format="json")
        device.refresh_from_db()
        assert (set_.status_code, device.loopback) == (201, "192.0.2.2")

        api.patch(set_["Location"], {"kind": "exclude", "value": ""}, format="json")
        device.refresh_from_db()
        assert (device.recommended_role, device.loopback) == ("UNKNOWN", "192.0.2.1")

        assert api.delete(set_["Location"]).status_code == 204
        device.refresh_from_db()
        assert device.recommended_role == "N-PE"
        assert {change.actor for change in RoleChange.objects.all()} == {"kim"}
