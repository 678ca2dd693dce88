from typing import Any

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from prestage_plugin.models import ChangeEvent, UnknownSender
from prestage_plugin.services.coalesce import coalesce
from prestage_plugin.services.directory import forget_directory
from tests.prestage_plugin.api.conftest import client_of, client_with, make_token
from tests.prestage_plugin.factories import OPERATOR, make_devices, make_user

pytestmark = pytest.mark.django_db
API = "/prestage/api/v1/"
EVENTS = f"{API}events/"
EVENTFUL = (*OPERATOR, "view_changeevent", "add_changeevent", "view_unknownsender")


@pytest.fixture(autouse=True)
def devices(db: None) -> None:
    forget_directory()
    make_devices(3)


@pytest.fixture
def reporter() -> User:
    return make_user("robot", *EVENTFUL)


@pytest.fixture
def api(reporter: User) -> APIClient:
    return client_of(reporter)


def report(api: APIClient, **body: Any) -> Any:
    return api.post(EVENTS, body, format="json")


def test_what_is_reported_is_written_down_with_its_token(reporter: User) -> None:
    client = client_with(make_token(reporter, "events", name="ci"))

    names = ["pe0001", "PE0002.example.org"]
    response = report(client, devices=names, user="bob", detail="rollout")

    assert (response.status_code, response.json()) == (
        202,
        {"accepted": 2, "unknown": 0, "ignored": {}},
    )
    events = list(ChangeEvent.objects.order_by("device__name").select_related("device"))
    assert [event.device.name for event in events] == ["pe0001", "pe0002"]
    assert {(e.source, e.sender, e.actor, e.detail) for e in events} == {
        ("webhook", "robot via token ci", "bob", "rollout")
    }
    [found, _other] = client_of(reporter).get(response["Location"]).json()["results"]
    assert found["fate"] == "received"


def test_devices_that_are_not_known_are_counted_not_refused(api: APIClient) -> None:
    response = report(api, devices=["pe0001", "new1"], addresses=["192.0.2.9"])

    assert (response.status_code, response.json()["unknown"]) == (202, 2)
    [sender] = api.get(f"{API}unknown-senders/").json()["results"]
    assert (sender["sender"], sender["events"], sender["source"]) == ("robot", 2, "webhook")


def test_users_who_are_ignored_start_nothing(api: APIClient, settings: Any) -> None:
    settings.PRESTAGE = settings.PRESTAGE | {"AUTO_IGNORED_USERS": ["prestage"]}

    response = report(api, devices=["pe0001"], user="prestage")

    assert response.json() == {"accepted": 0, "unknown": 0, "ignored": {"ignored-user": 1}}


def test_the_same_report_with_the_same_key_is_taken_once(api: APIClient) -> None:
    for _ in range(2):
        response = api.post(
            EVENTS, {"devices": ["pe0001"]}, format="json", headers={"Idempotency-Key": "1"}
        )
        assert response.json()["accepted"] == 1
    assert ChangeEvent.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "empty"),
        ({"devices": []}, "empty"),
        ({"devices": "pe0001"}, "not-a-list"),
        ({"devices": [1]}, "invalid"),
        ({"devices": [""]}, "blank"),
        ({"device": ["pe0001"]}, "unknown-field"),
        ({"devices": ["x"] * 600, "addresses": ["y"] * 600}, "max-length"),
    ],
)
def test_what_is_no_report(api: APIClient, body: dict[str, Any], code: str) -> None:
    response = report(api, **body)

    assert (response.status_code, response.json()["code"]) == (400, code)
    assert not UnknownSender.objects.exists()


def test_a_token_for_events_can_do_nothing_else(reporter: User) -> None:
    client = client_with(make_token(reporter, "events"))

    for path in ("events/", "jobs/", "unknown-senders/", "tokens/current/", "health/"):
        assert client.get(API + path).status_code == 403, path
    assert client.post(f"{API}jobs/", {}, format="json").status_code == 403


def test_events_have_permissions_of_their_own() -> None:
    answers = {}
    for name in ("view_job", "view_changeevent", "add_changeevent", "view_unknownsender"):
        client = client_of(make_user(name, name))
        answers[name] = (
            client.get(EVENTS).status_code,
            report(client, devices=["pe0001"]).status_code,
            client.get(f"{API}unknown-senders/").status_code,
        )

    assert answers == {
        "view_job": (403, 403, 403),
        "view_changeevent": (200, 403, 403),
        "add_changeevent": (403, 202, 403),
        "view_unknownsender": (403, 403, 200),
    }


def test_events_are_filtered(api: APIClient) -> None:
    report(api, devices=["pe0001"], user="bob")
    ChangeEvent.objects.update(state="muted")
    report(api, devices=["pe0002"], user="carol")

    def found(query: str) -> list[str]:
        return [each["device"] for each in api.get(EVENTS + query).json()["results"]]

    assert found("") == ["pe0002", "pe0001"]
    assert found("?ordering=id") == ["pe0001", "pe0002"]
    assert found("?device=pe0001") == ["pe0001"]
    assert found("?fate=received") == ["pe0002"]
    assert found("?fate=received&fate=muted") == ["pe0002", "pe0001"]
    assert found("?actor=carol") == ["pe0002"]
    assert found("?source=syslog") == []
    assert found("?job=7") == []
    assert found("?received_after=2999-01-01T00:00:00Z") == []
    assert api.get(f"{EVENTS}?fate=lost").status_code == 400


def test_a_change_of_its_fate_changes_the_tag(api: APIClient, settings: Any) -> None:
    settings.PRESTAGE = settings.PRESTAGE | {"AUTO": True}
    report(api, devices=["pe0001"])
    tag = api.get(EVENTS)["ETag"]
    assert api.get(EVENTS, headers={"If-None-Match": tag}).status_code == 304

    coalesce()

    response = api.get(EVENTS, headers={"If-None-Match": tag})
    assert response.status_code == 200
    assert response.json()["results"][0]["fate"] == "pending"


def test_queries_do_not_grow_with_the_events(
    api: APIClient, django_assert_num_queries: Any
) -> None:
    for number in (1, 2, 3):
        report(api, devices=[f"pe000{number}"])
        # session, user, two of the permissions, events
        with django_assert_num_queries(5):
            assert len(api.get(EVENTS).json()["results"]) == number
