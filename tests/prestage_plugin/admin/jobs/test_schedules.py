"""The list of series, the page of one, and their end."""

from datetime import datetime
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from prestage_plugin.models import Schedule
from prestage_plugin.recurrence import Recurrence
from prestage_plugin.services.cancel import cancel_job
from prestage_plugin.services.schedule import cancel_schedule, create_schedule
from prestage_plugin.services.schedule_edit import pause_schedule
from prestage_plugin.services.submit import JobRequest
from prestage_plugin.states import JobState, Repeat, ScheduleState
from tests.prestage_plugin.admin.page import messages_of, parse, table, words
from tests.prestage_plugin.factories import make_devices, make_user

pytestmark = pytest.mark.django_db
SCHEDULES = "/admin/prestage/schedule/"
JOBS = "/admin/prestage/job/"
ROWS = "//table[@id='result_list']"
EVIL = "<script>alert(1)</script>"


def weekly(owner: User | None, name: str = "Nightly") -> Schedule:
    rule = Recurrence(
        repeat=Repeat.WEEKLY,
        weekdays=(0,),
        start=datetime(2036, 12, 1, 2),  # noqa: DTZ001 - a time on the wall
        zone="Europe/Berlin",
    )
    return create_schedule(request=JobRequest(name=name), recurrence=rule, user=owner)


def page_of(schedule: Schedule) -> str:
    return f"{SCHEDULES}{schedule.pk}/change/"


def test_the_list_says_what_recurs_and_when_next(browser: Client, operator: User) -> None:
    schedule = weekly(operator)
    weekly(make_user("bob"))

    ((_box, number, name, state, kind, recurrence, next_start, made, user),) = table(
        browser.get(SCHEDULES), ROWS
    )

    assert (number, name, state, kind) == (str(schedule.pk), "Nightly", "Active", "Manual")
    assert recurrence == "Every week on Mon at 02:00 Europe/Berlin"
    assert next_start.startswith("in ")
    assert (made, user) == ("1", "alice")


def test_the_page_has_the_next_times_the_jobs_and_the_options(
    browser: Client, operator: User
) -> None:
    schedule = weekly(operator)
    job = schedule.jobs.get()

    response = browser.get(page_of(schedule))

    times = parse(response).xpath("//ol[@class='prestage-list']/li")
    assert words(times[0]) == "Mon Dec. 1, 2036, 2 a.m. CET"
    assert len(times) == 5
    ((link, occurrence, state, *_rest),) = table(response, "//div[h2='Latest jobs']//table")
    assert (link, occurrence, state) == (f"#{job.pk}", "1", "Job Scheduled")


def test_the_page_of_a_job_leads_to_its_series(browser: Client, operator: User) -> None:
    schedule = weekly(operator)

    page = parse(browser.get(f"{JOBS}{schedule.jobs.get().pk}/change/"))

    assert page.xpath(f"//a[@href='{page_of(schedule)}']")


def test_the_confirmation_says_what_becomes_of_each(browser: Client, operator: User) -> None:
    schedules = [weekly(operator), weekly(operator), weekly(operator)]
    cancel_schedule(schedule_id=schedules[0].pk, actor="alice")
    Schedule.objects.filter(pk=schedules[1].pk).update(state=ScheduleState.ENDED, next_at=None)
    chosen = [schedule.pk for schedule in schedules]

    page = browser.post(SCHEDULES, {"action": "cancel_series", "_selected_action": chosen})
    response = browser.post(
        SCHEDULES,
        {"action": "cancel_series", "_selected_action": chosen, "confirmed": "yes"},
        follow=True,
    )

    assert [row[2] for row in table(page, "//div[@id='content-main']//table")] == [
        "Its next job is cancelled at once, and none follows.",
        "It has ended by itself.",
        "It is cancelled already.",
    ]
    assert messages_of(response) == ["1 series cancelled, 1 already cancelled, 1 already ended."]
    assert schedules[2].jobs.get().state == JobState.CANCELLED


def test_a_series_is_paused_and_goes_on(browser: Client, operator: User) -> None:
    schedule = weekly(operator)
    others = weekly(make_user("bob"))
    chosen = [schedule.pk, others.pk]
    states = []
    for action in ("pause_series", "pause_series", "resume_series"):
        sent = {"action": action, "_selected_action": chosen, "confirmed": "yes"}
        (text,) = messages_of(browser.post(SCHEDULES, sent, follow=True))
        schedule.refresh_from_db()
        states.append((text, schedule.state))

    assert states == [
        ("1 paused.", ScheduleState.PAUSED),
        ("1 skipped (It is Paused).", ScheduleState.PAUSED),
        ("1 resumed.", ScheduleState.ACTIVE),
    ]
    others.refresh_from_db()
    assert others.state == ScheduleState.ACTIVE


@pytest.mark.parametrize(
    ("state", "buttons"),
    [
        (ScheduleState.ACTIVE, ["cancel_series", "pause_series"]),
        (ScheduleState.PAUSED, ["cancel_series", "resume_series"]),
        (ScheduleState.CANCELLED, []),
    ],
)
def test_the_page_offers_what_can_be_done(
    browser: Client, operator: User, state: ScheduleState, buttons: list[str]
) -> None:
    schedule = weekly(operator)
    if state == ScheduleState.PAUSED:
        pause_schedule(schedule_id=schedule.pk, actor="alice")
    elif state == ScheduleState.CANCELLED:
        cancel_schedule(schedule_id=schedule.pk, actor="alice")

    page = parse(browser.get(page_of(schedule)))

    offered = page.xpath("//div[@class='prestage-buttons']//button/@value")
    assert [name for name in offered if name != "cancel_jobs"] == buttons


def test_one_occurrence_is_left_out_and_the_next_is_offered(
    browser: Client, operator: User
) -> None:
    schedule = weekly(operator)
    first = schedule.jobs.get()
    (button,) = parse(browser.get(page_of(schedule))).xpath("//button[@value='cancel_jobs']")
    (form,) = button.xpath("ancestor::form")
    sent = dict(form.form_values()) | {"action": "cancel_jobs"}

    page = parse(browser.post(form.action, sent))
    (confirmation,) = [each for each in page.forms if "confirmed" in each.fields]
    browser.post(confirmation.action, dict(confirmation.form_values()))

    assert confirmation.fields["extent"] == "occurrence"
    first.refresh_from_db()
    following = schedule.jobs.waiting().get()
    assert (first.state, following.occurrence) == (JobState.CANCELLED, 2)


def test_a_series_needs_an_answer(browser: Client, operator: User) -> None:
    job = weekly(operator).jobs.get()

    response = browser.post(
        JOBS, {"action": "cancel_jobs", "_selected_action": [job.pk], "confirmed": "yes"}
    )

    assert "This field is required." in words(parse(response))
    job.refresh_from_db()
    assert job.state == JobState.SCHEDULED


def test_queries_do_not_grow_with_the_rows(
    browser: Client, operator: User, django_assert_num_queries: Any
) -> None:
    for count in (1, 10):
        for _ in range(count):
            weekly(operator)
        # session, user, two of the permissions, preferences, count, schedules
        with django_assert_num_queries(7):
            assert browser.get(SCHEDULES).status_code == 200


def test_queries_do_not_grow_with_the_jobs_of_a_series(
    browser: Client, operator: User, django_assert_num_queries: Any
) -> None:
    make_devices(1)
    schedule = weekly(operator)
    for _ in range(2):
        # session, user, two of the permissions, preferences, schedule, jobs
        with django_assert_num_queries(7):
            assert browser.get(page_of(schedule)).status_code == 200
        for _occurrence in range(5):
            cancel_job(job_id=schedule.jobs.waiting().get().pk, actor="alice")


def test_nobody_changes_a_series_by_hand(admin_client: Client, admin_user: User) -> None:
    schedule = weekly(admin_user)

    assert admin_client.get(f"{SCHEDULES}add/").status_code == 403
    assert admin_client.post(page_of(schedule), {"name": "x"}).status_code == 405
    delete = {"action": "delete_selected", "_selected_action": [schedule.pk], "post": "yes"}
    admin_client.post(SCHEDULES, delete)
    assert Schedule.objects.get().name == "Nightly"


def test_hostile_names_are_escaped(browser: Client, operator: User) -> None:
    schedule = weekly(operator, EVIL)
    sent = {"action": "cancel_series", "_selected_action": [schedule.pk]}

    for response in (
        browser.get(SCHEDULES),
        browser.get(page_of(schedule)),
        browser.post(SCHEDULES, sent),
    ):
        content = response.content.decode()
        assert EVIL not in content
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in content


def test_a_rule_that_cannot_be_read_is_told(browser: Client, operator: User) -> None:
    schedule = weekly(operator)
    Schedule.objects.update(recurrence={"repeat": "never"})

    for address in (SCHEDULES, page_of(schedule)):
        assert "Repeat is one of" in words(parse(browser.get(address)))
