from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from prestage_plugin.models import Device, RoleChange
from tests.prestage_plugin.api.conftest import client_of, client_with, make_token
from tests.prestage_plugin.factories import make_device, make_user

pytestmark = pytest.mark.django_db
API = "/prestage/api/v1/"
LIST = f"{API}recommendations/"
KNOWN = 4
"""Queries that know the user: session, user, two of the permissions."""


@pytest.fixture
def fleet(db: None) -> None:
    make_device("assigned", recommended_role="P", assigned_role="P")
    make_device("drifted", recommended_role="N-PE", assigned_role="P", reason="comment")
    make_device("gone", recommended_role="P", in_inventory=False)
    make_device("new")
    make_device("ready", recommended_role="N-PE", groups=["edge"], loopback="10.0.0.1")
    make_device("silent", recommended_role="", assigned_role="P")
    make_device("unknown", recommended_role="UNKNOWN", reason="no-loopback")


@pytest.fixture
def api(db: None) -> APIClient:
    return client_of(make_user("erin", "view_device", "assign_role"))


def names(page: dict[str, Any]) -> list[str]:
    return [each["name"] for each in page["results"]]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["drifted", "gone", "ready", "unknown"]),
        ("state=drifted", ["drifted"]),
        ("state=unconfirmed", ["gone", "ready", "unknown"]),
        ("state=drifted&state=unconfirmed", ["drifted", "gone", "ready", "unknown"]),
        ("assignable=true", ["gone", "ready"]),
        ("assignable=false", ["drifted", "unknown"]),
        ("assignable=true&in_inventory=true", ["ready"]),
        ("group=edge", ["ready"]),
        ("recommended_role=UNKNOWN", ["unknown"]),
    ],
)
def test_what_is_recommended_and_not_assigned_is_listed(
    api: APIClient, fleet: None, query: str, expected: list[str]
) -> None:
    assert names(api.get(f"{LIST}?{query}").json()) == expected


def test_a_recommendation_says_what_it_is(api: APIClient, fleet: None) -> None:
    rows = {each["name"]: each for each in api.get(LIST).json()["results"]}

    shown = {name: (row["state"], row["assignable"]) for name, row in rows.items()}
    assert shown == {
        "drifted": ("drifted", False),
        "gone": ("unconfirmed", True),
        "ready": ("unconfirmed", True),
        "unknown": ("unconfirmed", False),
    }
    assert rows["drifted"]["state_display"] == "Drifted"
    assert (rows["drifted"]["assigned_role"], rows["drifted"]["reason"]) == ("P", "comment")
    assert api.get(rows["ready"]["links"]["self"]).status_code == 200


@pytest.mark.parametrize("query", ["state=new", "drift=true", "assignable=1", "ordering=state"])
def test_a_parameter_that_is_wrong_is_refused(api: APIClient, query: str) -> None:
    assert api.get(f"{LIST}?{query}").status_code == 400


def assign(api: APIClient, body: Any, **headers: str) -> Any:
    return api.post(f"{LIST}assign/", body, format="json", headers=headers)


def test_all_that_can_be_confirmed_is_confirmed(api: APIClient, fleet: None) -> None:
    document = assign(api, {"all": True}).json()

    assert (document["done"], document["skipped"]) == (1, 0)
    assert names(document) == ["ready"]
    ready = Device.objects.get(name="ready")
    assert (ready.assigned_role, ready.assigned_loopback) == ("N-PE", "10.0.0.1")
    assert ready.assigned_by == "erin"
    assert names(api.get(LIST).json()) == ["drifted", "gone", "unknown"]


def test_all_can_be_narrowed_to_a_role(api: APIClient, fleet: None) -> None:
    make_device("p1", recommended_role="P")

    assert names(assign(api, {"all": True, "recommended_role": "P"}).json()) == ["p1"]


def test_some_are_confirmed_each_for_itself(api: APIClient, fleet: None) -> None:
    wanted = ["unknown", "ready", "drifted", "assigned"]
    ids = [Device.objects.get(name=name).pk for name in wanted]

    document = assign(api, {"ids": [*ids, 10**9]}).json()

    assert [(each["name"], each["code"]) for each in document["results"]] == [
        ("unknown", "no-recommendation"),
        ("ready", None),
        ("drifted", "role-assigned"),
        ("assigned", "role-assigned"),
        (None, "not-found"),
    ]


def test_confirming_is_carried_out_once_for_a_key(api: APIClient, fleet: None) -> None:
    key = {"Idempotency-Key": "k"}
    first, again = (assign(api, {"all": True}, **key) for _ in range(2))

    assert (first.json()["done"], again.json()) == (1, first.json())
    assert again["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"all": False},
        {"all": 1},
        {"ids": []},
        {"ids": [1], "all": True},
        {"ids": [1], "recommended_role": "P"},
        {"all": True, "recommended_role": "UNKNOWN"},
        {"all": True, "state": "drifted"},
        [],
    ],
)
def test_what_is_meant_must_be_said(api: APIClient, fleet: None, body: Any) -> None:
    assert assign(api, body).status_code == 400
    assert not RoleChange.objects.exists()


def test_thousands_are_confirmed_for_a_few_statements(
    api: APIClient, django_assert_max_num_queries: Any
) -> None:
    Device.objects.bulk_create(
        Device(name=f"r{number:04}", recommended_role="P") for number in range(1200)
    )
    # three batches of: savepoint, lock, write, history, savepoint
    with django_assert_max_num_queries(KNOWN + 1 + 3 * 8):
        document = assign(api, {"all": True}).json()

    assert (document["done"], document["skipped"], len(document["results"])) == (1200, 0, 1200)
    assert document["results"][0]["name"] == "r0000"


def test_drift_is_listed_with_its_time_and_counted(api: APIClient, fleet: None) -> None:
    device = Device.objects.get(name="drifted")
    for number in range(2):
        at = timezone.now().replace(year=2020 + number)
        RoleChange.objects.create(device=device, at=at, kind="drifted")

    [row] = api.get(f"{API}drift/").json()["results"]

    assert (row["name"], row["assigned_role"], row["recommended_role"]) == ("drifted", "P", "N-PE")
    assert row["since"].startswith("2021-")
    assert api.get(f"{API}drift/count/").json() == {"count": 1}
    assert api.get(f"{API}drift/?assigned_role=N-PE").json()["results"] == []
    assert api.get(f"{API}drift/?drift=true").status_code == 400


def test_queries_do_not_grow_with_the_devices(
    api: APIClient, django_assert_num_queries: Any
) -> None:
    for start, count in ((0, 1), (10, 10)):
        for number in range(count):
            make_device(f"a{start + number}", recommended_role="P")
            make_device(f"b{start + number}", recommended_role="P", assigned_role="N-PE")
        for path in (LIST, f"{API}drift/", f"{API}drift/count/"):
            with django_assert_num_queries(KNOWN + 1):
                assert api.get(path).status_code == 200


def test_each_needs_its_permission_and_its_scope() -> None:
    viewer, nobody = make_user("viewer", "view_device"), make_user("nobody", "assign_role")
    editor = make_user("editor", "view_device", "assign_role")
    for path in (LIST, f"{API}drift/", f"{API}drift/count/"):
        assert client_of(viewer).get(path).status_code == 200
        assert client_of(nobody).get(path).status_code == 403
        assert client_of(None).get(path).status_code == 401
        assert client_with(make_token(editor, "roles", name=path)).get(path).status_code == 403
    assert assign(client_of(viewer), {"all": True}).status_code == 403
    assert assign(client_of(nobody), {"all": True}).status_code == 403
    for scope, status in [("read", 403), ("jobs", 403), ("roles", 200)]:
        client = client_with(make_token(editor, scope, name=scope))
        assert assign(client, {"all": True}).status_code == status
