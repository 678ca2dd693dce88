"""The admin in German, as somebody whose browser asks for it reads it."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone, translation

from nornir_tasks.errors import ErrorCode
from nornir_tasks.outcome import HostError
from prestage_plugin.models import AutoSettings, Device, Job, JobTransition
from prestage_plugin.recurrence import Recurrence
from prestage_plugin.services.schedule import create_schedule
from prestage_plugin.services.submit import JobRequest
from tests.prestage_plugin.admin.page import messages_of, parse, table, words
from tests.prestage_plugin.factories import make_devices, make_job, make_user
from tests.prestage_plugin.services.build import run_job

pytestmark = pytest.mark.django_db

JOBS = "/admin/prestage/job/"
ROWS = "//table[@id='result_list']"
HISTORY = "//div[h2='Geschichte']//table"


@pytest.fixture
def browser(operator: User) -> Client:
    client = Client(headers={"Accept-Language": "de-AT,de;q=0.9,en;q=0.5"})
    client.force_login(operator)
    return client


def columns(page: Any) -> list[str]:
    return [words(each) for each in parse(page).xpath(f"{ROWS}/thead//div[@class='text']")][1:]


def test_the_list_of_jobs(browser: Client, operator: User) -> None:
    make_devices(3)
    error = HostError(ErrorCode.UNREACHABLE, "The name pe0003 does not resolve.")
    run_job(make_job(operator, failure_threshold=50), {"pe0003": error})
    make_job(operator, scheduled_for=timezone.now() + timedelta(days=3, hours=1))

    page = browser.get(JOBS)

    assert page["Content-Language"] == "de"
    assert words(parse(page).find(".//h1")) == "Prestaging-Jobs"
    assert columns(page) == [
        "Job-ID",
        "Name",
        "Prozent",
        "Status",
        "Job-Typ",
        "Zusammenfassung",
        "Geplante Startzeit",
        "Tatsächliche Startzeit",
        "Endzeit",
        "Benutzer",
        "Wiederholung",
    ]
    waiting, ended = table(page, ROWS)
    assert (waiting[4], waiting[7]) == ("Job geplant", "in 3 Tagen")
    assert ended[3:7] == [
        "100 % (3/3, 1 fehlgeschlagen)",
        "Erfolg",
        "Manuell",
        "2 von 3 Geräten vorbereitet, 1 fehlgeschlagen (1 unreachable)",
    ]


def test_the_details_of_a_job(browser: Client, operator: User) -> None:
    make_devices(1)
    error = HostError(ErrorCode.UNREACHABLE, "The name pe0001 does not resolve.")
    job = run_job(make_job(operator), {"pe0001": error})

    page = browser.get(f"{JOBS}{job.pk}/change/")

    (row,) = table(page, "//div[@id='prestage-rows']//table")
    assert row[7] == (
        "unreachable Der Name pe0001 lässt sich nicht auflösen. "
        "Prüfen Sie die Adresse im Inventar und den Weg zum Management-Netz."
    )
    assert [(row[2], row[4]) for row in table(page, HISTORY)] == [
        ("Job geplant", "Eingereicht."),
        ("In Bearbeitung", "Ein Worker hat den ersten Shard übernommen."),
        ("Fehlschlag", "Es sind mehr Geräte fehlgeschlagen, als die Fehlerschwelle erlaubt."),
    ]


def test_times_and_numbers(browser: Client, operator: User) -> None:
    make_devices(1)
    job = run_job(make_job(operator), {})
    Job.objects.filter(pk=job.pk).update(started_at="2026-03-08T14:05:00Z")

    page = browser.get(f"{JOBS}{job.pk}/change/")

    titles = parse(page).xpath("//dl//time/@title")
    assert "8. März 2026 14:05 UTC" in titles


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        (
            {"repeat": "weekly", "every": 2, "weekdays": ["mon", "wed"]},
            "Alle 2 Wochen am Mo, Mi um 02:00 Europe/Berlin",
        ),
        ({"repeat": "yearly"}, "Jedes Jahr am 1. Dezember um 02:00 Europe/Berlin"),
        (
            {"repeat": "monthly", "until": "2040-01-31"},
            "Jeden Monat am 1. des Monats um 02:00 Europe/Berlin bis 2040-01-31",
        ),
        (
            {"repeat": "hourly", "count": 5},
            "Jede Stunde ab 2036-12-01 02:00 Europe/Berlin 5-mal",
        ),
    ],
)
def test_a_recurrence_in_words(
    browser: Client, operator: User, rule: dict[str, Any], sentence: str
) -> None:
    document = {"start": "2036-12-01T02:00", "zone": "Europe/Berlin", **rule}
    create_schedule(request=JobRequest(), recurrence=Recurrence.from_json(document), user=operator)

    ((*_cells, recurrence),) = table(browser.get(JOBS), ROWS)

    assert recurrence == sentence


def test_what_happens_to_jobs_is_said_before_and_counted_afterwards(
    browser: Client, operator: User
) -> None:
    make_devices(1)
    later = timezone.now() + timedelta(days=1)
    jobs = [make_job(operator, scheduled_for=later).pk for _ in range(2)]
    form = {"action": "cancel_jobs", "_selected_action": jobs}

    before = browser.post(JOBS, form)
    after = browser.post(JOBS, form | {"confirmed": "yes"}, follow=True)

    rows = table(before, "//div[@id='content-main']//table")
    assert {row[2] for row in rows} == {"Er wird sofort abgebrochen und startet nie."}
    assert messages_of(after) == ["2 abgebrochen."]
    reasons = set(JobTransition.objects.filter(to_state="cancelled").values_list("reason"))
    assert reasons == {("Cancelled by alice before it started.",)}, "stored in English"
    history = browser.get(f"{JOBS}{jobs[0]}/history/")
    assert "Abgebrochen." in history.content.decode()
    assert set(LogEntry.objects.values_list("change_message")) == {("Cancelled.",)}


def test_a_refusal(browser: Client) -> None:
    page = browser.get(f"{JOBS}start/")
    form = {"key": str(page.context["form"]["key"].initial), "scope": "all", "job_type": "manual"}

    response = browser.post(f"{JOBS}start/", form | {"when": "now"})

    (error,) = parse(response).find_class("errorlist")
    assert words(error).startswith("Es gibt noch keine Geräte. Gleichen Sie zuerst das Inventar ab")


def test_what_was_changed_in_one_language_is_read_in_the_other(operator: User) -> None:
    editor = make_user("edith", "change_autosettings", "view_autosettings")
    german = Client(headers={"Accept-Language": "de"})
    german.force_login(editor)
    page = "/admin/prestage/autosettings/"

    german.post(page, {"enabled": "false", "wait": "12.5", "idle": "", "most_jobs": ""})

    assert AutoSettings.objects.get().wait == 12.5
    assert list(LogEntry.objects.order_by("pk").values_list("change_message", flat=True)) == [
        "Auto prestaging changed from “as the site says” to “Off”.",
        "Wait changed from “as the site says” to “12.5”.",
    ]


def test_a_site_in_german_stores_english(operator: User, settings: Any) -> None:
    make_devices(2)
    settings.LANGUAGE_CODE = "de"
    with translation.override("de"):
        job = run_job(make_job(operator), {})
        document = {"start": "2036-12-01T02:00", "zone": "Europe/Berlin", "repeat": "daily"}
        create_schedule(
            request=JobRequest(), recurrence=Recurrence.from_json(document), user=operator
        )

    assert job.summary == "2 of 2 devices prestaged"
    assert job.name == "Prestage all devices"
    assert JobTransition.objects.latest("pk").reason == "Submitted as recurring."
    assert Job.objects.latest("pk").recurrence == Recurrence.from_json(document).as_json()
    assert Device.objects.get(name="pe0001").recommended_role == "N-PE"


def test_rules_and_the_history_of_exceptions(browser: Client, operator: User) -> None:
    User.objects.filter(pk=operator.pk).update(is_superuser=True)
    (device,) = make_devices(1)
    address = f"/admin/prestage/recommendation/{device.pk}/exceptions/"
    browser.post(address, {"form": "exclude", "exclude-excluded": "on"})

    history = browser.get(f"/admin/prestage/device/{device.pk}/history/")
    assert "Ausnahme: + Als N-PE ausschließen." in words(parse(history))
    # The table holds English, whoever caused it.
    assert LogEntry.objects.latest("pk").change_message == "Exception: + Exclude from N-PE."

    rules = words(parse(browser.get("/admin/prestage/rules/")))
    assert "EBGP in der Hauptinstanz macht das Gerät zu einem P-Router." in rules
