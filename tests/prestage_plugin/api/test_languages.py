"""The API in another language: its words follow `Accept-Language`, its sentences are English."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from rest_framework.test import APIClient

from prestage_plugin.services.cancel import cancel_job
from tests.prestage_plugin.api.conftest import client_of
from tests.prestage_plugin.factories import OPERATOR, make_devices, make_job, make_user

pytestmark = pytest.mark.django_db
JOBS = "/prestage/api/v1/jobs/"
DAILY = {"repeat": "daily", "start": "2036-12-01T02:00", "zone": "Europe/Berlin"}


@pytest.fixture
def operator(db: None) -> User:
    make_devices(2)
    return make_user("olga", *OPERATOR)


@pytest.fixture
def german(operator: User) -> APIClient:
    client = client_of(operator)
    client.credentials(HTTP_ACCEPT_LANGUAGE="de")
    return client


def test_words_are_german_and_sentences_english(german: APIClient, operator: User) -> None:
    job = make_job(operator)
    cancel_job(job_id=job.pk, actor="olga")

    response = german.get(f"{JOBS}{job.pk}/")

    document = response.json()
    assert response["Content-Language"] == "de"
    assert (document["state"], document["state_display"]) == ("cancelled", "Abgebrochen")
    assert document["summary"] == "0 of 2 devices prestaged, 2 cancelled"
    reasons = [
        each["reason"] for each in german.get(f"{JOBS}{job.pk}/transitions/").json()["results"]
    ]
    assert reasons == ["Submitted.", "Cancelled by olga before it started."]


def test_a_refusal_is_english(german: APIClient, operator: User) -> None:
    job = make_job(operator)
    cancel_job(job_id=job.pk, actor="olga")

    problem = german.post(f"{JOBS}{job.pk}/retry/").json()

    assert problem["code"] == "nothing-to-retry"
    assert problem["detail"] == (
        f"No device of job #{job.pk} failed, so there is nothing to retry."
    )


def test_a_recurrence_is_said_in_the_language_that_is_asked_for(
    german: APIClient, operator: User
) -> None:
    body: dict[str, Any] = {"recurrence": DAILY}
    made = german.post("/prestage/api/v1/schedules/", body, format="json").json()
    assert made["recurrence_display"] == "Jeden Tag um 02:00 Europe/Berlin"

    [job] = german.get(f"{JOBS}?schedule={made['id']}").json()["results"]
    assert job["recurrence"] == "Jeden Tag um 02:00 Europe/Berlin"

    english = client_of(operator).get(f"{JOBS}{job['id']}/").json()
    assert english["recurrence"] == "Every day at 02:00 Europe/Berlin"


def test_an_export_and_a_command_are_english_also_on_a_site_in_german(
    german: APIClient, operator: User, settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    german.post("/prestage/api/v1/schedules/", {"recurrence": DAILY}, format="json")
    [job] = german.get(JOBS).json()["results"]
    exported: Any = german.get(f"{JOBS}{job['id']}/export/?format=json")
    text = b"".join(exported.streaming_content).decode()
    assert '"Every day at 02:00 Europe/Berlin"' in text

    settings.LANGUAGE_CODE = "de"
    call_command("prestage", "status", str(job["id"]))
    shown = capsys.readouterr().out
    assert "Job Scheduled" in shown
    assert "Every day at 02:00 Europe/Berlin" in shown
