from typing import Any

import pytest
from rest_framework.test import APIClient

from prestage_plugin.models import Device, RoleException
from tests.prestage_plugin.api.conftest import client_of
from tests.prestage_plugin.factories import make_device, make_evaluated_device, make_user

pytestmark = pytest.mark.django_db
DEVICES = "/prestage/api/v1/devices/"


@pytest.fixture
def fleet(db: None) -> None:
    make_device("p1", recommended_role="P", assigned_role="P", address="192.0.2.1")
    make_device("pe1", recommended_role="N-PE", platform="iosxr", groups=["edge", "süd"])
    muted = make_device(
        "PE2", recommended_role="P", assigned_role="N-PE", groups=["edges"], events_muted=True
    )
    RoleException.objects.create(device=muted, kind="exclude")
    make_device("x", in_inventory=False)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["PE2", "p1", "pe1", "x"]),
        ("recommended_role=P", ["PE2", "p1"]),
        ("recommended_role=N-PE&recommended_role=P", ["PE2", "p1", "pe1"]),
        ("assigned_role=N-PE", ["PE2"]),
        ("assigned_role=", ["pe1", "x"]),
        ("name=pe1", ["pe1"]),
        ("name=pe1&name=x", ["pe1", "x"]),
        ("name=pe", []),
        ("search=pe", ["PE2", "pe1"]),
        ("search=192.0.2", ["p1"]),
        ("platform=iosxr", ["pe1"]),
        ("group=edge", ["pe1"]),
        ("group=süd", ["pe1"]),
        ("group=edge&drift=true", []),
        ("drift=true", ["PE2"]),
        ("drift=false", ["p1", "pe1", "x"]),
        ("events_muted=true", ["PE2"]),
        ("has_exceptions=true", ["PE2"]),
        ("has_exceptions=false", ["p1", "pe1", "x"]),
        ("in_inventory=false", ["x"]),
        ("in_inventory=true&assigned_role=", ["pe1"]),
        ("page_size=2", ["PE2", "p1"]),
        ("ordering=-name&page_size=2", ["x", "pe1"]),
        ("id=0", []),
    ],
)
def test_devices_are_listed_by_name_and_filtered(
    api: APIClient, fleet: None, query: str, names: list[str]
) -> None:
    results = api.get(f"{DEVICES}?{query}").json()["results"]

    assert [device["name"] for device in results] == names


def test_some_devices_are_chosen_by_their_ids(api: APIClient, fleet: None) -> None:
    ids = list(Device.objects.filter(name__in=["p1", "x"]).values_list("pk", flat=True))

    results = api.get(f"{DEVICES}?id={ids[0]}&id={ids[1]}").json()["results"]

    assert [device["name"] for device in results] == ["p1", "x"]


@pytest.mark.parametrize(
    "query",
    [
        "role=P",
        "assigned_role=PE",
        "in_inventory=1",
        "drift=yes",
        "name=%00",
        "id=x",
        "id=-1",
        "id=",
        f"id={'9' * 30}",
        "search=",
        "cursor=cD0lMDA=",
        "platform=%00",
        "group=%00",
    ],
)
def test_a_parameter_that_is_wrong_is_refused(api: APIClient, query: str) -> None:
    response = api.get(f"{DEVICES}?{query}")

    assert response.status_code == 400
    assert response.json()["errors"][0]["parameter"] == query.partition("=")[0]


def test_pages_go_forth_and_back(api: APIClient, fleet: None) -> None:
    first = api.get(f"{DEVICES}?page_size=3").json()
    second = api.get(first["next"]).json()

    assert [device["name"] for device in second["results"]] == ["x"]
    assert api.get(second["previous"]).json()["results"] == first["results"]


def test_drift_is_shown(api: APIClient, fleet: None) -> None:
    drift = {device["name"]: device["drift"] for device in api.get(DEVICES).json()["results"]}

    assert drift == {"PE2": True, "p1": False, "pe1": False, "x": False}


def test_a_device_shows_its_roles_as_states_and_words(api: APIClient) -> None:
    router = make_evaluated_device("pe1", assigned_role="P")
    system = make_device("pe1:LS1", parent=router, recommended_role="UNKNOWN")

    document = api.get(f"{DEVICES}{router.pk}/").json()
    below = api.get(f"{DEVICES}{system.pk}/").json()

    assert (document["recommended_role"], document["recommended_role_display"]) == ("N-PE", "N-PE")
    assert (document["assigned_role"], document["drift"]) == ("P", True)
    assert document["logical_systems"] == [{"id": system.pk, "name": "pe1:LS1"}]
    assert document["links"]["self"] == f"http://testserver{DEVICES}{router.pk}/"
    assert (below["assigned_role"], below["assigned_role_display"]) == (None, None)
    assert below["router"] == {"id": router.pk, "name": "pe1"}


def test_every_link_of_a_device_leads_somewhere(api: APIClient) -> None:
    device = make_evaluated_device("pe1")
    links = api.get(f"{DEVICES}{device.pk}/").json()["links"]

    statuses = {name: api.get(address).status_code for name, address in links.items()}

    # Exceptions need a permission of their own.
    assert statuses.pop("exceptions") == 403
    assert set(statuses.values()) == {200}


def test_whatever_changes_in_a_device_changes_its_tag(api: APIClient) -> None:
    device = make_device("pe1")
    path = f"{DEVICES}{device.pk}/"
    tags = [api.get(path)["ETag"]]
    make_device("pe1:LS1", parent=device)
    tags.append(api.get(path)["ETag"])
    Device.objects.filter(pk=device.pk).update(events_muted=True)
    tags.append(api.get(path)["ETag"])
    RoleException.objects.create(device=device, kind="exclude")
    tags.append(api.get(path)["ETag"])

    assert len(set(tags)) == len(tags)
    assert api.get(path, headers={"If-None-Match": tags[-1]}).status_code == 304


@pytest.mark.parametrize(
    "name", ["pe1:LS1", "a/b", "/", "..", "a/evidence/", "a b", "<script>", "ä", "%2F", "?#", "7"]
)
def test_a_device_of_any_name_is_found(api: APIClient, name: str) -> None:
    device = make_device(name, parent=make_device("router"))

    found = api.get(f"{DEVICES}by-name/", {"name": name})

    assert (found.status_code, found["Location"]) == (
        302,
        f"http://testserver{DEVICES}{device.pk}/",
    )
    assert api.get(found["Location"]).json()["name"] == name
    listed = api.get(DEVICES, {"name": name}).json()["results"]
    assert [each["id"] for each in listed] == [device.pk]


def test_a_name_that_no_device_has_is_not_found(api: APIClient) -> None:
    assert api.get(f"{DEVICES}by-name/?name=pe1").status_code == 404
    for query in ("", "?name=", "?name=%00", "?id=1"):
        assert api.get(f"{DEVICES}by-name/{query}").status_code == 400, query


@pytest.mark.parametrize("below", ["", "evidence/", "interfaces/", "history/", "events/", "jobs/"])
def test_an_unknown_device_has_nothing(api: APIClient, below: str) -> None:
    for device_id in (1, 10**30):
        response = api.get(f"{DEVICES}{device_id}/{below}")
        assert (response.status_code, response.json()["code"]) == (404, "not-found")


def test_devices_are_for_those_who_may_view_them() -> None:
    pk = make_evaluated_device("pe1").pk
    paths = [
        DEVICES,
        f"{DEVICES}by-name/?name=pe1",
        *(f"{DEVICES}{pk}/{below}" for below in ("", "evidence/", "interfaces/", "history/")),
        *(f"{DEVICES}{pk}/{below}" for below in ("events/", "jobs/")),
    ]
    kinds = [(), ("run_job",), ("assign_role",), ("view_device",), ("change_device",)]
    clients = {each: client_of(make_user(f"u{len(each)}{each}"[:30], *each)) for each in kinds}

    for path in paths:
        statuses = {kind: client.get(path).status_code for kind, client in clients.items()}
        assert {kind for kind, status in statuses.items() if status == 403} == set(kinds[:3]), path
        assert client_of(None).get(path).status_code == 401


def test_devices_are_exported(api: APIClient, fleet: None) -> None:
    table = b"".join(api.get(f"{DEVICES}?format=csv&fields=name,drift").streaming_content)  # type: ignore[attr-defined]

    assert table.decode().split() == ["name,drift", "PE2,True", "p1,False", "pe1,False", "x,False"]


def test_queries_do_not_grow_with_the_devices(
    api: APIClient, django_assert_num_queries: Any
) -> None:
    for count in (1, 10):
        for number in range(count):
            router = make_device(f"r{count}-{number}", groups=["edge"])
            make_device(f"r{count}-{number}:LS", parent=router)
        # session, user, two of the permissions, devices
        with django_assert_num_queries(5):
            assert api.get(DEVICES).status_code == 200
        with django_assert_num_queries(5):
            query = "?group=edge&drift=false&has_exceptions=false&search=r"
            assert api.get(DEVICES + query).status_code == 200


def test_queries_of_one_device(api: APIClient, django_assert_num_queries: Any) -> None:
    router = make_device("r1")
    make_device("r1:LS", parent=router)
    path = f"{DEVICES}{router.pk}/"
    # session, user, two of the permissions, device, logical systems for the tag
    with django_assert_num_queries(7):  # and for the document
        tag = api.get(path)["ETag"]
    with django_assert_num_queries(6):
        assert api.get(path, headers={"If-None-Match": tag}).status_code == 304
