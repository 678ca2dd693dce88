from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from prestage_plugin.admin import confirming
from prestage_plugin.models import Job
from prestage_plugin.services.cancel import cancel_job
from prestage_plugin.services.results import record
from tests.prestage_plugin.admin.conftest import browser_of
from tests.prestage_plugin.admin.page import messages_of, parse, table
from tests.prestage_plugin.factories import make_devices, make_job, make_user
from tests.prestage_plugin.services.build import NOON, claim_all, run_job

pytestmark = pytest.mark.django_db
JOBS = "/admin/prestage/job/"
CONFIRMATION = "//div[@id='content-main']//table"


def make_all_kinds(user: User) -> dict[str, Job]:
    """Make a scheduled, a running, a cancelling, a finished and a cancelled job."""
    make_devices(3)
    jobs = {
        "scheduled": make_job(user, scheduled_for=timezone.now() + timedelta(days=1)),
        "running": make_job(user),
        "cancelling": make_job(user),
        "finished": run_job(make_job(user), {}),
        "cancelled": make_job(user),
    }
    for name in ("running", "cancelling"):
        (claim,) = claim_all(jobs[name])
        record(claim=claim, started={"pe0001": NOON}, results=[])
    cancel_job(job_id=jobs["cancelling"].pk, actor="alice")
    cancel_job(job_id=jobs["cancelled"].pk, actor="alice")
    return jobs


def select(*jobs: Job, **values: str) -> dict[str, Any]:
    return {"action": "cancel_jobs", "_selected_action": [job.pk for job in jobs]} | values


def states(*jobs: Job) -> list[tuple[str, bool]]:
    return [(job.state, job.cancelling) for job in (Job.objects.get(pk=j.pk) for j in jobs)]


def test_the_confirmation_says_what_will_happen_to_each_job(
    browser: Client, operator: User
) -> None:
    jobs = make_all_kinds(operator)
    before = states(*jobs.values())

    response = browser.post(JOBS, select(*jobs.values()))

    assert {row[0].split()[0]: row[2] for row in table(response, CONFIRMATION)} == {
        f"#{jobs['scheduled'].pk}": "It is cancelled at once and never starts.",
        f"#{jobs['running'].pk}": "1 device in flight finishes and keeps its result; "
        "2 devices that have not started are cancelled.",
        f"#{jobs['cancelling'].pk}": "1 device in flight finishes and keeps its result; "
        "2 devices that have not started are cancelled.",
        f"#{jobs['finished'].pk}": "It has already finished and cannot be cancelled.",
        f"#{jobs['cancelled'].pk}": "It is cancelled already.",
    }
    assert "Cancelling is no roll-back." in response.content.decode()
    assert states(*jobs.values()) == before


def test_once_confirmed_the_message_counts_what_was_done(browser: Client, operator: User) -> None:
    jobs = make_all_kinds(operator)

    response = browser.post(JOBS, select(*jobs.values(), confirmed="yes"), follow=True)

    assert messages_of(response) == [
        "1 cancelled, 2 stopping, 1 already cancelled, 1 already finished."
    ]
    assert states(jobs["scheduled"], jobs["running"], jobs["finished"]) == [
        ("cancelled", False),
        ("in-progress", True),
        ("success", False),
    ]
    assert LogEntry.objects.filter(change_message="Cancelled.").count() == 3


def test_the_confirmation_page_sends_what_was_selected(browser: Client, operator: User) -> None:
    jobs = make_all_kinds(operator)
    page = parse(browser.post(JOBS, select(jobs["scheduled"])))
    (form,) = [form for form in page.forms if "confirmed" in form.fields]

    response = browser.post(form.action, dict(form.form_values()), follow=True)

    assert response.redirect_chain == [(f"{JOBS}{jobs['scheduled'].pk}/change/", 302)]
    assert states(jobs["scheduled"]) == [("cancelled", False)]


def test_jobs_of_others_are_skipped_and_told(operator: User) -> None:
    make_devices(1)
    job = make_job(operator)
    viewer = browser_of(make_user("viewer", "view_all_jobs"))

    page = viewer.post(JOBS, select(job))
    response = viewer.post(JOBS, select(job, confirmed="yes"), follow=True)

    assert "which you may not cancel" in table(page, CONFIRMATION)[0][2]
    assert messages_of(response) == ["1 skipped because it is not yours."]
    assert states(job) == [("scheduled", False)]


def test_jobs_that_one_does_not_see_cannot_be_cancelled_by_a_forged_form(operator: User) -> None:
    make_devices(1)
    job = make_job(operator)
    stranger = browser_of(make_user("stranger", "view_job", "cancel_any_job"))

    stranger.post(JOBS, select(job, confirmed="yes"))

    assert states(job) == [("scheduled", False)]


def test_those_with_the_permission_cancel_any_job(operator: User) -> None:
    make_devices(1)
    job = make_job(operator)
    chief = browser_of(make_user("chief", "view_all_jobs", "cancel_any_job"))

    chief.post(JOBS, select(job, confirmed="yes"))

    assert states(job) == [("cancelled", False)]
    assert Job.objects.get().cancel_requested_by == "chief"


def test_more_jobs_than_a_form_can_hold_are_refused(
    browser: Client, operator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(confirming, "MOST_ROWS", 2)
    make_devices(1)
    jobs = [make_job(operator) for _ in range(3)]

    response = browser.post(JOBS, select(*jobs), follow=True)

    assert messages_of(response) == ["Choose at most 2 at a time."]


def test_hostile_names_are_escaped_in_the_confirmation(browser: Client, operator: User) -> None:
    make_devices(1)
    job = make_job(operator, name="<script>alert(1)</script>")

    content = browser.post(JOBS, select(job)).content.decode()

    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in content
    assert "<script>alert" not in content
