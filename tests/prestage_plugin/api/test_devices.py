from typing import Any
from urllib.parse import quote

import pytest
from rest_framework.test import APIClient

from tests.prestage_plugin.api.conftest import client_of
from tests.prestage_plugin.factories import make_device, make_evaluated_device, make_user

pytestmark = pytest.mark.django_db
DEVICES = "/prestage/api/v1/devices/"


@pytest.fixture
def fleet(db: None) -> None:
    make_device("p1", recommended_role="P", assigned_role="P")
    make_device("pe1", recommended_role="N-PE", platform="iosxr")
    make_device("PE2", recommended_role="P", assigned_role="N-PE")
    make_device("x", in_inventory=False)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["PE2", "p1", "pe1", "x"]),
        ("?recommended_role=P", ["PE2", "p1"]),
        ("?recommended_role=N-PE&recommended_role=P", ["PE2", "p1", "pe1"]),
        ("?assigned_role=N-PE", ["PE2"]),
        ("?assigned_role=", ["pe1", "x"]),
        ("?name=pe", ["PE2", "pe1"]),
        ("?platform=iosxr", ["pe1"]),
        ("?in_inventory=false", ["x"]),
        ("?in_inventory=true&assigned_role=", ["pe1"]),
        ("?page_size=2", ["PE2", "p1"]),
    ],
)
def test_devices_are_listed_by_name_and_filtered(
    api: APIClient, fleet: None, query: str, names: list[str]
) -> None:
    results = api.get(DEVICES + query).json()["results"]

    assert [device["name"] for device in results] == names


@pytest.mark.parametrize(
    "query",
    [
        "?role=P",
        "?assigned_role=PE",
        "?in_inventory=1",
        "?name=%00",
        "?cursor=cD0lMDA=",
        "?platform=%00",
    ],
)
def test_a_parameter_that_is_wrong_is_refused(api: APIClient, query: str) -> None:
    assert api.get(DEVICES + query).status_code == 400


def test_pages_go_forth_and_back(api: APIClient, fleet: None) -> None:
    first = api.get(f"{DEVICES}?page_size=3").json()
    second = api.get(first["next"]).json()

    assert [device["name"] for device in second["results"]] == ["x"]
    assert api.get(second["previous"]).json()["results"] == first["results"]


def test_drift_is_shown(api: APIClient, fleet: None) -> None:
    drift = {device["name"]: device["drift"] for device in api.get(DEVICES).json()["results"]}

    assert drift == {"PE2": True, "p1": False, "pe1": False, "x": False}


def test_a_device_says_why_it_got_its_role(api: APIClient) -> None:
    router = make_evaluated_device("pe1")
    make_device("pe1:LS1", parent=router)

    document = api.get(f"{DEVICES}pe1/").json()

    assert (document["recommended_role"], document["assigned_role"]) == ("N-PE", None)
    assert document["logical_systems"] == ["pe1:LS1"]
    assert document["links"] == {"self": f"http://testserver{DEVICES}pe1/"}
    evaluation = document["evaluation"]
    assert evaluation["loopback_alternatives"] == ["10.0.0.2"]
    assert [rule["verdict"] for rule in evaluation["rules"]] == ["fail", "pass"]
    assert evaluation["rules"][1]["evidence"][0]["value"] == "10.0.0.1/32"
    assert [each["verdict"] for each in evaluation["interfaces"]] == ["recommended", "excluded"]


def test_a_device_that_was_never_evaluated_has_no_evaluation(api: APIClient) -> None:
    make_device("new")

    assert api.get(f"{DEVICES}new/").json()["evaluation"] is None


@pytest.mark.parametrize("name", ["pe1:LS1", "a/b", "a b", "<script>", "\u00e4", "%2F", "?#"])
def test_a_device_of_any_name_is_found_by_its_link(api: APIClient, name: str) -> None:
    make_device(name, parent=make_device("router"))
    results = api.get(f"{DEVICES}?name={quote(name)}").json()["results"]

    document = api.get(results[0]["links"]["self"]).json()

    assert (document["name"], document["router"]) == (name, "router")


def test_devices_are_for_those_who_may_view_them() -> None:
    make_device("pe1")

    answers = {
        permissions: client_of(make_user(f"user{number}", *permissions)).get(DEVICES).status_code
        for number, permissions in enumerate(
            [(), ("run_job",), ("view_device",), ("change_device",)]
        )
    }

    assert answers == {(): 403, ("run_job",): 403, ("view_device",): 200, ("change_device",): 200}


def test_queries_do_not_grow_with_the_devices(
    api: APIClient, django_assert_num_queries: Any
) -> None:
    for count in (1, 10):
        for number in range(count):
            router = make_device(f"r{count}-{number}")
            make_device(f"r{count}-{number}:LS", parent=router)
        # session, user, two of the permissions, devices
        with django_assert_num_queries(5):
            assert api.get(DEVICES).status_code == 200
