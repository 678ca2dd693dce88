"""Whole lists and jobs as files, which a server sends while it makes them."""

import csv
import http.client
import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from prestage_plugin.models import Job, JobDevice
from tests.prestage_plugin.api.conftest import make_token
from tests.prestage_plugin.api.serving import memory_of, running_uvicorn
from tests.prestage_plugin.factories import OPERATOR, make_devices, make_job, make_user
from tests.prestage_plugin.services.build import run_job

JOBS = "/prestage/api/v1/jobs/"
MIB = 2**20
ROWS, EVIDENCE = 3000, 20_000
"""Of a job whose export, 60 MB, fits into no buffer between a server and a client."""


@pytest.mark.django_db
def test_several_jobs_are_one_file(api: APIClient, operator: User) -> None:
    make_devices(2)
    jobs = [run_job(make_job(operator), {}).pk for _ in range(2)]
    of_bob = make_job(make_user("bob", *OPERATOR)).pk
    path = f"{JOBS}export/?id={jobs[1]}&id={of_bob}&id={jobs[0]}&id=999999"

    documents = json.loads(api.get(path).getvalue())
    table = csv.DictReader(api.get(f"{path}&format=csv").getvalue().decode().splitlines())

    assert [each["job"]["id"] for each in documents] == [jobs[1], jobs[0]]
    assert [row["job_id"] for row in table] == [str(jobs[1])] * 2 + [str(jobs[0])] * 2


@pytest.mark.django_db
@pytest.mark.parametrize("query", ["", "?id=x", "?id=-1", f"?id={10**19}", "?" + "id=1&" * 201])
def test_the_jobs_to_export_are_named(api: APIClient, query: str) -> None:
    response = api.get(f"{JOBS}export/{query}")

    assert (response.status_code, response.json()["errors"][0]["parameter"]) == (400, "id")


@pytest.fixture
def large(transactional_db: None) -> Job:
    """A job with more in it than buffers take."""
    make_devices(1)
    job = make_job(make_user("alice", *OPERATOR))
    row = job.devices.get()
    JobDevice.objects.bulk_create(
        JobDevice(
            job=job,
            shard=row.shard,
            device_name=f"x{number:05}",
            evidence=[{"text": "e" * EVIDENCE}],
        )
        for number in range(ROWS)
    )
    return job


@pytest.fixture
def server(transactional_db: None, tmp_path: Path) -> Iterator[Any]:
    with running_uvicorn(tmp_path / "uvicorn.log") as served:
        yield served
    assert "Traceback" not in (tmp_path / "uvicorn.log").read_text()


@contextmanager
def exported(port: int, path: str, user: User | None) -> Iterator[http.client.HTTPResponse]:
    """Ask for a file, and close whatever is left of it."""
    assert user is not None
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        token = make_token(user, "read", name=path[-60:])
        connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
        with connection.getresponse() as response:
            assert response.status == 200
            yield response


@pytest.mark.slow
@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_under_asgi_memory_does_not_grow_with_the_length(
    server: Any, large: Job, form: str
) -> None:
    path = f"{JOBS}{large.pk}/devices/?format={form}"
    with exported(server.port, f"{path}&fields=device", large.user) as response:
        response.read()
    before = memory_of(server.pid)

    with exported(server.port, path, large.user) as response:
        length = sum(len(piece) for piece in iter(lambda: response.read(MIB), b""))

    assert length > ROWS * (EVIDENCE if form == "jsonl" else 10)
    assert memory_of(server.pid) - before < 25 * MIB


@pytest.mark.slow
def test_under_asgi_the_first_line_comes_before_the_last_is_made(server: Any, large: Job) -> None:
    last = make_job(large.user, name="as it was")
    path = f"{JOBS}export/?id={large.pk}&id={last.pk}"

    with exported(server.port, path, large.user) as response:
        first = response.readline() + response.readline()
        Job.objects.filter(pk=last.pk).update(name="as it is now")
        rest = response.read()

    jobs = json.loads(first + rest)
    assert [each["job"]["id"] for each in jobs] == [large.pk, last.pk]
    assert len(jobs[0]["devices"]) == ROWS + 1
    assert jobs[1]["job"]["name"] == "as it is now"


@pytest.mark.slow
def test_under_asgi_who_goes_away_in_the_middle_harms_nobody(server: Any, large: Job) -> None:
    path = f"{JOBS}{large.pk}/devices/?format=jsonl"
    with exported(server.port, path, large.user) as response:
        response.readline()

    with exported(server.port, f"{path}&fields=device,state", large.user) as response:
        assert len(response.read().splitlines()) == ROWS + 1
