from typing import Any

import pytest
from rest_framework.test import APIClient

from nornir_tasks.rules import RULES, profiles
from tests.prestage_plugin.api.conftest import client_of, client_with, make_token
from tests.prestage_plugin.factories import make_user

pytestmark = pytest.mark.django_db
API = "/prestage/api/v1/"


@pytest.fixture
def api(db: None) -> APIClient:
    return client_of(make_user("anybody"))


def test_every_rule_is_listed_with_a_sample(api: APIClient) -> None:
    rows = api.get(f"{API}rules/").json()["results"]

    assert [row["id"] for row in rows] == [rule.id for rule in RULES]
    assert rows[1] == {
        "id": "R2",
        "name": "ebgp",
        "scope": "device",
        "scope_display": "Device",
        "check": "BGP type",
        "description": "EBGP in the main instance makes the device a P router.",
        "sample": RULES[1].sample,
        "profiles": ["csd", "extended"],
        "links": {"self": f"http://testserver{API}rules/R2/"},
    }
    assert {api.get(row["links"]["self"]).status_code for row in rows} == {200}


def test_rules_are_filtered_by_what_they_judge(api: APIClient) -> None:
    rows = api.get(f"{API}rules/?scope=device&fields=id").json()["results"]

    assert rows == [{"id": f"R{number}"} for number in range(1, 7)]


def test_a_sample_can_be_judged(api: APIClient) -> None:
    judge = client_of(make_user("viewer", "view_device"))
    for rule in api.get(f"{API}rules/?scope=device").json()["results"]:
        document = judge.post(
            f"{API}classify/", rule["sample"], content_type="application/xml"
        ).json()
        verdicts = {each["id"]: each["evidence"] for each in document["results"][0]["rules"]}
        assert verdicts[rule["id"]], rule["id"]


def test_every_profile_says_which_rules_it_asks(api: APIClient) -> None:
    csd, extended = api.get(f"{API}profiles/").json()["results"]

    assert (csd["name"], csd["is_default"]) == ("csd", True)
    assert extended["is_default"] is False
    assert extended["device_rules"] == ["R1", "R2", "R3", "R4", "R5", "R6"]
    assert extended["switches"] == {
        "ipv6_loopback_counts": False,
        "bare_pe_token": True,
        "infer_ebgp": True,
        "capabilities_from_services": True,
    }
    known = {rule.id for rule in RULES}
    assert {*csd["device_rules"], *csd["uni_rules"]} <= known
    assert api.get(extended["links"]["self"]).json() == extended
    assert len(profiles()) == 2


def test_the_site_says_which_profile_is_the_default(api: APIClient, settings: Any) -> None:
    settings.PRESTAGE = settings.PRESTAGE | {"PROFILE": "extended"}

    assert api.get(f"{API}profiles/extended/").json()["is_default"]


@pytest.mark.parametrize("path", ["rules/", "rules/R1/", "profiles/", "profiles/csd/"])
def test_they_cost_no_query_and_are_304(
    api: APIClient, django_assert_num_queries: Any, path: str
) -> None:
    # session, user
    with django_assert_num_queries(2):
        tag = api.get(API + path)["ETag"]

    assert api.get(API + path, headers={"If-None-Match": tag}).status_code == 304


@pytest.mark.parametrize("path", ["rules/R9/", "profiles/none/", "rules/%00/", "rules/R1/x/"])
def test_what_does_not_exist_is_404(api: APIClient, path: str) -> None:
    assert api.get(API + path).status_code == 404


@pytest.mark.parametrize("query", ["scope=all", "scope=", "cursor=x", "fields=x", "ordering=id"])
def test_a_wrong_parameter_is_refused(api: APIClient, query: str) -> None:
    assert api.get(f"{API}rules/?{query}").status_code == 400


def test_they_are_for_whoever_is_known() -> None:
    user = make_user("anybody")
    for path in ("rules/", "rules/R1/", "profiles/", "profiles/csd/"):
        assert client_of(None).get(API + path).status_code == 401
        assert client_with(make_token(user, "read", name=path)).get(API + path).status_code == 200
        token = make_token(user, "jobs", "roles", "events", name=f"not {path}")
        assert client_with(token).get(API + path).status_code == 403
