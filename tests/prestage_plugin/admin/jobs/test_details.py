from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from nornir_tasks.errors import REGISTRY, ErrorCode
from nornir_tasks.outcome import HostError
from prestage_plugin.models import Job, JobDevice
from prestage_plugin.services.results import record
from prestage_plugin.states import DeviceState
from tests.prestage_plugin.admin.conftest import browser_of
from tests.prestage_plugin.admin.page import parse, table, words
from tests.prestage_plugin.factories import make_device, make_devices, make_job, make_user
from tests.prestage_plugin.services.build import NOON, claim_all, failure, finish, run_job

pytestmark = pytest.mark.django_db
JOBS = "/admin/prestage/job/"
CONFIRMATION = "//div[@id='content-main']//table"
ROWS = "//div[@id='prestage-rows']//table"
HISTORY = "//div[h2='History']//table"


def details(job: Job) -> str:
    return f"{JOBS}{job.pk}/change/"


def live(job: Job) -> str:
    return f"{JOBS}{job.pk}/live/"


@pytest.fixture
def running(operator: User) -> Job:
    """A job with one device failed, one running and two queued."""
    make_devices(4)
    job = make_job(operator)
    (claim,) = claim_all(job)
    finish(claim, {"pe0001": failure(ErrorCode.AUTHENTICATION)})
    record(claim=claim, started={"pe0002": NOON}, results=[])
    return job


def test_the_box_score_counts_devices_by_state(browser: Client, running: Job) -> None:
    boxes = parse(browser.get(details(running))).xpath("//nav[@class='prestage-boxes']/a")

    assert [words(box) for box in boxes] == [
        "4 All",
        "2 Queued",
        "1 Running",
        "0 Prestaged",
        "0 Unchanged",
        "0 Excluded",
        "0 Absorbed",
        "1 Failed",
        "0 Cancelled",
    ]


def test_device_rows_have_result_and_error_with_advice(browser: Client, running: Job) -> None:
    rows = table(browser.get(details(running)), ROWS)

    advice = REGISTRY[ErrorCode.AUTHENTICATION].action
    assert [row[0] for row in rows] == ["pe0001", "pe0002", "pe0003", "pe0004"]
    assert [row[1] for row in rows] == ["Failed", "Running", "Queued", "Queued"]
    assert rows[0][7] == f"authentication No route to the device. {advice}"
    assert rows[0][8] == "1"
    assert rows[2][2:8] == ["—", "—", "—", "—", "0", "—"]


def test_a_finished_device_shows_the_roles(browser: Client, operator: User) -> None:
    make_devices(1)
    job = run_job(make_job(operator), {})

    (row,) = table(browser.get(details(job)), ROWS)

    assert row[1:6] == ["Prestaged", "—", "N-PE capabilities", "N-PE", "10.0.0.1"]


def test_a_recommendation_that_was_not_assigned_has_a_question_mark(
    browser: Client, operator: User
) -> None:
    make_devices(1)
    job = run_job(make_job(operator, dry_run=True), {})

    (row,) = table(browser.get(details(job)), ROWS)

    assert row[3:5] == ["N-PE ? capabilities", "—"]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("?state=failed", ["pe0001"]),
        ("?state=queued", ["pe0003", "pe0004"]),
        ("?state=nonsense", ["pe0001", "pe0002", "pe0003", "pe0004"]),
        ("?error=authentication", ["pe0001"]),
        ("?error=nonsense", ["pe0001", "pe0002", "pe0003", "pe0004"]),
        ("?from=pe0003", ["pe0003", "pe0004"]),
        ("?from=pe0003&state=failed", []),
        ("?after=pe0003", ["pe0004"]),
        ("?before=pe0003", ["pe0001", "pe0002"]),
        ("?state=%00&after=%00&from=%00", ["pe0001", "pe0002", "pe0003", "pe0004"]),
    ],
)
def test_rows_are_filtered_by_state(
    browser: Client, running: Job, query: str, names: list[str]
) -> None:
    for address in (details(running), live(running)):
        response = browser.get(address + query)
        found = table(response, ROWS) if parse(response).xpath(ROWS) else []
        assert [row[0] for row in found] == names


def test_rows_are_paged(browser: Client, operator: User) -> None:
    make_devices(60)
    job = make_job(operator)

    first = browser.get(details(job))
    (following,) = parse(first).xpath("//a[@rel='next']")
    second = browser.get(details(job) + following.get("href"))
    (previous,) = parse(second).xpath("//a[@rel='prev']")
    again = browser.get(details(job) + previous.get("href"))

    assert [len(table(page, ROWS)) for page in (first, second, again)] == [50, 10, 50]
    assert table(second, ROWS)[0][0] == "pe0051"
    assert table(again, ROWS) == table(first, ROWS)
    assert not parse(first).xpath("//a[@rel='prev']")
    assert not parse(second).xpath("//a[@rel='next']")


def test_the_history_says_who_when_and_why(browser: Client, operator: User) -> None:
    make_devices(1)
    job = run_job(make_job(operator), {})

    rows = table(browser.get(details(job)), HISTORY)

    assert [(row[1], row[2], row[3]) for row in rows] == [
        ("—", "Job Scheduled", "alice"),
        ("Job Scheduled", "In progress", "system"),
        ("In progress", "Success", "system"),
    ]


def test_the_page_says_what_the_job_was_started_with(browser: Client, operator: User) -> None:
    make_devices(1)
    job = make_job(operator, dry_run=True, failure_threshold=15, profile="extended")

    (facts,) = parse(browser.get(details(job))).xpath("//div[h2='Started with']/dl")

    text = words(facts)
    assert "Devices all devices" in text.replace("Devicesall", "Devices all")
    assert "15 %" in text
    assert "extended" in text
    assert "nothing is written" in text


def test_the_live_part_goes_on_exactly_while_the_job_is_active(
    browser: Client, operator: User
) -> None:
    make_devices(1)
    job = make_job(operator)
    (before,) = parse(browser.get(live(job))).xpath("//*[@data-live-part]|self::*[@data-live-part]")
    run_job(job, {})
    (after,) = parse(browser.get(live(job))).xpath("//*[@data-live-part]|self::*[@data-live-part]")

    assert "data-live-active" in before.attrib
    assert "data-live-active" not in after.attrib
    assert after.get("data-live-state") == "Success"


def test_an_active_job_can_be_cancelled_from_its_page(browser: Client, running: Job) -> None:
    (button,) = parse(browser.get(details(running))).xpath("//button[@value='cancel_jobs']")
    (form,) = button.xpath("ancestor::form")

    confirmation = browser.post(form.action, dict(form.form_values()) | {"action": "cancel_jobs"})

    assert table(confirmation, CONFIRMATION)[0][0] == str(running)


def test_a_finished_job_has_no_cancel_button(browser: Client, operator: User) -> None:
    make_devices(1)
    job = run_job(make_job(operator), {})

    assert "cancel_jobs" not in browser.get(details(job)).content.decode()


def test_jobs_that_one_may_not_see_are_not_there(operator: User) -> None:
    make_devices(1)
    job = make_job(operator)
    other = browser_of(make_user("other", "view_job"))
    nobody = browser_of(make_user("nobody"))

    assert other.get(details(job)).status_code == 302
    assert other.get(live(job)).status_code == 404
    assert nobody.get(details(job)).status_code == 403
    assert nobody.get(live(job)).status_code == 403


def test_queries_do_not_grow_with_the_devices(
    browser: Client, operator: User, django_assert_num_queries: Any
) -> None:
    make_devices(1)
    small = make_job(operator)
    for number in range(30):
        make_device(f"x{number}")
    large = make_job(operator)
    for job in (small, large):
        # session, user, two of the permissions, preferences, job, rows, running, history
        with django_assert_num_queries(9):
            assert browser.get(details(job)).status_code == 200


def test_hostile_names_and_errors_are_escaped(browser: Client, operator: User) -> None:
    evil = "<script>alert(1)</script>"
    make_device(evil)
    job = run_job(make_job(operator, name=evil), {evil: HostError(ErrorCode.RPC_ERROR, evil)})

    for address in (details(job), live(job)):
        content = browser.get(address).content.decode()
        assert "<script>alert" not in content
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in content


def test_a_row_of_an_error_code_that_is_no_more_is_shown(browser: Client, running: Job) -> None:
    JobDevice.objects.filter(device_name="pe0001").update(error_code="retired-code")

    assert table(browser.get(details(running)), ROWS)[0][7].startswith("retired-code")


def test_a_row_whose_device_is_gone_keeps_its_name(browser: Client, running: Job) -> None:
    JobDevice.objects.update(device=None)

    rows = table(browser.get(details(running)), ROWS)

    assert rows[0][0] == "pe0001"


def test_every_state_of_a_device_has_a_colour_and_a_word(browser: Client, running: Job) -> None:
    row = JobDevice.objects.get(device_name="pe0003")
    for state in DeviceState:
        JobDevice.objects.filter(pk=row.pk).update(state=state)
        (pill,) = parse(browser.get(details(running))).xpath(
            f"{ROWS}//tr[th='pe0003']//span[contains(@class, 'prestage-pill-device-{state}')]"
        )
        assert words(pill) == str(state.label)
