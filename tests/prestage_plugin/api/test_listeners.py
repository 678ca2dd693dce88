from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from prestage_plugin.models import ListenerStatus
from prestage_plugin.services.listeners import ListenerReport, report
from tests.prestage_plugin.api.conftest import client_of
from tests.prestage_plugin.factories import make_user

pytestmark = pytest.mark.django_db
LISTENERS = "/prestage/api/v1/listeners/"


@pytest.fixture
def api() -> APIClient:
    return client_of(make_user("victor", "view_listenerstatus"))


@pytest.fixture
def running() -> ListenerStatus:
    now = timezone.now()
    counters = {"syslog": {"received": 7, "triggers": 3}}
    for name, ended in (("running", False), ("silent", False), ("ended", True)):
        listener = ListenerReport(name=name, started_at=now, counters=counters, lost=2, ended=ended)
        report(listener=listener)
    fell_silent(name="silent")
    return ListenerStatus.objects.get(name="running")


def fell_silent(name: str) -> None:
    an_hour_ago = timezone.now() - timedelta(hours=1)
    ListenerStatus.objects.filter(name=name).update(seen_at=an_hour_ago)


def test_each_says_whether_it_lives_and_what_it_counted(
    api: APIClient, running: ListenerStatus
) -> None:
    rows = api.get(LISTENERS).json()["results"]

    assert [(row["name"], row["state"], row["state_display"]) for row in rows] == [
        ("ended", "ended", "Ended"),
        ("running", "running", "Running"),
        ("silent", "silent", "Silent"),
    ]
    assert api.get(rows[1]["links"]["self"]).json() == rows[1]
    assert (rows[1]["counters"], rows[1]["lost"]) == (running.counters, 2)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("?state=silent", ["silent"]),
        ("?state=running&state=ended", ["ended", "running"]),
        ("?name=SIL", ["silent"]),
        ("?ordering=-name", ["silent", "running", "ended"]),
    ],
)
def test_they_are_filtered_and_ordered(
    api: APIClient, running: ListenerStatus, query: str, names: list[str]
) -> None:
    assert [row["name"] for row in api.get(f"{LISTENERS}{query}").json()["results"]] == names


def test_who_polls_hears_that_one_fell_silent(api: APIClient, running: ListenerStatus) -> None:
    path = f"{LISTENERS}{running.pk}/"
    tag = api.get(path)["ETag"]
    assert api.get(path, headers={"If-None-Match": tag}).status_code == 304

    fell_silent(name="running")

    assert api.get(path, headers={"If-None-Match": tag}).json()["state"] == "silent"
