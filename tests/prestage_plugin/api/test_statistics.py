from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from rest_framework.test import APIClient

from prestage_plugin.models import Job, JobDevice, ListenerStatus, UnknownSender, Worker
from tests.prestage_plugin.api.conftest import client_of
from tests.prestage_plugin.factories import (
    OPERATOR,
    make_device,
    make_devices,
    make_job,
    make_user,
)

pytestmark = pytest.mark.django_db
STATISTICS = "/prestage/api/v1/statistics/"


def fail(job: Job, code: str) -> None:
    JobDevice.objects.filter(job=job).update(state="failed", error_code=code)


def ended(job: Job, *, days_ago: float = 0) -> Job:
    then = timezone.now() - timedelta(days=days_ago)
    Job.objects.filter(pk=job.pk).update(state="success", ended_at=then, scheduled_for=then)
    return job


def counts(document: dict[str, Any]) -> dict[str, int]:
    return {each["state"]: each["count"] for each in document["jobs"] if each["count"]}


def test_jobs_are_counted_by_state_within_the_time_and_active_ones_always(
    api: APIClient, operator: User
) -> None:
    make_devices(1)
    ended(make_job(operator), days_ago=0.5)
    ended(make_job(operator), days_ago=3)
    later = timezone.now() + timedelta(days=30)
    make_job(operator, scheduled_for=later)
    ended(make_job(make_user("bob", *OPERATOR)))

    document = api.get(STATISTICS).json()

    assert counts(document) == {"scheduled": 1, "success": 1}
    assert [each["state_display"] for each in document["jobs"]][:2] == [
        "Job Scheduled",
        "In progress",
    ]
    week = (timezone.now() - timedelta(days=7)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert counts(api.get(f"{STATISTICS}?since={week}").json())["success"] == 2
    everything = client_of(make_user("root", *OPERATOR, "view_all_jobs"))
    assert counts(everything.get(STATISTICS).json())["success"] == 2


def test_failures_are_counted_by_code_with_their_meaning(api: APIClient, operator: User) -> None:
    make_devices(2)
    for code, days_ago in [("unreachable", 0), ("timeout-rpc", 0), ("unreachable", 5)]:
        fail(ended(make_job(operator), days_ago=days_ago), code)
    fail(ended(make_job(operator)), "unreachable")
    fail(ended(make_job(make_user("bob", *OPERATOR))), "internal")

    failures = api.get(STATISTICS).json()["failures"]

    assert [(each["code"], each["count"]) for each in failures] == [
        ("unreachable", 4),
        ("timeout-rpc", 2),
    ]
    assert failures[0]["meaning"] == "No route to the device, or its name does not resolve."


def test_devices_are_counted_by_role(api: APIClient) -> None:
    make_device("new")
    make_device("pe1", recommended_role="N-PE", assigned_role="N-PE")
    make_device("pe2", recommended_role="N-PE")
    make_device("drifted", recommended_role="N-PE", assigned_role="P")
    make_device("silent", recommended_role="", assigned_role="P")
    make_device("gone", recommended_role="P", in_inventory=False)

    assert api.get(STATISTICS).json()["devices"] == {
        "total": 5,
        "recommended": {"none": 2, "N-PE": 3, "P": 0, "UNKNOWN": 0},
        "assigned": {"none": 2, "N-PE": 1, "P": 2},
        "unassigned": {"none": 1, "N-PE": 1, "P": 0, "UNKNOWN": 0},
        "unconfirmed": 1,
        "drifted": 1,
    }


def test_what_runs_and_who_is_not_known_is_for_those_who_may_see_it() -> None:
    now = timezone.now()
    times = {"started_at": now, "seen_at": now}
    Worker.objects.create(name="a", proof_at=now, draining=True, **times)
    Worker.objects.create(name="b", proof_at=now, started_at=now, seen_at=now - timedelta(hours=1))
    ListenerStatus.objects.create(name="l", **times)
    for number in range(2):
        values = {"first_at": now, "last_at": now, "events": 6}
        UnknownSender.objects.create(source="syslog", sender=f"192.0.2.{number}", **values)
    viewer = client_of(make_user("viewer", "view_device"))
    more = client_of(make_user("more", "view_device", "view_job", "view_unknownsender"))

    document = more.get(STATISTICS).json()

    assert document["running"] == {"workers": 1, "draining": 1, "listeners": 1}
    assert document["unknown_senders"] == {"senders": 2, "events": 12}
    less = viewer.get(STATISTICS).json()
    assert (less["running"], less["unknown_senders"]) == (None, None)


def test_without_anything_everything_is_zero() -> None:
    api = client_of(make_user("all", "view_device", "view_job", "view_unknownsender"))

    document = api.get(STATISTICS).json()

    assert (document["failures"], counts(document)) == ([], {})
    assert document["unknown_senders"] == {"senders": 0, "events": 0}


@pytest.mark.parametrize(
    ("query", "parameter", "code"),
    [
        ("since=yesterday", "since", "invalid"),
        ("since=2026-01-01T00:00:00", "since", "zone-missing"),
        ("until=", "until", "invalid"),
        ("since=2026-01-02T00:00:00Z&until=2026-01-01T00:00:00Z", "since", "invalid"),
        ("since=2020-01-01T00:00:00Z", "since", "invalid"),
        ("until=0001-01-01T12:00:00Z", "until", "invalid"),
        ("until=0002-01-01T12:00:00Z", "", ""),
        ("until=9998-12-31T00:00:00Z&since=9998-12-30T00:00:00Z", "", ""),
        ("days=3", "days", "unknown-parameter"),
    ],
)
def test_the_time_must_be_one(api: APIClient, query: str, parameter: str, code: str) -> None:
    response = api.get(f"{STATISTICS}?{query}")

    if parameter:
        assert response.status_code == 400
        [error] = response.json()["errors"]
        assert (error["parameter"], error["code"]) == (parameter, code)
    else:
        assert response.status_code == 200


def test_statistics_are_for_those_who_may_view_devices() -> None:
    assert client_of(make_user("nobody", "view_job")).get(STATISTICS).status_code == 403
    assert client_of(None).get(STATISTICS).status_code == 401


def test_it_costs_a_handful_of_queries(operator: User, django_assert_num_queries: Any) -> None:
    api = client_of(make_user("all", "view_device", "view_job", "view_unknownsender"))
    make_devices(3)
    for _ in range(3):
        make_job(operator)
    # session, user, two of the permissions; jobs, failures, devices, senders, workers, listeners
    with django_assert_num_queries(4 + 6):
        assert api.get(STATISTICS).status_code == 200
