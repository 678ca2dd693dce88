from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from rest_framework.test import APIClient

from prestage_plugin.models import ChangeEvent, Device, DeviceEvaluation, Job, RoleChange
from prestage_plugin.services.roles import assign_roles, unassign_roles
from tests.prestage_plugin.factories import (
    OPERATOR,
    make_device,
    make_evaluated_device,
    make_job,
    make_user,
    result_in_full,
)

pytestmark = pytest.mark.django_db
DEVICES = "/prestage/api/v1/devices/"
KNOWN = 4
"""Queries that know the user: session, user, two of the permissions."""


@pytest.fixture
def device(db: None) -> Device:
    return make_evaluated_device("pe1", uni_count=1, excluded_count=1)


def of(device: Device, below: str) -> str:
    return f"{DEVICES}{device.pk}/{below}/"


def test_the_evidence_says_rule_by_rule_why(api: APIClient, device: Device) -> None:
    document = api.get(of(device, "evidence")).json()

    assert (document["id"], document["device"], document["role"]) == (device.pk, "pe1", "N-PE")
    assert document["loopback_alternatives"] == ["10.0.0.2"]
    assert [(rule["id"], rule["verdict"]) for rule in document["rules"]] == [
        ("R2", "fail"),
        ("R3", "pass"),
    ]
    assert document["rules"][1]["evidence"] == [
        {"path": "interfaces/interface[lo0]/unit[0]/family/inet", "value": "10.0.0.1/32"}
    ]
    assert (document["uni_count"], document["excluded_count"]) == (1, 1)
    assert "interfaces" not in document
    assert {api.get(link).status_code for link in document["links"].values()} == {200}


def test_before_its_first_evaluation_a_device_has_no_evidence(api: APIClient) -> None:
    new = make_device("new")

    for below in ("evidence", "interfaces"):
        response = api.get(of(new, below))
        assert (response.status_code, response.json()["code"]) == (404, "not-evaluated")
    assert api.get(of(new, "history")).json()["results"] == []


def test_evidence_is_304_until_the_device_is_evaluated_anew(
    api: APIClient, device: Device, django_assert_num_queries: Any
) -> None:
    for below in ("evidence", "interfaces"):
        with django_assert_num_queries(KNOWN + 1):
            tag = api.get(of(device, below))["ETag"]
        with django_assert_num_queries(KNOWN + 1):
            assert api.get(of(device, below), headers={"If-None-Match": tag}).status_code == 304
        DeviceEvaluation.objects.update(digest=f"another {below}")
        assert api.get(of(device, below), headers={"If-None-Match": tag}).status_code == 200


def names(page: dict[str, Any]) -> list[str]:
    return [each["name"] for each in page["results"]]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["ge-0/0/1", "ge-0/0/2"]),
        ("?verdict=recommended", ["ge-0/0/1"]),
        ("?verdict=excluded&rule=core", ["ge-0/0/2"]),
        ("?rule=free", ["ge-0/0/1"]),
        ("?rule=none", []),
    ],
)
def test_interfaces_have_a_verdict_each(
    api: APIClient, device: Device, query: str, expected: list[str]
) -> None:
    assert names(api.get(of(device, "interfaces") + query).json()) == expected


def test_an_interface_says_why(api: APIClient, device: Device) -> None:
    [_free, core] = api.get(of(device, "interfaces")).json()["results"]

    assert core == {
        "name": "ge-0/0/2",
        "verdict": "excluded",
        "verdict_display": "excluded",
        "rule": "core",
        "matched": [],
        "in_use": False,
        "vlan_pool": [1, 4094],
        "used_vlans": [[7, 7], [10, 20]],
        "warnings": [],
        "evidence": [],
    }


def with_ports(device: Device, *ports: str) -> None:
    result = result_in_full(device)
    template = result["interfaces"][0]
    result["interfaces"] = [template | {"name": port} for port in ports]
    device.evaluation.save()


def test_interfaces_come_in_pages(api: APIClient, device: Device) -> None:
    with_ports(device, "ge-0", "ge-1", "ge-2", "ge-3", "ge-10")
    first = api.get(of(device, "interfaces") + "?page_size=2").json()
    second = api.get(first["next"]).json()
    third = api.get(second["next"]).json()

    assert [names(each) for each in (first, second, third)] == [
        ["ge-0", "ge-1"],
        ["ge-2", "ge-3"],
        ["ge-10"],
    ]
    assert (first["previous"], third["next"]) == (None, None)
    assert api.get(third["previous"]).json()["results"] == second["results"]
    with_ports(device, "fe-0", "ge-0", "ge-1", "ge-2", "ge-3")
    assert names(api.get(first["next"]).json()) == ["ge-2", "ge-3"], "a port came before"
    with_ports(device, "ge-0")
    assert names(api.get(third["previous"]).json()) == []


@pytest.mark.parametrize(
    "query",
    [
        "verdict=pass",
        "verdict=",
        "cursor=",
        "cursor=W10",
        "cursor=%00",
        "cursor=WzEsMl0",
        "cursor=Wy0xLCJhIl0",
        "cursor=W3RydWUsImEiXQ",
        "page_size=0",
        "fields=secret",
        "ordering=name",
    ],
)
def test_a_wrong_parameter_of_interfaces_is_refused(
    api: APIClient, device: Device, query: str
) -> None:
    response = api.get(f"{of(device, 'interfaces')}?{query}")

    assert response.status_code == 400
    assert response.json()["errors"][0]["parameter"] == query.partition("=")[0]


def test_interfaces_are_exported(api: APIClient, device: Device) -> None:
    response = api.get(of(device, "interfaces") + "?format=csv")

    table = b"".join(response.streaming_content).decode().splitlines()  # type: ignore[attr-defined]
    assert table[0] == "name,verdict,rule,in_use,vlan_pool,used_vlans,warnings"
    assert table[2] == 'ge-0/0/2,excluded,core,False,"[1, 4094]","[[7, 7], [10, 20]]",[]'


def test_the_history_says_who_changed_the_role(api: APIClient, device: Device) -> None:
    assign_roles(device_ids=[device.pk], actor="alice via token ci")
    unassign_roles(device_ids=[device.pk], actor="bob")

    taken, given = api.get(of(device, "history")).json()["results"]

    assert (given["kind"], given["role_before"], given["role_after"]) == ("assigned", None, "N-PE")
    assert (given["actor"], given["job"]) == ("alice via token ci", None)
    assert (taken["kind_display"], taken["role_before_display"]) == ("Un-assigned", "N-PE")
    only = api.get(of(device, "history") + "?kind=assigned").json()["results"]
    assert only == [given]


def test_events_say_what_became_of_them(api: APIClient, device: Device) -> None:
    ChangeEvent.objects.create(device=device, source="syslog", actor="joe", sender="192.0.2.1")
    ChangeEvent.objects.create(device=device, source="webhook", state="muted")
    ChangeEvent.objects.create(device=make_device("pe2"), source="syslog")

    muted, received = api.get(of(device, "events")).json()["results"]

    assert (received["source"], received["source_display"]) == ("syslog", "Syslog")
    assert (received["fate"], received["fate_display"]) == ("received", "Received")
    assert (received["actor"], received["job"]) == ("joe", None)
    assert muted["fate"] == "muted"
    sources = api.get(of(device, "events") + "?source=webhook").json()["results"]
    assert [each["id"] for each in sources] == [muted["id"]]
    soon = (timezone.now() + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert api.get(of(device, "events") + f"?received_after={soon}").json()["results"] == []


def test_an_event_whose_fate_changes_has_another_tag(api: APIClient, device: Device) -> None:
    ChangeEvent.objects.create(device=device, source="syslog")
    tag = api.get(of(device, "events"))["ETag"]
    ChangeEvent.objects.update(state="muted")

    response = api.get(of(device, "events"), headers={"If-None-Match": tag})

    assert response.status_code == 200


def test_jobs_of_a_device_are_those_that_one_may_see(
    api: APIClient, operator: User, device: Device
) -> None:
    own = make_job(operator, dry_run=True)
    make_job(make_user("bob", *OPERATOR))

    [row] = api.get(of(device, "jobs")).json()["results"]

    assert row["job"] == {
        "id": own.pk,
        "name": own.name,
        "state": "scheduled",
        "state_display": "Job Scheduled",
        "link": f"http://testserver/prestage/api/v1/jobs/{own.pk}/",
    }
    assert (row["state"], row["state_display"], row["error"]) == ("queued", "Queued", None)
    assert "evidence" not in row
    assert api.get(of(device, "jobs") + "?state=failed").json()["results"] == []


def test_queries_do_not_grow_with_what_belongs_to_a_device(
    api: APIClient, operator: User, device: Device, django_assert_num_queries: Any
) -> None:
    for count in (1, 5):
        for _ in range(count):
            ChangeEvent.objects.create(device=device, source="syslog")
            RoleChange.objects.create(device=device, at=timezone.now(), kind="assigned")
            make_job(operator)
        # device, rows; jobs: and the permission to see all of them is known already
        for below in ("history", "events", "jobs"):
            with django_assert_num_queries(KNOWN + 2):
                assert api.get(of(device, below)).status_code == 200
    assert Job.objects.count() == 6
