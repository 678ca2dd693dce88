from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from rest_framework.test import APIClient

from prestage_plugin.models import IdempotentRequest, Job
from prestage_plugin.services import retention
from prestage_plugin.services.idempotency import KEPT, claim_key
from tests.prestage_plugin.api.conftest import client_of
from tests.prestage_plugin.factories import OPERATOR, make_devices, make_user

pytestmark = pytest.mark.django_db
JOBS = "/prestage/api/v1/jobs/"
KEY = {"Idempotency-Key": "7f3"}


def post(api: APIClient, body: dict[str, Any], headers: dict[str, str] = KEY) -> Any:
    return api.post(JOBS, body, format="json", headers=headers)


def test_the_same_request_gets_the_same_answer_whatever_became_of_the_job(api: APIClient) -> None:
    make_devices(1)
    first = post(api, {"name": "a", "dry_run": True})
    api.post(f"{first['Location']}cancel/")

    again = post(api, {"dry_run": True, "name": "a"})

    assert (again.status_code, again.json()) == (202, first.json())
    assert (again["Location"], again["Retry-After"]) == (first["Location"], first["Retry-After"])
    assert again["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first
    assert Job.objects.count() == 1


def test_a_key_is_for_one_request(api: APIClient) -> None:
    make_devices(1)
    job = post(api, {}).json()["id"]

    other_body = post(api, {"dry_run": True})
    other_path = api.post(f"{JOBS}{job}/retry/", {}, format="json", headers=KEY)

    for response in (other_body, other_path):
        assert (response.status_code, response.json()["code"]) == (422, "idempotency-key-reused")


def test_keys_of_other_users_do_not_matter(api: APIClient) -> None:
    make_devices(1)
    post(api, {})

    assert post(client_of(make_user("bob", *OPERATOR)), {"dry_run": True}).status_code == 202
    assert Job.objects.count() == 2


def test_a_refused_request_frees_its_key(api: APIClient) -> None:
    make_devices(1)

    assert post(api, {"nmae": "a"}).status_code == 400
    assert post(api, {"scope": {"devices": ["none"]}}).status_code == 400
    assert post(api, {"name": "a"}).status_code == 202
    assert Job.objects.count() == 1


def test_a_defect_frees_the_key_and_leaves_nothing(
    api: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_devices(1)
    api.raise_request_exception = False
    with monkeypatch.context() as patch:
        patch.setattr("prestage_plugin.api.core.idempotency.keep_answer", lambda **_: 1 / 0)
        assert post(api, {}).status_code == 500
    assert not Job.objects.exists()
    assert not IdempotentRequest.objects.exists()
    assert post(api, {}).status_code == 202


def test_while_the_first_is_carried_out_the_second_is_told_to_wait(
    api: APIClient, operator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_devices(1)
    second: list[Any] = []
    submit: Any = __import__("prestage_plugin.api.jobs.views", fromlist=["submit_job"]).submit_job

    def submit_slowly(**values: Any) -> Job:
        monkeypatch.setattr("prestage_plugin.api.jobs.views.submit_job", submit)
        second.append(post(api, {}))
        job: Job = submit(**values)
        return job

    monkeypatch.setattr("prestage_plugin.api.jobs.views.submit_job", submit_slowly)
    first = post(api, {})

    [response] = second
    assert first.status_code == 202
    assert (response.status_code, response.json()["code"]) == (409, "idempotency-key-in-use")
    assert response["Retry-After"] == "1"
    assert post(api, {}).json() == first.json()
    assert Job.objects.count() == 1


def test_the_claim_of_a_process_that_died_runs_out(api: APIClient, operator: User) -> None:
    make_devices(1)
    assert post(api, {}, headers={"Idempotency-Key": "other"}).status_code == 202
    fingerprint = IdempotentRequest.objects.get().fingerprint
    assert claim_key(user=operator, key="7f3", fingerprint=fingerprint) is None
    assert post(api, {}).status_code == 409

    IdempotentRequest.objects.update(locked_until=timezone.now() - timedelta(seconds=1))

    assert post(api, {}).status_code == 202


def test_answers_are_kept_for_a_day(api: APIClient, operator: User) -> None:
    make_devices(1)
    post(api, {})
    post(api, {}, headers={"Idempotency-Key": "old"})
    long_ago = timezone.now() - KEPT - timedelta(minutes=1)
    IdempotentRequest.objects.filter(key="old").update(created_at=long_ago)

    retention.purge_answers()

    assert [row.key for row in IdempotentRequest.objects.all()] == ["7f3"]
