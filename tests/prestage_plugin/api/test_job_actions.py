import csv
import json
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from rest_framework.test import APIClient

from prestage_plugin.models import Job, JobTransition
from tests.prestage_plugin.api.conftest import client_of
from tests.prestage_plugin.factories import OPERATOR, make_devices, make_job, make_user
from tests.prestage_plugin.services.build import claim_all, failure, run_job

pytestmark = pytest.mark.django_db
JOBS = "/prestage/api/v1/jobs/"


def later() -> Any:
    return timezone.now() + timedelta(days=1)


def test_stopping_by_force_needs_its_own_permission(api: APIClient, operator: User) -> None:
    make_devices(2)
    job = make_job(operator)
    claim_all(job)
    path = f"{JOBS}{job.pk}/force-stop/"
    strong = make_user("sam", "view_all_jobs", "cancel_any_job", "force_stop_job")

    refused = api.post(path)
    done = [client_of(strong).post(path) for _ in range(2)]

    assert (refused.status_code, refused.json()["code"]) == (403, "permission-denied")
    assert [response.status_code for response in done] == [202, 202]
    assert done[0]["Location"].endswith(f"{JOBS}{job.pk}/")
    job.refresh_from_db()
    assert (job.force_stop, job.cancel_requested_by) == (True, "sam")


def test_the_failed_devices_are_done_again(api: APIClient, operator: User) -> None:
    make_devices(3)
    job = run_job(make_job(operator), {"pe0002": failure()})

    response = api.post(f"{JOBS}{job.pk}/retry/", headers={"Idempotency-Key": "r"})
    again = api.post(f"{JOBS}{job.pk}/retry/", headers={"Idempotency-Key": "r"})

    document = response.json()
    assert response.status_code == 202
    assert response["Location"] == document["links"]["self"]
    assert (document["retry_of"], document["name"]) == (job.pk, f"Retry of #{job.pk}")
    assert document["scope"] == {"kind": "devices", "devices": ["pe0002"]}
    assert again.json() == document
    assert Job.objects.count() == 2


def test_all_of_a_job_is_done_again(api: APIClient, operator: User) -> None:
    make_devices(2)
    job = run_job(make_job(operator, dry_run=True), {})

    document = api.post(f"{JOBS}{job.pk}/retry/", {"scope": "all"}, format="json").json()

    assert (document["scope"], document["dry_run"]) == ({"kind": "all"}, True)


@pytest.mark.parametrize(
    ("body", "finished", "status", "code"),
    [
        ({}, True, 409, "nothing-to-retry"),
        ({}, False, 409, "nothing-to-retry"),
        ({"scope": "all"}, False, 409, "not-finished"),
        ({"scope": "some"}, True, 400, "invalid-choice"),
        ({"all": True}, True, 400, "unknown-field"),
    ],
)
def test_what_cannot_be_done_again(
    api: APIClient, operator: User, body: dict[str, Any], finished: bool, status: int, code: str
) -> None:
    make_devices(1)
    job = make_job(operator)
    if finished:
        run_job(job, {})

    response = api.post(f"{JOBS}{job.pk}/retry/", body, format="json")

    assert (response.status_code, response.json()["code"]) == (status, code)
    assert Job.objects.count() == 1


def test_a_job_is_handed_over_and_out_of_sight(api: APIClient, operator: User) -> None:
    make_devices(1)
    job = make_job(operator, scheduled_for=later())
    bob = make_user("bob", *OPERATOR)
    path = f"{JOBS}{job.pk}/reassign/"

    response = api.post(path, {"user": "bob"}, format="json")

    assert (response.status_code, response.content) == (204, b"")
    assert api.post(path, {"user": "alice"}, format="json").status_code == 404
    assert client_of(bob).get(f"{JOBS}{job.pk}/").json()["user"] == "bob"
    history = client_of(bob).get(f"{JOBS}{job.pk}/transitions/").json()["results"]
    assert history[-1]["reason"] == "Reassigned from alice to bob."
    assert history[-1]["actor"] == "alice"


def test_who_sees_all_jobs_sees_it_afterwards_too(operator: User) -> None:
    make_devices(1)
    job = make_job(operator, scheduled_for=later())
    chief = client_of(make_user("chief", "view_all_jobs", "change_job", "run_job"))

    response = chief.post(f"{JOBS}{job.pk}/reassign/", {"user": "chief"}, format="json")

    assert (response.status_code, response.json()["user"]) == (200, "chief")


@pytest.mark.parametrize(
    ("user", "status", "code"),
    [
        ("nobody", 400, "unknown-user"),
        ("gone", 400, "inactive-user"),
        ("victor", 400, "user-may-not-run"),
        (5, 400, "invalid"),
        (None, 400, "null"),
        ("", 400, "blank"),
    ],
)
def test_a_job_goes_only_to_who_may_run_it(
    api: APIClient, operator: User, user: Any, status: int, code: str
) -> None:
    make_devices(1)
    make_user("victor")
    make_user("gone", is_active=False)
    job = make_job(operator, scheduled_for=later())

    response = api.post(f"{JOBS}{job.pk}/reassign/", {"user": user}, format="json")

    assert (response.status_code, response.json()["code"]) == (status, code)


def test_another_users_job_is_not_ones_own_to_give(operator: User) -> None:
    make_devices(1)
    job = make_job(operator, scheduled_for=later())
    viewer = client_of(make_user("vera", "view_all_jobs"))

    response = viewer.post(f"{JOBS}{job.pk}/reassign/", {"user": "vera"}, format="json")

    assert (response.status_code, response.json()["code"]) == (403, "permission-denied")


def test_several_jobs_are_cancelled_each_for_itself(api: APIClient, operator: User) -> None:
    make_devices(2)
    scheduled = make_job(operator, scheduled_for=later())
    finished = run_job(make_job(operator), {})
    running = make_job(operator)
    claim_all(running)
    hidden = make_job(make_user("bob", *OPERATOR), scheduled_for=later())
    ids = [scheduled.pk, finished.pk, running.pk, hidden.pk, scheduled.pk]

    response = api.post(f"{JOBS}cancel/", {"ids": ids}, format="json")

    results = response.json()["results"]
    assert response.status_code == 200
    assert [(each["id"], each["outcome"], each["code"]) for each in results] == [
        (scheduled.pk, "cancelled", None),
        (finished.pk, "refused", "already-finished"),
        (running.pk, "cancelling", None),
        (hidden.pk, "refused", "not-found"),
    ]
    hidden.refresh_from_db()
    assert hidden.cancel_requested_at is None


def test_only_own_jobs_are_cancelled_together(operator: User) -> None:
    make_devices(1)
    job = make_job(operator, scheduled_for=later())
    viewer = client_of(make_user("vera", "view_all_jobs"))

    [result] = viewer.post(f"{JOBS}cancel/", {"ids": [job.pk]}, format="json").json()["results"]

    assert (result["outcome"], result["code"]) == ("refused", "permission-denied")


@pytest.mark.parametrize(
    ("ids", "code"),
    [
        ([], "empty"),
        ("1", "not-a-list"),
        (["1"], "invalid"),
        ([0], "min-value"),
        ([2**63], "max-value"),
        (list(range(1, 202)), "max-length"),
    ],
)
def test_what_is_no_list_of_jobs(api: APIClient, ids: Any, code: str) -> None:
    response = api.post(f"{JOBS}cancel/", {"ids": ids}, format="json")

    assert (response.status_code, response.json()["code"]) == (400, code)


def test_the_history_says_who_did_what(api: APIClient, operator: User) -> None:
    make_devices(1)
    job = make_job(operator, scheduled_for=later())
    api.post(f"{JOBS}{job.pk}/cancel/")

    page = api.get(f"{JOBS}{job.pk}/transitions/").json()

    first, second = page["results"]
    assert (first["from_state"], first["to_state"], first["actor"]) == (None, "scheduled", "alice")
    assert (second["to_state"], second["to_state_display"]) == ("cancelled", "Cancelled")
    assert second["reason"] == "Cancelled by alice before it started."
    assert second["at"].endswith("Z")
    assert JobTransition.objects.count() == 2


def test_a_job_is_exported_with_its_devices(api: APIClient, operator: User) -> None:
    make_devices(2)
    job = run_job(make_job(operator), {"pe0002": failure()})
    path = f"{JOBS}{job.pk}/export/"

    document = json.loads(api.get(path).getvalue())
    table = api.get(f"{path}?format=csv")

    assert document["job"]["id"] == job.pk
    assert [each["device"] for each in document["devices"]] == ["pe0001", "pe0002"]
    assert table["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(table.getvalue().decode().splitlines()))
    assert [row["device"] for row in rows] == ["pe0001", "pe0002"]


@pytest.mark.parametrize("action", ["cancel", "force-stop", "retry", "reassign"])
def test_a_job_that_one_may_not_see_is_not_there(action: str, operator: User) -> None:
    make_devices(1)
    job = make_job(operator, scheduled_for=later())
    stranger = client_of(make_user("bob", *OPERATOR, "force_stop_job", "cancel_any_job"))

    response = stranger.post(f"{JOBS}{job.pk}/{action}/", {}, format="json")

    assert (response.status_code, response.json()["code"]) == (404, "not-found")
    assert stranger.get(f"{JOBS}{job.pk}/export/").status_code == 404
    assert stranger.get(f"{JOBS}{job.pk}/transitions/").status_code == 404
