"""Polls that saw nothing new are answered without the view, and as the view would."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError
from django.utils import timezone
from rest_framework.test import APIClient

from prestage_plugin.api.core import callers
from prestage_plugin.api.jobs import polling
from prestage_plugin.api.jobs.views import JobView
from prestage_plugin.models import ApiToken, Job
from prestage_plugin.services.tokens import revoke_token
from tests.prestage_plugin.api.conftest import client_of, client_with, make_token
from tests.prestage_plugin.factories import OPERATOR, make_devices, make_job, make_user

pytestmark = pytest.mark.django_db
JOBS = "/prestage/api/v1/jobs/"


@pytest.fixture
def job(operator: User) -> Job:
    make_devices(3)
    return make_job(operator)


@pytest.fixture
def path(job: Job) -> str:
    return f"{JOBS}{job.pk}/"


@pytest.fixture
def program(operator: User) -> APIClient:
    return client_with(make_token(operator, "read", "jobs"))


def poll(client: APIClient, path: str, tag: str, **headers: str) -> Any:
    return client.get(path, headers={"If-None-Match": tag} | headers)


@contextmanager
def the_view_is_away(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def fail(*_args: Any, **_kwargs: Any) -> None:
        raise AssertionError("the view was asked")

    with monkeypatch.context() as patch:
        patch.setattr(JobView, "dispatch", fail)
        yield


def test_a_poll_costs_one_query_and_no_view(
    program: APIClient, path: str, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    full = program.get(path)
    poll(program, path, full["ETag"])

    with the_view_is_away(monkeypatch), django_assert_num_queries(1):
        response = poll(program, path, full["ETag"])

    assert (response.status_code, response.content) == (304, b"")
    for header in ("ETag", "Cache-Control", "Vary"):
        assert response[header] == full[header]


def test_a_poll_of_a_session_costs_as_little(
    api: APIClient, path: str, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    full = api.get(path)
    poll(api, path, full["ETag"])

    with the_view_is_away(monkeypatch), django_assert_num_queries(1):
        response = poll(api, path, full["ETag"])

    assert (response.status_code, response.content) == (304, b"")
    for header in ("ETag", "Cache-Control", "Vary"):
        assert response[header] == full[header]


def test_a_session_polls_what_its_user_sees_until_it_ends(
    api: APIClient, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    tag = api.get(path)["ETag"]
    bob = client_of(make_user("bob", *OPERATOR))
    assert poll(api, path, tag).status_code == 304
    assert poll(bob, path, tag).status_code == 404
    assert poll(client_of(None), path, tag).status_code == 401
    # A wrong token beside a session is wrong.
    assert poll(api, path, tag, Authorization="Bearer nonsense").status_code == 401

    cookie = api.cookies["sessionid"].value
    api.logout()
    api.cookies["sessionid"] = cookie
    monkeypatch.setattr(time, "monotonic", lambda: time.perf_counter() + 1e6)

    assert poll(api, path, tag).status_code == 401


def test_polls_of_a_session_count_as_its_reads(api: APIClient, path: str, settings: Any) -> None:
    settings.PRESTAGE = settings.PRESTAGE | {"API_RATES": {"read": "4/day"}}
    tag = api.get(path)["ETag"]

    assert [poll(api, path, tag).status_code for _ in range(4)] == [304, 304, 304, 429]


@pytest.mark.parametrize("accept", ["", "*/*", "application/json"])
def test_programs_send_different_headers(
    program: APIClient, path: str, monkeypatch: pytest.MonkeyPatch, accept: str
) -> None:
    tag = program.get(f"{path}?fields=id,state")["ETag"]

    with the_view_is_away(monkeypatch):
        for given in (tag, f'"other", W/{tag}'):
            response = poll(program, f"{path}?fields=id,state", given, Accept=accept)
            assert response.status_code == 304


def test_what_is_new_is_told(program: APIClient, path: str, job: Job) -> None:
    tag = program.get(path)["ETag"]
    assert poll(program, path, tag).status_code == 304

    program.post(f"{path}cancel/")
    response = poll(program, path, tag)

    assert (response.status_code, response.json()["state"]) == (200, "cancelled")
    assert response["ETag"] != tag


def test_what_one_was_told_others_are_told_without_the_view(
    program: APIClient,
    path: str,
    job: Job,
    monkeypatch: pytest.MonkeyPatch,
    django_assert_num_queries: Any,
) -> None:
    auditor = client_with(make_token(make_user("eve", "view_all_jobs"), "read"))
    bob = client_with(make_token(make_user("bob", *OPERATOR), "read"))
    full = program.get(path)
    poll(auditor, path, '"older"')

    with the_view_is_away(monkeypatch), django_assert_num_queries(1):
        response = poll(auditor, path, '"older"')

    assert (response.status_code, response.content) == (200, full.content)
    for header in ("ETag", "Content-Type", "Cache-Control", "Vary"):
        assert response[header] == full[header]
    assert poll(bob, path, '"older"').status_code == 404
    assert poll(program, f"{path}?fields=id", '"older"').json() == {"id": job.pk}
    german = poll(program, path, '"older"', **{"Accept-Language": "de"})
    assert german["Content-Language"] == "de"

    Job.objects.update(summary="changed")
    assert poll(auditor, path, full["ETag"]).json()["summary"] == "changed"


def test_so_many_bodies_are_kept(program: APIClient, path: str, monkeypatch: Any) -> None:
    monkeypatch.setattr(polling, "_MOST_BODIES", 2)
    for fields in ("id", "name", "state", "id,name"):
        program.get(f"{path}?fields={fields}")

    assert len(polling._bodies) == 2


def test_the_view_and_the_poll_agree_on_the_tag(
    api: APIClient, program: APIClient, path: str
) -> None:
    assert api.get(path)["ETag"] == program.get(path)["ETag"]


def test_jobs_of_others_are_not_there_whatever_tag_one_knows(
    program: APIClient, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    tag = program.get(path)["ETag"]
    bob = client_with(make_token(make_user("bob", *OPERATOR), "read"))
    auditor = client_with(make_token(make_user("eve", "view_all_jobs"), "read"))

    for _ in range(2):
        assert poll(bob, path, tag).status_code == 404
        assert poll(auditor, path, tag).status_code == 304


def test_a_token_without_the_scope_is_refused(
    program: APIClient, operator: User, path: str
) -> None:
    tag = program.get(path)["ETag"]
    other = client_with(make_token(operator, "jobs", name="other"))

    assert poll(other, path, tag).status_code == 403


def _revoke(token: ApiToken) -> None:
    revoke_token(token_id=token.pk)


def _deactivate(token: ApiToken) -> None:
    User.objects.filter(pk=token.user_id).update(is_active=False)


def _expire(token: ApiToken) -> None:
    ApiToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))


@pytest.mark.parametrize("end", [_revoke, _deactivate, _expire])
def test_a_token_that_ended_polls_for_a_few_seconds_and_does_nothing_else(
    program: APIClient, path: str, end: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    tag = program.get(path)["ETag"]
    assert poll(program, path, tag).status_code == 304

    end(ApiToken.objects.get())

    assert program.get(path).status_code == 401
    assert program.post(f"{path}cancel/").status_code == 401
    assert program.get(JOBS).status_code == 401
    assert poll(program, path, tag).status_code == 304
    assert poll(program, path, '"older"').status_code == 200
    later = callers.time.monotonic() + callers.REMEMBERED  # type: ignore[attr-defined]
    monkeypatch.setattr(callers.time, "monotonic", lambda: later)  # type: ignore[attr-defined]
    assert poll(program, path, tag).status_code == 401
    assert poll(program, path, '"older"').status_code == 401


def test_what_is_remembered_ends_with_the_token(program: APIClient, path: str) -> None:
    ApiToken.objects.update(expires_at=timezone.now() + timedelta(seconds=2))
    poll(program, path, program.get(path)["ETag"])

    [caller] = callers._callers.values()
    assert caller.until < callers.time.monotonic() + 2  # type: ignore[attr-defined]


def test_polls_count_against_the_limit(program: APIClient, path: str, settings: Any) -> None:
    settings.PRESTAGE = settings.PRESTAGE | {"API_RATES": {"read": "4/day"}}
    tag = program.get(path)["ETag"]

    statuses = [poll(program, path, tag).status_code for _ in range(5)]

    assert statuses == [304, 304, 304, 429, 429]


@pytest.mark.parametrize(
    ("query", "headers", "status"),
    [
        ("?fields=none", {}, 400),
        ("?page=1", {"If-None-Match": "*"}, 400),
        ("", {"Accept": "application/xml"}, 406),
        ("", {"Authorization": "Basic YTpi"}, 401),
        ("", {"Authorization": "Bearer \x00"}, 401),
        ("", {"If-None-Match": "*"}, 304),
        ("", {"If-None-Match": "nonsense"}, 200),
    ],
)
def test_every_doubt_is_left_to_the_view(
    program: APIClient, path: str, query: str, headers: dict[str, str], status: int
) -> None:
    tag = program.get(path)["ETag"]

    client = APIClient() if "Authorization" in headers else program
    response = client.get(path + query, headers={"If-None-Match": tag} | headers)

    assert response.status_code == status


def test_a_database_that_is_away_is_a_problem_document(
    program: APIClient, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_job_id: int) -> None:
        raise OperationalError

    tag = program.get(path)["ETag"]
    for module in ("polling", "views"):
        monkeypatch.setattr(f"prestage_plugin.api.jobs.{module}.read_job_version", fail)

    response = poll(program, path, tag)

    assert (response.status_code, response.json()["code"]) == (503, "database-unavailable")


def test_a_process_remembers_so_many_callers_and_no_secret(
    operator: User, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(callers, "_MOST_CALLERS", 2)
    secrets = [make_token(operator, "read", name=str(number)) for number in range(3)]

    asked = [client_with(secret).get(path).wsgi_request for secret in secrets]

    assert all(callers.caller_of(request) for request in asked)

    assert len(callers._callers) == 2
    assert not any(secret.encode() in key for secret in secrets for key in callers._callers)
