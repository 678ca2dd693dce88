import csv
import json
from base64 import urlsafe_b64encode
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from rest_framework.test import APIClient

from prestage_plugin.models import Job
from tests.prestage_plugin.factories import make_device, make_devices, make_job
from tests.prestage_plugin.services.build import failure, run_job

pytestmark = pytest.mark.django_db
API = "/prestage/api/v1/"
JOBS = f"{API}jobs/"


def cursor(**values: Any) -> str:
    return urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


def walk(api: APIClient, path: str, direction: str = "next") -> list[int]:
    seen: list[int] = []
    page: dict[str, Any] = {direction: path}
    while page[direction]:
        page = api.get(page[direction]).json()
        ids = [row["id"] for row in page["results"]]
        seen = seen + ids if direction == "next" else ids + seen
    return seen


@pytest.mark.parametrize("ordering", ["id", "-id", "scheduled_for", "-scheduled_for"])
def test_pages_of_any_order_hold_every_row_once(
    api: APIClient, operator: User, ordering: str
) -> None:
    make_devices(1)
    base = timezone.now() + timedelta(days=1)
    for number in range(7):
        make_job(operator, scheduled_for=base + timedelta(hours=number // 3))
    name = ordering.removeprefix("-")
    wanted = list(
        Job.objects.order_by(ordering, "-id" if ordering.startswith("-") else "id").values_list(
            "pk", flat=True
        )
    )

    path = f"{JOBS}?page_size=2&ordering={ordering}"
    assert walk(api, path) == wanted, name
    last = path
    while following := api.get(last).json()["next"]:
        last = following
    before = api.get(last).json()
    back = walk(api, before["previous"], "previous")
    assert back + [row["id"] for row in before["results"]] == wanted


def test_rows_that_come_meanwhile_shift_no_page(api: APIClient, operator: User) -> None:
    make_devices(1)
    jobs = [make_job(operator).pk for _ in range(4)]
    first = api.get(f"{JOBS}?page_size=2").json()
    make_job(operator)

    second = api.get(first["next"]).json()

    assert [row["id"] for row in second["results"]] == [jobs[1], jobs[0]]
    assert second["next"] is None


@pytest.mark.parametrize(
    "query",
    [
        "ordering=name",
        "ordering=",
        f"cursor={cursor(o='id', p=[1], d='on')}",
        f"cursor={cursor(o='-id', p=[2**63], d='on')}",
        f"cursor={cursor(o='-id', p=['x'], d='on')}",
        f"cursor={cursor(o='-id', p=[True], d='on')}",
        f"cursor={cursor(o='-id', p=[None], d='on')}",
        f"cursor={cursor(o='-id', p=[1.5], d='on')}",
        f"cursor={cursor(o='-id', p=[1, 2], d='on')}",
        f"cursor={cursor(o='-id', p={})}",
        f"cursor={cursor(o='-id')}",
        f"ordering=scheduled_for&cursor={cursor(o='scheduled_for', p=['x', 1])}",
        f"ordering=scheduled_for&cursor={cursor(o='scheduled_for', p=['2026-01-01', 'x'])}",
        "cursor=",
        "cursor=W10",
        "cursor=%00",
        "fields=",
        "fields=id,secret",
        "fields=id,,name",
        "format=xml",
        "format=",
        "user=",
        "dry_run=yes",
        "dry_run=",
        "schedule=x",
        "schedule=-1",
        f"schedule={10**30}",
        "scheduled_after=yesterday",
        "scheduled_after=2026-01-01T00:00:00",
        "scheduled_before=0001-01-01T00:00:00%2B23:00",
        "name=%00",
    ],
)
def test_a_parameter_that_is_wrong_is_refused_and_named(api: APIClient, query: str) -> None:
    response = api.get(f"{JOBS}?{query}")

    named = [part.partition("=")[0] for part in query.split("&")]
    assert response.status_code == 400, query
    assert response.json()["errors"][0]["parameter"] in named


def test_several_wrong_parameters_are_all_named(api: APIClient) -> None:
    problem = api.get(f"{JOBS}?state=x&dry_run=1").json()

    assert problem["code"] == "invalid-choice"
    assert {error["parameter"] for error in problem["errors"]} == {"state", "dry_run"}


def test_parameters_of_documents_and_actions_are_known_too(api: APIClient, operator: User) -> None:
    make_devices(1)
    job = make_job(operator)

    assert api.get(f"{JOBS}{job.pk}/?state=x").json()["code"] == "unknown-parameter"
    assert api.post(f"{JOBS}?dry_run=true").json()["code"] == "unknown-parameter"
    assert Job.objects.count() == 1


def test_documents_have_the_fields_that_were_asked_for(api: APIClient, operator: User) -> None:
    make_devices(1)
    job = make_job(operator)

    assert api.get(f"{JOBS}{job.pk}/?fields=id,state").json() == {
        "id": job.pk,
        "state": "scheduled",
    }
    assert api.get(f"{JOBS}?fields=id").json()["results"] == [{"id": job.pk}]


def test_a_list_as_csv_has_every_row_and_no_formula(api: APIClient, operator: User) -> None:
    make_devices(1)
    make_job(operator, name="=1+1")
    for _ in range(60):
        make_job(operator)

    response = api.get(f"{JOBS}?format=csv&page_size=1")

    rows = list(csv.DictReader(response.getvalue().decode().splitlines()))
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == 'attachment; filename="jobs.csv"'
    assert len(rows) == 61
    assert rows[-1]["name"] == "'=1+1"
    assert rows[-1]["counts.total"] == "1"
    assert rows[-1]["started_at"] == ""


def test_a_list_as_json_lines_is_filtered_and_sparse(api: APIClient, operator: User) -> None:
    make_devices(2)
    make_device("sch\u00f6n")
    job = run_job(make_job(operator), {"pe0002": failure()})

    response = api.get(
        f"{JOBS}{job.pk}/devices/?state=failed&fields=device,error",
        headers={"Accept": "application/jsonl"},
    )

    lines = response.getvalue().decode().splitlines()
    assert [json.loads(line)["device"] for line in lines] == ["pe0002"]
    assert set(json.loads(lines[0])) == {"device", "error"}
    table = api.get(f"{JOBS}{job.pk}/devices/?format=csv&fields=device,error").getvalue()
    assert table.decode().splitlines()[0] == "device,error.code,error.text"


def test_an_error_of_an_export_is_a_problem(api: APIClient) -> None:
    response = api.get(f"{JOBS}?format=csv&state=x")

    assert (response.status_code, response.json()["code"]) == (400, "invalid-choice")
    assert response["Content-Type"] == "application/problem+json"


def test_options_name_the_methods(api: APIClient) -> None:
    response = api.options(JOBS)

    assert response.status_code == 204
    assert response["Allow"] == "GET, POST, HEAD, OPTIONS"


def test_a_site_with_other_settings_has_the_same_api(
    api: APIClient, operator: User, settings: Any
) -> None:
    settings.REST_FRAMEWORK = {
        "DEFAULT_AUTHENTICATION_CLASSES": [],
        "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.BrowsableAPIRenderer"],
        "DEFAULT_FILTER_BACKENDS": ["rest_framework.filters.SearchFilter"],
        "DATETIME_FORMAT": "%d.%m.%Y",
        "URL_FORMAT_OVERRIDE": "f",
        "UNICODE_JSON": False,
        "NON_FIELD_ERRORS_KEY": "errors",
    }
    make_devices(1)
    job = make_job(operator, name="sch\u00f6n")

    response = api.get(f"{JOBS}{job.pk}/")

    assert response["Content-Type"] == "application/json"
    assert "sch\u00f6n" in response.content.decode()
    assert response.json()["created_at"].endswith("Z")
