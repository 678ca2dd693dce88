import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import BadRequest, DisallowedHost, PermissionDenied
from django.http import Http404
from rest_framework.request import Request
from rest_framework.test import APIClient
from rest_framework.throttling import BaseThrottle

from prestage_plugin.api.core.problems import answer_problem
from prestage_plugin.api.jobs.views import JobListView
from prestage_plugin.models import Job
from tests.prestage_plugin.api.conftest import client_of
from tests.prestage_plugin.factories import make_devices, make_user

pytestmark = pytest.mark.django_db
ROOT = "/prestage/api/v1/"
JSON = "application/json"


class NeverAgain(BaseThrottle):
    def allow_request(self, request: Request, view: Any) -> bool:
        return False

    def wait(self) -> float:
        return 7


@pytest.mark.parametrize(
    ("method", "path", "headers", "status", "code"),
    [
        ("get", "jobs/12345/", {}, 404, "not-found"),
        ("get", "jobs/99999999999999999999999999/", {}, 404, "not-found"),
        ("get", f"jobs/{'9' * 5000}/", {}, 404, "not-found"),
        ("get", "devices/none-such/", {}, 404, "not-found"),
        ("get", "devices/a%00b/", {}, 404, "not-found"),
        ("get", "jobs", {}, 404, "not-found"),
        ("get", "elsewhere/", {}, 404, "not-found"),
        ("post", "elsewhere/", {}, 404, "not-found"),
        ("delete", "jobs/", {}, 405, "method-not-allowed"),
        ("put", "devices/", {}, 405, "method-not-allowed"),
        ("get", "jobs/1/cancel/", {}, 405, "method-not-allowed"),
        ("get", "jobs/", {"Accept": "text/html"}, 406, "not-acceptable"),
    ],
)
def test_every_error_is_a_problem_document(
    api: APIClient, method: str, path: str, headers: dict[str, str], status: int, code: str
) -> None:
    response = getattr(api, method)(ROOT + path, headers=headers)

    assert response.status_code == status
    assert response["Content-Type"] == "application/problem+json"
    problem = response.json()
    assert (problem["status"], problem["code"]) == (status, code)
    assert problem["type"] == "about:blank"
    assert problem["title"]
    assert problem["detail"]


@pytest.mark.parametrize(
    ("content_type", "body", "status", "code"),
    [
        (JSON, b"{", 400, "parse-error"),
        (JSON, b"\xff\xfe{}", 400, "parse-error"),
        (JSON, b"NaN", 400, "parse-error"),
        (JSON, b'{"failure_threshold": ' + b"9" * 5000 + b"}", 400, "parse-error"),
        (JSON, b"[" * 100_000, 400, "parse-error"),
        (JSON, b'{"scope":' * 50_000 + b"1" + b"}" * 50_000, 400, "parse-error"),
        (JSON, b'{"name": "a\\u0000b"}', 400, "parse-error"),
        (JSON, b'{"name": "\\ud800"}', 400, "parse-error"),
        (JSON, b'{"\\udfff": 1}', 400, "parse-error"),
        (JSON, b'{"scope": {"devices": ["\\u0000"]}}', 400, "parse-error"),
        ("application/json; charset=rot13", b'{"nmae": ""}', 400, "unknown-field"),
        (JSON, b'"' + b"x" * 3_000_000 + b'"', 413, "payload-too-large"),
        ("text/plain", b"{}", 415, "unsupported-media-type"),
        ("application/x-www-form-urlencoded", b"name=a", 415, "unsupported-media-type"),
        ("multipart/form-data", b"no boundary", 415, "unsupported-media-type"),
        ("multipart/form-data; boundary=x", b"--x--", 415, "unsupported-media-type"),
        ("nonsense", b"{}", 415, "unsupported-media-type"),
    ],
)
def test_a_body_that_cannot_be_read_is_refused(
    api: APIClient, content_type: str, body: bytes, status: int, code: str
) -> None:
    make_devices(1)

    response = api.post(f"{ROOT}jobs/", body, content_type=content_type)

    assert (response.status_code, response.json()["code"]) == (status, code)
    assert response["Content-Type"] == "application/problem+json"
    assert not Job.objects.exists()


def test_a_form_that_a_browser_session_sends_broken_is_refused(operator: User) -> None:
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(operator)
    client.cookies["csrftoken"] = "t" * 32

    response = client.post(f"{ROOT}jobs/", b"no boundary", content_type="multipart/form-data")

    assert (response.status_code, response.json()["code"]) == (415, "unsupported-media-type")


def test_a_browser_session_without_a_token_against_forgery_is_refused(operator: User) -> None:
    make_devices(1)
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(operator)

    response = client.post(f"{ROOT}jobs/", {}, format="json")

    assert (response.status_code, response.json()["code"]) == (403, "csrf-failed")
    assert not Job.objects.exists()


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (DisallowedHost("evil.example"), 400, "parse-error"),
        (BadRequest("what?"), 400, "parse-error"),
        (Http404(), 404, "not-found"),
        (PermissionDenied(), 403, "permission-denied"),
    ],
)
def test_the_errors_of_django_itself_are_problems_too(
    error: Exception, status: int, code: str
) -> None:
    response = answer_problem(error, {})

    assert response is not None
    assert (response.status_code, response.data["code"]) == (status, code)


def test_in_debug_mode_a_defect_is_left_to_the_page_that_shows_it(settings: Any) -> None:
    settings.DEBUG = True

    assert answer_problem(RuntimeError(), {}) is None


def test_an_address_without_its_slash_says_so(api: APIClient) -> None:
    detail = api.get(f"{ROOT}jobs").json()["detail"]

    assert detail == "There is nothing at this address. Addresses end with a slash."


def test_several_errors_are_all_named(api: APIClient) -> None:
    problem = api.post(f"{ROOT}jobs/", {"name": 1, "job_type": "x"}, format="json").json()

    assert problem["code"] == "invalid"
    assert problem["detail"] == "The request has 2 errors."
    assert {error["pointer"] for error in problem["errors"]} == {"#/name", "#/job_type"}


def test_a_site_that_throttles_says_when_to_come_back(
    api: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(JobListView, "throttle_classes", [NeverAgain])

    response = api.get(f"{ROOT}jobs/")

    assert (response.status_code, response.json()["code"]) == (429, "throttled")
    assert response["Retry-After"] == "7"


def test_a_password_in_the_header_is_not_looked_at() -> None:
    make_user("dora", password="right")
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION="Basic ZG9yYTpyaWdodA==")

    response = client.get(f"{ROOT}jobs/")

    assert (response.status_code, response.json()["code"]) == (401, "not-authenticated")


def test_a_defect_is_a_problem_without_its_traceback(
    operator: User, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def break_down(*_args: object, **_kwargs: object) -> None:
        raise RuntimeError("the password is secret")

    monkeypatch.setattr("prestage_plugin.api.jobs.views.submit_job", break_down)
    client = client_of(operator)
    client.raise_request_exception = False

    response = client.post(f"{ROOT}jobs/", {}, format="json")

    assert (response.status_code, response.json()["code"]) == (500, "internal")
    assert "secret" not in response.content.decode()
    assert "RuntimeError" in caplog.text


def test_problems_do_not_depend_on_the_settings_of_the_site(api: APIClient, settings: Any) -> None:
    settings.REST_FRAMEWORK = {"EXCEPTION_HANDLER": "none.such"}

    response = api.get(f"{ROOT}jobs/5/")

    assert json.loads(response.content)["code"] == "not-found"
