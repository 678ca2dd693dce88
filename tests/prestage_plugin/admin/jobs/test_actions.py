"""What actions say before and after, beside the cancel."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from nornir_tasks.errors import ErrorCode
from nornir_tasks.outcome import HostError
from prestage_plugin.models import Device, Job
from prestage_plugin.services.cancel import cancel_job
from prestage_plugin.services.results import record
from prestage_plugin.states import JobState
from tests.prestage_plugin.admin.page import messages_of, parse, table, words
from tests.prestage_plugin.factories import make_device, make_devices, make_job, make_user
from tests.prestage_plugin.services.build import NOON, claim_all, failure, run_job

pytestmark = pytest.mark.django_db
JOBS = "/admin/prestage/job/"
CONFIRMATION = "//div[@id='content-main']//table"
EVIL = "<script>alert(1)</script>"


def failed(user: User) -> Job:
    return run_job(make_job(user), {"pe0001": failure(ErrorCode.AUTHENTICATION)})


def select(action: str, *jobs: Job, **values: str) -> dict[str, Any]:
    return {"action": action, "_selected_action": [job.pk for job in jobs]} | values


def confirm(client: Client, action: str, *jobs: Job, **values: str) -> Any:
    """Ask, read the form of the answer and send it."""
    page = parse(client.post(JOBS, select(action, *jobs)))
    (form,) = [form for form in page.forms if "confirmed" in form.fields]
    chosen = {"_selected_action": [job.pk for job in jobs]}
    return client.post(form.action, dict(form.form_values()) | chosen | values, follow=True)


def texts(client: Client, action: str, *jobs: Job) -> list[str]:
    return [row[2] for row in table(client.post(JOBS, select(action, *jobs)), CONFIRMATION)]


class TestRetry:
    def test_says_how_many_devices_and_for_which_jobs_there_is_nothing(
        self, browser: Client, operator: User
    ) -> None:
        make_devices(2)
        jobs = [run_job(make_job(operator), {}), failed(operator), make_job(operator)]

        assert texts(browser, "retry_jobs", *jobs) == [
            "It has not ended yet; wait for its end or cancel it first.",
            "A new job is started for its 1 failed device.",
            "No device of it failed, so there is nothing to retry.",
        ]

    def test_starts_a_job_for_the_failed_devices_and_goes_to_it(
        self, browser: Client, operator: User
    ) -> None:
        make_devices(2)
        job = failed(operator)

        response = confirm(browser, "retry_jobs", job)

        retry = job.retries.get()
        assert retry.scope["devices"] == ["pe0001"]
        assert messages_of(response) == [f"1 started: #{retry.pk}."]
        assert response.redirect_chain == [(f"{JOBS}{retry.pk}/change/", 302)]
        assert LogEntry.objects.get().change_message == "Failed devices retried."

    def test_counts_what_was_started_and_what_was_not_and_why(
        self, browser: Client, operator: User
    ) -> None:
        make_devices(2)
        gone = run_job(make_job(operator), {"pe0002": failure()})
        Device.objects.filter(name="pe0002").update(in_inventory=False)
        jobs = [failed(operator), run_job(make_job(operator), {}), make_job(operator), gone]

        response = confirm(browser, "retry_jobs", *jobs)

        newest = Job.objects.latest("pk")
        text = "1 started, 1 has not ended yet, 2 have nothing to retry"
        assert messages_of(response) == [f"{text}: #{newest.pk}."]

    @pytest.mark.parametrize("action", ["retry_jobs", "run_jobs_again"])
    def test_a_double_click_is_one_job(self, browser: Client, operator: User, action: str) -> None:
        make_devices(2)
        job = failed(operator)
        page = parse(browser.post(JOBS, select(action, job)))
        (form,) = [form for form in page.forms if "confirmed" in form.fields]

        for _click in range(2):
            browser.post(form.action, dict(form.form_values()))

        assert Job.objects.count() == 2

    def test_a_job_whose_devices_all_worked_has_a_button_that_says_why_not(
        self, browser: Client, operator: User
    ) -> None:
        make_devices(1)
        job = run_job(make_job(operator), {})

        (button,) = parse(browser.get(f"{JOBS}{job.pk}/change/")).xpath(
            "//button[@value='retry_jobs']"
        )

        assert (words(button), button.get("title")) == (
            "Retry failed devices (0)…",
            "No device of this job failed.",
        )
        assert "disabled" in button.attrib


class TestForceStop:
    def test_says_which_sessions_are_closed(self, admin_client: Client, admin_user: User) -> None:
        make_devices(3)
        job = make_job(admin_user)
        (claim,) = claim_all(job)
        record(claim=claim, started={"pe0001": NOON}, results=[])

        (text,) = texts(admin_client, "force_stop_jobs", job)
        assert text == (
            "The session of 1 device in flight is closed and the device is cancelled; "
            "2 devices that have not started are cancelled."
        )
        assert messages_of(confirm(admin_client, "force_stop_jobs", job)) == ["1 stopping."]

    def test_ends_a_cancel_that_waits(self, admin_client: Client, admin_user: User) -> None:
        make_devices(1)
        job = make_job(admin_user)
        claim_all(job)
        cancel_job(job_id=job.pk, actor="admin")

        page = parse(admin_client.get(f"{JOBS}{job.pk}/change/"))
        confirm(admin_client, "force_stop_jobs", job)

        job.refresh_from_db()
        assert job.force_stop
        offered = page.xpath("//form[@class='prestage-buttons']//button/@value")
        assert "force_stop_jobs" in offered
        assert "cancel_jobs" not in offered


class TestReassign:
    def test_counts_what_was_done_and_what_was_not_and_why(
        self, browser: Client, operator: User
    ) -> None:
        make_devices(2)
        make_user("carol", "run_job")
        jobs = [make_job(operator), failed(operator)]

        response = confirm(browser, "reassign_jobs", *jobs, to="carol")

        assert messages_of(response) == ["1 reassigned, 1 already finished."]

    @pytest.mark.parametrize(
        ("to", "text"),
        [
            ("", "This field is required."),
            ("nobody", "There is no user nobody."),
            (EVIL, f"There is no user {EVIL}."),
            ("viewer", "The user viewer may not run jobs"),
        ],
    )
    def test_asks_again_when_nobody_can_have_it(
        self, browser: Client, operator: User, to: str, text: str
    ) -> None:
        make_devices(1)
        make_user("viewer", "view_job")
        job = make_job(operator)

        response = confirm(browser, "reassign_jobs", job, to=to)

        assert text in words(parse(response))
        assert EVIL not in response.content.decode()
        job.refresh_from_db()
        assert job.username == "alice"

    def test_leads_to_the_list_when_the_job_is_no_longer_to_be_seen(
        self, browser: Client, operator: User
    ) -> None:
        make_devices(1)
        make_user("carol", "run_job")

        response = confirm(browser, "reassign_jobs", make_job(operator), to="carol")

        assert response.redirect_chain == [(JOBS, 302)]


class TestExport:
    def test_is_a_file_with_every_device(self, browser: Client, operator: User) -> None:
        make_devices(2)
        job = failed(operator)

        table_file = browser.post(JOBS, select("export_csv", job))
        document = browser.post(JOBS, select("export_json", job, job))

        assert table_file.headers["Content-Disposition"] == (
            f'attachment; filename="prestage-job-{job.pk}.csv"'
        )
        assert table_file.getvalue().decode().count("\n") == 3
        (exported,) = json.loads(document.getvalue())
        assert [device["device"] for device in exported["devices"]] == ["pe0001", "pe0002"]


class TestShowDetails:
    def test_opens_the_one_that_is_selected(self, browser: Client, operator: User) -> None:
        make_devices(1)
        jobs = [make_job(operator), make_job(operator)]

        one = browser.post(JOBS, select("show_details", jobs[0]))
        both = browser.post(JOBS, select("show_details", *jobs), follow=True)

        assert one.headers["Location"] == f"{JOBS}{jobs[0].pk}/change/"
        assert messages_of(both) == ["Select one job to see its details."]


@pytest.mark.parametrize(
    "action",
    ["cancel_jobs", "force_stop_jobs", "retry_jobs", "run_jobs_again", "reassign_jobs"],
)
def test_hostile_names_are_escaped_on_every_confirmation(
    admin_client: Client, admin_user: User, action: str
) -> None:
    make_device(EVIL)
    waiting = make_job(admin_user, name=EVIL, scheduled_for=timezone.now() + timedelta(days=1))
    ended = run_job(make_job(admin_user, name=EVIL), {EVIL: HostError(ErrorCode.RPC_ERROR, EVIL)})

    content = admin_client.post(JOBS, select(action, waiting, ended)).content.decode()

    assert ended.state == JobState.FAILURE
    assert EVIL not in content
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in content
