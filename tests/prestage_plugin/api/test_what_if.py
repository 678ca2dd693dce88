import json
from typing import Any

import pytest
from rest_framework.test import APIClient

from prestage_plugin.api.what_if import views
from prestage_plugin.models import Device, RoleException
from tests.prestage_plugin.api.conftest import client_of, client_with, make_token
from tests.prestage_plugin.factories import make_device, make_user
from tests.prestage_plugin.stored import BORDER, L3, store

pytestmark = pytest.mark.django_db
WHAT_IF = "/prestage/api/v1/what-if/"
KNOWN = 4
"""Queries that know the user: session, user, two of the permissions."""


@pytest.fixture
def fleet(db: None) -> None:
    store("asbr1", BORDER, assigned_role="P", groups=["edge"])
    store("asbr2", BORDER)
    store("pe1", L3)
    make_device("new")


def names(page: dict[str, Any]) -> list[str]:
    return [each["name"] for each in page["results"]]


def test_devices_whose_role_would_be_another_are_shown(api: APIClient, fleet: None) -> None:
    page = api.get(f"{WHAT_IF}?profile=extended").json()

    assert names(page) == ["asbr1", "asbr2"]
    assert page["next"] is None
    assert page["tally"] == {
        "examined": 4,
        "unknown": 1,
        "roles": [{"now": "P", "then": "N-PE", "count": 2}],
    }
    first = page["results"][0]
    assert (first["now"]["role"], first["then"]["role_display"]) == ("P", "N-PE")
    assert (first["assigned_role"], first["would_drift"]) == ("P", True)
    assert "role" in first["changes"]
    assert first["problem"] is None
    assert {api.get(link).status_code for link in first["links"].values()} == {200}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", []),
        ("capability_policy=all", ["pe1"]),
        ("profile=extended&capability_policy=all", ["asbr1", "asbr2", "pe1"]),
        ("show=any", ["asbr2"]),
        ("show=all", ["asbr1", "asbr2", "new", "pe1"]),
        ("show=all&assigned_role=P", ["asbr1"]),
        ("show=all&group=edge", ["asbr1"]),
        ("show=all&name=pe1&name=asbr2", ["asbr2", "pe1"]),
        ("profile=extended&has_exceptions=true", ["asbr2"]),
    ],
)
def test_what_is_asked_for_is_shown(
    api: APIClient, fleet: None, query: str, expected: list[str]
) -> None:
    asbr = Device.objects.get(name="asbr2")
    RoleException.objects.create(device=asbr, kind="exclude-interface", value="ge-0/0/1")

    assert names(api.get(f"{WHAT_IF}?{query}").json()) == expected


def test_of_a_device_without_facts_it_says_so(api: APIClient, fleet: None) -> None:
    [new] = api.get(f"{WHAT_IF}?show=all&name=new").json()["results"]

    assert (new["now"], new["then"], new["changes"]) == (None, None, [])
    assert new["problem"]["code"] == "not-evaluated"


def test_pages_hold_every_device_once(api: APIClient, fleet: None) -> None:
    pages = [api.get(f"{WHAT_IF}?profile=extended&show=all&page_size=3").json()]
    while pages[-1]["next"]:
        pages.append(api.get(pages[-1]["next"]).json())

    assert [names(page) for page in pages] == [["asbr1", "asbr2", "new"], ["pe1"]]
    assert [page["tally"]["examined"] for page in pages] == [3, 1]


def test_a_page_looks_at_some_devices_only(
    api: APIClient, fleet: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "MOST_EXAMINED", 2)
    path = f"{WHAT_IF}?capability_policy=all"

    first = api.get(path).json()
    second = api.get(first["next"]).json()

    assert (names(first), names(second), second["next"]) == ([], ["pe1"], None)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("profile=none", "unknown-profile"),
        ("capability_policy=some", "bad-policy"),
        ("show=changed", "invalid-choice"),
        ("cursor=x", "invalid"),
        ("cursor=NQ", "invalid"),
        ("cursor=IlxkODAwIg", "invalid"),
        ("cursor=IlxcdTAwMDAi", ""),
        ("cursor=Ilx1MDAwMCI", "invalid"),
        ("page_size=0", "invalid"),
        ("fields=id", "unknown-parameter"),
        ("assigned_role=PE", "invalid-choice"),
        ("format=xml", "invalid-choice"),
    ],
)
def test_a_parameter_that_is_wrong_is_refused(api: APIClient, query: str, code: str) -> None:
    response = api.get(f"{WHAT_IF}?{query}")

    assert response.status_code == (400 if code else 200)
    if code:
        assert response.json()["code"] == code


def test_all_of_it_is_streamed(api: APIClient, fleet: None) -> None:
    table: Any = api.get(f"{WHAT_IF}?profile=extended&format=csv&page_size=1")
    lines: Any = api.get(f"{WHAT_IF}?profile=extended&format=jsonl&show=all")

    rows = b"".join(table.streaming_content).decode().splitlines()
    assert [row.split(",")[1] for row in rows] == ["name", "asbr1", "asbr2"]
    documents = [json.loads(line) for line in b"".join(lines.streaming_content).splitlines()]
    assert [each["name"] for each in documents] == ["asbr1", "asbr2", "new", "pe1"]


def test_queries_do_not_grow_with_the_devices(
    api: APIClient, django_assert_num_queries: Any
) -> None:
    for start, count in ((0, 1), (10, 20)):
        for number in range(count):
            store(f"pe{start + number}", BORDER)
        # devices, facts, exceptions
        with django_assert_num_queries(KNOWN + 3):
            assert names(api.get(f"{WHAT_IF}?profile=extended").json())


def test_it_is_for_those_who_may_view_devices(fleet: None) -> None:
    viewer = make_user("viewer", "view_device")
    assert client_of(viewer).get(WHAT_IF).status_code == 200
    assert client_of(make_user("nobody", "run_job")).get(WHAT_IF).status_code == 403
    assert client_of(None).get(WHAT_IF).status_code == 401
    assert client_with(make_token(viewer, "read")).get(WHAT_IF).status_code == 200
    other = make_token(viewer, "jobs", "roles", "events", name="others")
    assert client_with(other).get(WHAT_IF).status_code == 403
