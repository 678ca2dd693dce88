from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from django_q.models import OrmQ

from nornir_tasks.errors import ErrorCode
from prestage_plugin.models import Job
from prestage_plugin.services.cancel import cancel_job
from prestage_plugin.services.scope import Scope
from prestage_plugin.states import JobType
from tests.prestage_plugin.admin.conftest import browser_of
from tests.prestage_plugin.admin.page import messages_of, parse, table, words
from tests.prestage_plugin.factories import make_device, make_devices, make_job, make_user
from tests.prestage_plugin.services.build import (
    claim_all,
    discovery,
    evaluation,
    failure,
    finish,
    run_job,
)

pytestmark = pytest.mark.django_db
JOBS = "/admin/prestage/job/"
START = f"{JOBS}start/"
ROWS = "//table[@id='result_list']"


def test_the_columns_are_those_of_the_specification_in_its_order(
    browser: Client, operator: User
) -> None:
    make_devices(1)
    make_job(operator)

    headers = parse(browser.get(JOBS)).xpath(f"{ROWS}//th[@scope='col']//div[@class='text']")

    assert [words(header) for header in headers] == [
        "",
        "Job ID",
        "Name",
        "Percent",
        "State",
        "Job Type",
        "Summary",
        "Scheduled Start Time",
        "Actual Start Time",
        "End Time",
        "User",
        "Recurrence",
    ]


def test_a_row_says_how_the_job_goes(browser: Client, operator: User) -> None:
    make_devices(4)
    job = make_job(operator)
    (claim,) = claim_all(job)
    finish(
        claim,
        {"pe0001": failure(ErrorCode.AUTHENTICATION), "pe0002": discovery(evaluation("pe0002"))},
    )

    response = browser.get(JOBS)
    ((_box, number, name, percent, state, kind, _summary, *_times, user, recurrence),) = table(
        response, ROWS
    )
    (bar,) = parse(response).xpath("//progress")

    assert (number, name) == (str(job.pk), "Prestage all devices")
    assert percent == "50 % (2/4, 1 failed)"
    assert (bar.get("value"), bar.get("max"), bar.get("aria-label")) == ("50", "100", "Percent")
    assert (state, kind, user, recurrence) == ("In progress", "Manual", "alice", "—")


def test_a_job_that_is_being_cancelled_says_so(browser: Client, operator: User) -> None:
    make_devices(1)
    job = make_job(operator)
    claim_all(job)
    cancel_job(job_id=job.pk, actor="alice")

    assert table(browser.get(JOBS), ROWS)[0][4] == "cancelling"


def test_a_finished_job_has_its_summary_and_times(browser: Client, operator: User) -> None:
    make_devices(1)
    run_job(make_job(operator), {})

    response = browser.get(JOBS)
    row = table(response, ROWS)[0]

    assert row[3:7] == ["100 % (1/1)", "Success", "Manual", "1 of 1 devices prestaged"]
    assert row[7:10] == ["just now", "just now", "just now"]
    titles = [time.get("title") for time in parse(response).xpath("//time")]
    assert len(titles) == 3
    assert all(title.endswith(" UTC") for title in titles)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["look", "later", "done"]),
        ("?state__exact=scheduled", ["look", "later"]),
        ("?job_type__exact=discover-only", ["look"]),
        ("?q=ate", ["later"]),
        ("?q=pe0002", ["look", "later"]),
        ("?q=none-such", []),
        ("?q=%00", ["look", "later", "done"]),
    ],
)
def test_jobs_are_filtered_and_found_by_name_and_device(
    browser: Client, operator: User, query: str, names: list[str]
) -> None:
    make_devices(2)
    run_job(make_job(operator, name="done", scope=Scope(kind="devices", devices=("pe0001",))), {})
    make_job(operator, name="later")
    make_job(operator, name="look", job_type=JobType.DISCOVER_ONLY)

    assert [row[2] for row in table_or_nothing(browser.get(JOBS + query))] == names


def test_a_job_is_found_by_its_id(browser: Client, operator: User) -> None:
    make_device("router")
    jobs = [make_job(operator) for _ in range(11)]

    found = table(browser.get(f"{JOBS}?q={jobs[0].pk}"), ROWS)

    assert [row[1] for row in found] == [str(jobs[0].pk)]


def test_others_see_only_their_own_jobs_unless_they_may_see_all(operator: User) -> None:
    make_devices(1)
    make_job(operator)
    seen = {
        permission: table_or_nothing(browser_of(make_user(permission, permission)).get(JOBS))
        for permission in ("view_job", "view_all_jobs")
    }

    assert [len(rows) for rows in seen.values()] == [0, 1]


def test_those_without_a_permission_have_no_such_page() -> None:
    assert browser_of(make_user("nobody")).get(JOBS).status_code == 403


def test_rows_cannot_be_added_changed_or_deleted(admin_client: Client, admin_user: User) -> None:
    make_devices(1)
    job = make_job(admin_user)

    assert admin_client.get(f"{JOBS}add/").status_code == 403
    assert admin_client.post(f"{JOBS}add/", {}).status_code == 403
    assert admin_client.post(f"{JOBS}{job.pk}/change/", {"name": "x"}).status_code == 405
    assert admin_client.post(f"{JOBS}{job.pk}/delete/", {"post": "yes"}).status_code == 403
    delete = {"action": "delete_selected", "_selected_action": [job.pk], "post": "yes"}
    admin_client.post(JOBS, delete)
    job.refresh_from_db()
    assert job.name == "Prestage all devices"


def test_queries_do_not_grow_with_the_rows(
    browser: Client, operator: User, django_assert_num_queries: Any
) -> None:
    make_devices(2)
    for count in (1, 20):
        for _ in range(count):
            run_job(make_job(operator), {})
        # session, user, two of the permissions, preferences, a look ahead, jobs
        with django_assert_num_queries(7):
            assert browser.get(JOBS).status_code == 200


def test_the_button_leads_to_a_page_that_starts_a_job(browser: Client, operator: User) -> None:
    make_devices(2)
    (button,) = parse(browser.get(JOBS)).xpath("//ul[@class='object-tools']//a")
    page = browser.get(button.get("href"))

    response = browser.post(
        START, filled(page, job_type="discover-only", dry_run="on"), follow=True
    )

    job = Job.objects.get()
    assert words(button) == "Prestage devices"
    assert "2 devices" in words(parse(page))
    assert (job.job_type, job.dry_run, job.user) == ("discover-only", True, operator)
    assert OrmQ.objects.count() == 1
    assert response.redirect_chain == [(f"{JOBS}{job.pk}/change/", 302)]
    assert messages_of(response) == [f"Job #{job.pk} was started."]


def test_the_same_page_sent_twice_is_one_job(browser: Client) -> None:
    make_devices(1)
    form = filled(browser.get(START))

    browser.post(START, form)
    browser.post(START, form)

    assert Job.objects.count() == 1


def test_a_job_that_cannot_start_says_why(browser: Client) -> None:
    response = browser.post(START, filled(browser.get(START)))

    (error,) = parse(response).xpath("//ul[contains(@class, 'nonfield')]/li")
    assert words(error).startswith("There are no devices yet. Synchronise the inventory first")
    assert not Job.objects.exists()


@pytest.mark.parametrize(
    "form", [{}, {"job_type": "auto"}, {"job_type": "manual", "key": "x"}, {"job_type": "\x00"}]
)
def test_a_forged_form_starts_nothing(browser: Client, form: dict[str, str]) -> None:
    make_devices(1)

    assert browser.post(START, form).status_code == 200
    assert not Job.objects.exists()


def test_starting_needs_its_permission() -> None:
    make_devices(1)
    viewer = browser_of(make_user("viewer", "view_job"))

    assert not parse(viewer.get(JOBS)).xpath("//ul[@class='object-tools']//a")
    assert viewer.get(START).status_code == 403
    assert viewer.post(START, {"job_type": "manual"}).status_code == 403
    assert not Job.objects.exists()


def test_starting_needs_the_token_against_forgery(operator: User) -> None:
    make_devices(1)
    client = Client(enforce_csrf_checks=True)
    client.force_login(operator)

    form = filled(client.get(START))
    del form["csrfmiddlewaretoken"]

    assert client.post(START, form).status_code == 403
    assert not Job.objects.exists()


def test_hostile_names_are_escaped(browser: Client, operator: User) -> None:
    make_devices(1)
    make_job(operator, name="<script>alert(1)</script>")

    content = browser.get(JOBS).content.decode()

    assert "<script>alert" not in content
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in content


def test_a_job_far_in_the_future_is_shown(browser: Client, operator: User) -> None:
    make_devices(1)
    make_job(operator, scheduled_for=timezone.now() + timedelta(days=3, hours=1))

    assert table(browser.get(JOBS), ROWS)[0][7] == "in 3 days"


def table_or_nothing(response: Any) -> list[list[str]]:
    return table(response, ROWS) if parse(response).xpath(ROWS) else []


def filled(page: Any, **values: str) -> dict[str, str]:
    (form,) = [form for form in parse(page).forms if "job_type" in form.fields]
    return dict(form.form_values()) | values
