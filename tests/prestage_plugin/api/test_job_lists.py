from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from rest_framework.test import APIClient

from nornir_tasks.errors import ErrorCode
from prestage_plugin.models import Job
from prestage_plugin.services.lifecycle import claim_shard
from prestage_plugin.services.results import record
from prestage_plugin.services.scope import Scope
from prestage_plugin.states import JobState, JobType
from tests.prestage_plugin.factories import make_device, make_devices, make_job
from tests.prestage_plugin.services.build import failure, run_job

pytestmark = pytest.mark.django_db
JOBS = "/prestage/api/v1/jobs/"


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["c", "b", "a"]),
        ("?state=scheduled", ["c", "b"]),
        ("?state=scheduled&state=success", ["c", "b", "a"]),
        ("?job_type=discover-only", ["b"]),
        ("?device=pe0001", ["c", "a"]),
        ("?device=pe000", []),
        ("?device=pe0002&job_type=discover-only", ["b"]),
    ],
)
def test_the_list_is_newest_first_and_filtered(
    api: APIClient, operator: User, query: str, names: list[str]
) -> None:
    make_devices(2)
    one, two = (Scope(kind="devices", devices=(name,)) for name in ("pe0001", "pe0002"))
    run_job(make_job(operator, name="a", scope=one), {})
    make_job(operator, name="b", scope=two, job_type=JobType.DISCOVER_ONLY)
    make_job(operator, name="c", scope=one)

    results = api.get(f"{JOBS}{query}").json()["results"]

    assert [job["name"] for job in results] == names


@pytest.mark.parametrize(
    ("query", "parameter", "code"),
    [
        ("?sate=failure", "sate", "unknown-parameter"),
        ("?state=gone", "state", "invalid-choice"),
        ("?job_type=", "job_type", "invalid-choice"),
        ("?device=a%00b", "device", "invalid"),
        ("?page_size=0", "page_size", "invalid"),
        ("?page_size=many", "page_size", "invalid"),
        ("?cursor=%C3%A4", "cursor", "invalid"),
        ("?cursor=cD1hYmM=", "cursor", "invalid"),
        ("?cursor=cD05OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5", "cursor", "invalid"),
    ],
)
def test_a_parameter_that_is_wrong_is_refused_and_named(
    api: APIClient, query: str, parameter: str, code: str
) -> None:
    response = api.get(f"{JOBS}{query}")

    assert (response.status_code, response.json()["code"]) == (400, code)
    assert response.json()["errors"][0]["parameter"] == parameter


def test_pages_hold_50_jobs_and_200_at_most(api: APIClient, operator: User) -> None:
    make_devices(1)
    later = timezone.now() + timedelta(days=1)
    for _ in range(201):
        make_job(operator, scheduled_for=later)

    first = api.get(JOBS).json()
    seen = [job["id"] for job in first["results"]]
    page = first
    while page["next"]:
        page = api.get(page["next"]).json()
        seen += [job["id"] for job in page["results"]]

    assert len(first["results"]) == 50
    assert len(api.get(f"{JOBS}?page_size=1000").json()["results"]) == 200
    assert seen == sorted(seen, reverse=True)
    assert len(set(seen)) == 201


def test_queries_of_the_list_do_not_grow_with_the_jobs(
    api: APIClient, operator: User, django_assert_num_queries: Any
) -> None:
    make_devices(3)
    for count in (1, 10):
        for _ in range(count):
            make_job(operator)
        # session, user, two of the permissions, jobs
        with django_assert_num_queries(5):
            assert api.get(JOBS).status_code == 200


def test_the_devices_of_a_job_are_listed_with_results_and_errors(
    api: APIClient, operator: User
) -> None:
    make_devices(2)
    make_device("<script>alert(1)</script>")
    job = run_job(make_job(operator), {"pe0002": failure(ErrorCode.AUTHENTICATION)})
    devices = f"{JOBS}{job.pk}/devices/"

    everything = api.get(devices).json()["results"]
    failed = api.get(f"{devices}?state=failed").json()["results"]

    assert [row["device"] for row in everything] == [
        "<script>alert(1)</script>",
        "pe0001",
        "pe0002",
    ]
    assert everything[1]["recommended_role"] == "N-PE"
    assert everything[1]["error"] is None
    assert everything[1]["evidence"][0]["rules"][0]["id"] == "R3"
    assert failed == [everything[2]]
    assert failed[0]["error"] == {"code": "authentication", "text": "No route to the device."}
    assert failed[0]["recommended_role"] is None
    assert api.get(f"{devices}?error_code=authentication").json()["results"] == failed
    assert api.get(f"{devices}?error_code=unreachable").json()["results"] == []
    assert api.get(f"{devices}?error_code=nonsense").status_code == 400


def test_running_devices_are_counted(api: APIClient, operator: User) -> None:
    make_devices(3)
    job = make_job(operator)
    shard = job.shards.get()
    claim = claim_shard(shard_id=shard.pk, worker="test")
    assert claim is not None
    record(claim=claim, started={"pe0001": timezone.now()}, results=[])

    counts = api.get(f"{JOBS}{job.pk}/").json()["counts"]

    assert (counts["total"], counts["queued"], counts["running"]) == (3, 2, 1)
    assert Job.objects.get().state == JobState.IN_PROGRESS
