from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from prestage_plugin.models import AutoSettings, ChangeEvent
from prestage_plugin.services.coalesce import coalesce
from prestage_plugin.services.events import note_changes
from prestage_plugin.states import ChangeSource
from tests.prestage_plugin.api.conftest import client_of, client_with, make_token
from tests.prestage_plugin.factories import make_device, make_user

pytestmark = pytest.mark.django_db
SETTINGS = "/prestage/api/v1/auto-settings/"
NOTHING_SET: dict[str, Any] = {
    **dict.fromkeys(("enabled", "wait", "idle", "most_jobs")),
    "muted_sources": [],
}


@pytest.fixture
def editor(settings: Any) -> User:
    settings.PRESTAGE = settings.PRESTAGE | {"AUTO": True}
    return make_user("edith", "change_autosettings")


@pytest.fixture
def api(editor: User) -> APIClient:
    return client_with(make_token(editor, "read", "site", name="ci"))


def test_without_changes_the_sites_settings_are_in_force(api: APIClient) -> None:
    assert api.get(SETTINGS).json() == NOTHING_SET | {
        "in_force": {"enabled": True, "wait": 20.0, "idle": 10.0, "most_jobs": 4}
    }


def test_what_is_given_is_replaced_and_the_rest_stays(api: APIClient) -> None:
    api.patch(SETTINGS, {"wait": 60, "muted_sources": ["webhook", "syslog"]}, format="json")

    document = api.patch(SETTINGS, {"enabled": False}, format="json").json()

    assert document == api.get(SETTINGS).json()
    assert document == NOTHING_SET | {
        "enabled": False,
        "wait": 60.0,
        "muted_sources": ["syslog", "webhook"],
        "in_force": {"enabled": False, "wait": 60.0, "idle": 10.0, "most_jobs": 4},
    }
    api.patch(SETTINGS, {"wait": None}, format="json")
    assert AutoSettings.objects.get().wait is None


def test_who_was_slower_is_told_and_changes_nothing(api: APIClient) -> None:
    tag = api.get(SETTINGS)["ETag"]
    changed = api.patch(SETTINGS, {"wait": 60}, format="json", headers={"If-Match": tag})
    late = api.patch(SETTINGS, {"wait": 90}, format="json", headers={"If-Match": tag})

    assert (changed.status_code, late.status_code) == (200, 412)
    assert late.json()["code"] == "precondition-failed"
    assert api.get(SETTINGS, headers={"If-None-Match": changed["ETag"]}).status_code == 304
    assert AutoSettings.objects.get().wait == 60


def test_the_version_is_another_when_the_sites_settings_are(api: APIClient, settings: Any) -> None:
    tag = api.get(SETTINGS)["ETag"]
    settings.PRESTAGE = settings.PRESTAGE | {"AUTO_WAIT": 5.0}

    assert api.get(SETTINGS, headers={"If-None-Match": tag}).status_code == 200


@pytest.mark.parametrize(
    ("body", "where", "code"),
    [
        ({}, "#", "empty"),
        ({"wait": 0}, "#/wait", "min-value"),
        ({"wait": 1e9}, "#/wait", "max-value"),
        ({"idle": "10"}, "#/idle", "invalid"),
        ({"idle": True}, "#/idle", "invalid"),
        ({"most_jobs": 0}, "#/most_jobs", "min-value"),
        ({"enabled": "yes"}, "#/enabled", "invalid"),
        ({"muted_sources": ["smtp"]}, "#/muted_sources/0", "invalid-choice"),
        ({"was_off": True}, "#/was_off", "unknown-field"),
    ],
)
def test_what_cannot_be_set(api: APIClient, body: dict[str, Any], where: str, code: str) -> None:
    response = api.patch(SETTINGS, body, format="json")

    assert (response.status_code, response.json()["code"]) == (400, code)
    assert response.json()["errors"][0]["pointer"] == where
    assert not AutoSettings.objects.exists()


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999", "9" * 400])
def test_what_is_no_finite_number(api: APIClient, number: str) -> None:
    body = f'{{"wait": {number}}}'
    assert api.patch(SETTINGS, body, content_type="application/json").status_code == 400


def test_it_is_written_down_who_changed_what_as_the_admin_does(api: APIClient) -> None:
    api.patch(SETTINGS, {"wait": 30, "enabled": False}, format="json")
    api.patch(SETTINGS, {"wait": 30}, format="json")

    entries = LogEntry.objects.filter(content_type__model="autosettings").order_by("pk")
    assert {entry.user.get_username() for entry in entries} == {"edith"}
    assert [entry.get_change_message() for entry in entries] == [
        "Auto prestaging changed from “as the site says” to “Off”. (API, token ci)",
        "Wait changed from “as the site says” to “30”. (API, token ci)",
    ]


def test_what_is_muted_no_more_counts_again(api: APIClient) -> None:
    api.patch(SETTINGS, {"muted_sources": ["syslog"]}, format="json")
    note_changes(devices=[make_device("pe1")], source=ChangeSource.SYSLOG, detail="commit")
    coalesce()
    assert ChangeEvent.objects.get().state == "muted"

    api.patch(SETTINGS, {"muted_sources": []}, format="json")

    assert ChangeEvent.objects.get().state == "new"


def test_who_may_view_may_not_change() -> None:
    viewer = client_of(make_user("victor", "view_autosettings"))

    assert viewer.get(SETTINGS).status_code == 200
    assert viewer.patch(SETTINGS, {"wait": 30}, format="json").status_code == 403
