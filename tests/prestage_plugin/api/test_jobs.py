from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from django_q.models import OrmQ
from rest_framework.test import APIClient

from prestage_plugin.models import Job
from tests.prestage_plugin.api.conftest import client_of
from tests.prestage_plugin.factories import make_devices, make_job, make_user
from tests.prestage_plugin.services.build import claim_all, failure, run_job

pytestmark = pytest.mark.django_db
JOBS = "/prestage/api/v1/jobs/"


def test_starting_a_job_is_accepted_and_says_where_to_look(api: APIClient) -> None:
    make_devices(2)

    response = api.post(JOBS, {}, format="json")

    job = Job.objects.get()
    assert response.status_code == 202
    assert response["Location"] == f"http://testserver{JOBS}{job.pk}/"
    assert response["Retry-After"] == "2"
    assert OrmQ.objects.count() == 1
    assert response.json() == api.get(response["Location"]).json()


def test_a_job_document_has_state_word_counts_times_and_links(
    api: APIClient, operator: User
) -> None:
    make_devices(3)
    job = run_job(make_job(operator, name="Night run"), {"pe0002": failure()})

    document = api.get(f"{JOBS}{job.pk}/").json()

    assert job.started_at is not None
    started_at = document.pop("started_at")
    times = {key: document.pop(key) for key in ("created_at", "scheduled_for", "ended_at")}
    assert started_at == job.started_at.isoformat().replace("+00:00", "Z")
    assert all(time.endswith("Z") for time in times.values())
    assert document == {
        "id": job.pk,
        "name": "Night run",
        "job_type": "manual",
        "job_type_display": "Manual",
        "state": "failure",
        "state_display": "Failure",
        "cancelling": False,
        "percent": 100,
        "counts": {
            "total": 3,
            "queued": 0,
            "running": 0,
            "prestaged": 2,
            "unchanged": 0,
            "excluded": 0,
            "absorbed": 0,
            "failed": 1,
            "cancelled": 0,
        },
        "summary": "2 of 3 devices prestaged, 1 failed (1 unreachable)",
        "scope": {"kind": "all"},
        "dry_run": False,
        "read_all": False,
        "profile": "csd",
        "capability_policy": "any",
        "failure_threshold": 0,
        "user": "alice",
        "recurrence": None,
        "schedule": None,
        "retry_of": None,
        "links": {
            "self": f"http://testserver{JOBS}{job.pk}/",
            "devices": f"http://testserver{JOBS}{job.pk}/devices/",
            "transitions": f"http://testserver{JOBS}{job.pk}/transitions/",
            "cancel": f"http://testserver{JOBS}{job.pk}/cancel/",
        },
    }


def test_everything_a_consumer_asks_for_reaches_the_job(api: APIClient) -> None:
    make_devices(2)
    tomorrow = timezone.now() + timedelta(days=1)

    response = api.post(
        JOBS,
        {
            "scope": {"devices": ["pe0002"]},
            "job_type": "discover-only",
            "name": "Look at one",
            "dry_run": True,
            "profile": "extended",
            "capability_policy": "all",
            "failure_threshold": 20,
            "scheduled_for": tomorrow.isoformat(),
        },
        format="json",
    )

    job = Job.objects.get()
    assert response.status_code == 202
    assert (job.job_type, job.name, job.dry_run) == ("discover-only", "Look at one", True)
    assert (job.profile, job.capability_policy) == ("extended", "all")
    assert (job.failure_threshold, job.scheduled_for) == (20, tomorrow)
    assert job.scope == {"kind": "devices", "devices": ["pe0002"]}
    assert response.json()["state"] == "scheduled"


@pytest.mark.parametrize(
    ("body", "code", "pointer"),
    [
        ({"scopes": {}}, "unknown-field", "#/scopes"),
        ({"a/b~c d": 1}, "unknown-field", "#/a~1b~0c%20d"),
        ({"scope": []}, "invalid", "#/scope"),
        ({"scope": None}, "null", "#/scope"),
        ({"job_type": "auto"}, "invalid-choice", "#/job_type"),
        ({"job_type": ["manual"]}, "invalid-choice", "#/job_type"),
        ({"name": 5}, "invalid", "#/name"),
        ({"name": "x" * 201}, "max-length", "#/name"),
        ({"dry_run": "yes"}, "invalid", "#/dry_run"),
        ({"dry_run": {}}, "invalid", "#/dry_run"),
        ({"failure_threshold": "5"}, "invalid", "#/failure_threshold"),
        ({"failure_threshold": 10**400}, "max-value", "#/failure_threshold"),
        ({"failure_threshold": -1}, "min-value", "#/failure_threshold"),
        ({"failure_threshold": True}, "invalid", "#/failure_threshold"),
        ({"scheduled_for": "tomorrow"}, "invalid", "#/scheduled_for"),
        ({"scheduled_for": 5}, "invalid", "#/scheduled_for"),
        ({"scheduled_for": "2030-13-01T00:00:00Z"}, "invalid", "#/scheduled_for"),
        ({"scheduled_for": "9999-12-31T23:59:59-23:00"}, "invalid", "#/scheduled_for"),
        ({"scheduled_for": "2030-01-01T00:00:00"}, "zone-missing", "#/scheduled_for"),
        ([], "invalid", "#"),
        ("text", "invalid", "#"),
        (None, "invalid", "#"),
    ],
)
def test_a_body_that_is_wrong_is_refused_and_the_place_is_named(
    api: APIClient, body: Any, code: str, pointer: str
) -> None:
    make_devices(1)

    response = api.post(JOBS, body if body is not None else "null", format="json")

    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"
    assert (response.json()["code"], response.json()["errors"][0]["pointer"]) == (code, pointer)
    assert not Job.objects.exists()


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"scope": {"kind": "some"}}, "bad-scope"),
        ({"scope": {"devices": "pe1"}}, "bad-scope"),
        ({"scope": {"filter": {"color": "red"}}}, "bad-scope"),
        ({"scope": {"devices": ["nobody"]}}, "unknown-devices"),
        ({"scope": {"filter": {"name": "x*"}}}, "no-devices"),
        ({"profile": "none-such"}, "unknown-profile"),
        ({"capability_policy": "some"}, "bad-policy"),
    ],
)
def test_what_the_service_refuses_is_a_problem_with_its_code(
    api: APIClient, body: dict[str, Any], code: str
) -> None:
    make_devices(1)

    response = api.post(JOBS, body, format="json")

    assert (response.status_code, response.json()["code"]) == (400, code)
    assert not Job.objects.exists()


def test_the_same_key_and_body_give_the_same_job(api: APIClient) -> None:
    make_devices(1)
    headers = {"Idempotency-Key": "7f3"}

    first = api.post(JOBS, {"name": "a"}, format="json", headers=headers)
    second = api.post(JOBS, {"name": "a"}, format="json", headers=headers)

    assert (first.status_code, second.status_code) == (202, 202)
    assert first.json()["id"] == second.json()["id"]
    assert Job.objects.count() == 1


def test_the_same_key_with_another_body_is_unprocessable(api: APIClient) -> None:
    make_devices(1)
    headers = {"Idempotency-Key": "7f3"}
    api.post(JOBS, {"name": "a"}, format="json", headers=headers)

    response = api.post(JOBS, {"name": "b"}, format="json", headers=headers)

    assert (response.status_code, response.json()["code"]) == (422, "idempotency-key-reused")
    assert Job.objects.count() == 1


def test_repeating_a_request_after_its_start_time_gives_the_same_job(api: APIClient) -> None:
    make_devices(1)
    soon = timezone.now() + timedelta(hours=1)
    body = {"scheduled_for": soon.isoformat()}
    first = api.post(JOBS, body, format="json", headers={"Idempotency-Key": "k"})

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(timezone, "now", lambda: soon + timedelta(hours=1))
        again = api.post(JOBS, body, format="json", headers={"Idempotency-Key": "k"})
        other = api.post(JOBS, body, format="json", headers={"Idempotency-Key": "l"})

    assert (again.status_code, again.json()["id"]) == (202, first.json()["id"])
    assert (other.status_code, other.json()["code"]) == (400, "in-the-past")


@pytest.mark.parametrize("key", ["x" * 256, "sch\u00f6n", "a\x00b"])
def test_a_key_that_cannot_be_kept_is_refused(api: APIClient, key: str) -> None:
    make_devices(1)

    response = api.post(JOBS, {}, format="json", headers={"Idempotency-Key": key})

    assert (response.status_code, response.json()["code"]) == (400, "bad-idempotency-key")


def test_a_scheduled_job_is_cancelled_at_once_and_again(api: APIClient, operator: User) -> None:
    make_devices(1)
    job = make_job(operator, scheduled_for=timezone.now() + timedelta(days=1))

    answers = [api.post(f"{JOBS}{job.pk}/cancel/", format="json") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert [answer.json()["state"] for answer in answers] == ["cancelled", "cancelled"]


def test_a_running_job_is_cancelling_while_devices_are_in_flight(
    api: APIClient, operator: User
) -> None:
    make_devices(2)
    job = make_job(operator)
    claim_all(job)

    answers = [api.post(f"{JOBS}{job.pk}/cancel/", {}, format="json") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[0]["Retry-After"] == "2"
    assert (answers[0].json()["state"], answers[0].json()["cancelling"]) == ("in-progress", True)


def test_a_finished_job_cannot_be_cancelled(api: APIClient, operator: User) -> None:
    make_devices(1)
    job = run_job(make_job(operator), {})

    response = api.post(f"{JOBS}{job.pk}/cancel/", format="json")

    assert (response.status_code, response.json()["code"]) == (409, "already-finished")


def test_a_cancel_with_unknown_fields_does_nothing(api: APIClient, operator: User) -> None:
    make_devices(1)
    job = make_job(operator)

    response = api.post(f"{JOBS}{job.pk}/cancel/", {"force": True}, format="json")

    assert (response.status_code, response.json()["code"]) == (400, "unknown-field")
    job.refresh_from_db()
    assert job.cancel_requested_at is None


ACCESS = [
    # user's permissions, whose job, list, read, start, cancel
    ((), "own", 1, 200, 403, 200),
    ((), "other", 0, 404, 403, 404),
    (("run_job",), "other", 0, 404, 202, 404),
    (("view_all_jobs",), "other", 1, 200, 403, 403),
    (("cancel_any_job",), "other", 0, 404, 403, 404),
    (("view_all_jobs", "cancel_any_job"), "other", 1, 200, 403, 200),
]


@pytest.mark.parametrize(("permissions", "whose", "listed", "read", "start", "cancel"), ACCESS)
def test_a_user_sees_and_does_what_the_permissions_say(
    permissions: tuple[str, ...], whose: str, listed: int, read: int, start: int, cancel: int
) -> None:
    make_devices(1)
    user = make_user("bob", *permissions)
    owner = user if whose == "own" else make_user("carol", "run_job")
    job = make_job(owner, scheduled_for=timezone.now() + timedelta(days=1))
    client = client_of(user)

    assert len(client.get(JOBS).json()["results"]) == listed
    assert client.get(f"{JOBS}{job.pk}/").status_code == read
    assert client.get(f"{JOBS}{job.pk}/devices/").status_code == read
    assert client.post(JOBS, {}, format="json").status_code == start
    assert client.post(f"{JOBS}{job.pk}/cancel/", format="json").status_code == cancel


@pytest.mark.parametrize("path", ["", "1/", "1/devices/", "1/cancel/"])
def test_strangers_are_refused(path: str) -> None:
    make_devices(1)
    response = client_of(None).get(f"{JOBS}{path}")

    assert response.status_code == 401
    assert response["WWW-Authenticate"] == 'Bearer realm="prestage"'
    assert response.json()["code"] == "not-authenticated"
