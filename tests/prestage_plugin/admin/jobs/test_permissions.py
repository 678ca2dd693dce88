"""Every action on jobs and series, for every role: by click and by forged POST."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.admin import site
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from nornir_tasks.errors import ErrorCode
from prestage_plugin.models import Job, Schedule
from prestage_plugin.recurrence import Recurrence
from prestage_plugin.services.schedule import create_schedule
from prestage_plugin.services.schedule_edit import pause_schedule
from prestage_plugin.services.submit import JobRequest
from prestage_plugin.states import JobState, Repeat, ScheduleState
from tests.prestage_plugin.admin.conftest import browser_of
from tests.prestage_plugin.admin.page import parse
from tests.prestage_plugin.factories import OPERATOR, make_devices, make_job, make_user
from tests.prestage_plugin.services.build import claim_all, failure, run_job

pytestmark = pytest.mark.django_db
JOBS = "/admin/prestage/job/"
SCHEDULES = "/admin/prestage/schedule/"


def scheduled(owner: User) -> Job:
    return make_job(owner, scheduled_for=timezone.now() + timedelta(days=1))


def running(owner: User) -> Job:
    job = make_job(owner)
    claim_all(job)
    return job


def failed(owner: User) -> Job:
    return run_job(make_job(owner), {"pe0001": failure(ErrorCode.AUTHENTICATION)})


def is_cancelled(job: Job) -> bool:
    job.refresh_from_db()
    return job.state == JobState.CANCELLED


def is_stopped(job: Job) -> bool:
    job.refresh_from_db()
    return job.force_stop


def is_done_again(job: Job) -> bool:
    return Job.objects.filter(pk__gt=job.pk).exists()


def is_new_owners(job: Job) -> bool:
    job.refresh_from_db()
    return job.username == "newcomer"


ROLES: dict[str, tuple[str, ...]] = {
    # Alice's own jobs are those that it is about.
    "alice": OPERATOR,
    "alice, who may force": (*OPERATOR, "force_stop_job"),
    "nobody": (),
    "viewer": ("view_job", "view_all_jobs"),
    "other operator": OPERATOR,
    "other operator who sees all": (*OPERATOR, "view_all_jobs"),
    "canceller": ("view_all_jobs", "cancel_any_job"),
    "canceller who may not see": ("view_job", "cancel_any_job", "force_stop_job", "change_job"),
    "canceller who may force": ("view_all_jobs", "cancel_any_job", "force_stop_job"),
    "who may force only": ("view_all_jobs", "force_stop_job"),
    "dispatcher": ("view_all_jobs", "change_job"),
    "administrator": (),
}

ALICE = {"alice", "alice, who may force"}
SEEING_ALL = {
    "viewer",
    "other operator who sees all",
    "canceller",
    "canceller who may force",
    "who may force only",
    "dispatcher",
    "administrator",
}

Make = Callable[[User], Job]
Look = Callable[[Job], bool]

ACTIONS: dict[str, tuple[Make, Look, set[str]]] = {
    "cancel_jobs": (
        scheduled,
        is_cancelled,
        ALICE | {"canceller", "canceller who may force", "administrator"},
    ),
    "force_stop_jobs": (
        running,
        is_stopped,
        {"alice, who may force", "canceller who may force", "administrator"},
    ),
    "retry_jobs": (
        failed,
        is_done_again,
        ALICE | {"other operator who sees all", "administrator"},
    ),
    "run_jobs_again": (
        failed,
        is_done_again,
        ALICE | {"other operator who sees all", "administrator"},
    ),
    "reassign_jobs": (scheduled, is_new_owners, ALICE | {"dispatcher", "administrator"}),
}


@pytest.fixture
def alice(db: None) -> User:
    make_devices(2)
    make_user("newcomer", "run_job")
    return make_user("alice", *OPERATOR)


def browser_as(role: str, alice: User) -> Client:
    if role in ALICE:
        alice.user_permissions.add(*make_user("copy", *ROLES[role]).user_permissions.all())
        return browser_of(alice)
    if role == "administrator":
        return browser_of(User.objects.create_superuser("root"))
    return browser_of(make_user("somebody", *ROLES[role]))


def forge(client: Client, action: str, job: Job, key: str = "") -> Any:
    """Send the confirmation without having seen the page that asks for it."""
    values = {"action": action, "_selected_action": [job.pk], "confirmed": "yes"}
    values |= {"to": "newcomer", "extent": "occurrence"}
    values |= {"key": key or "6f1c9d3a-7d8d-4a43-8f06-0a4f1a1f2b3c"}
    return client.post(JOBS, values)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("action", ACTIONS)
def test_by_forged_post(action: str, role: str, alice: User) -> None:
    make, look, allowed = ACTIONS[action]
    job = make(alice)

    forge(browser_as(role, alice), action, job)

    assert look(job) == (role in allowed)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("action", ACTIONS)
def test_by_click(action: str, role: str, alice: User) -> None:
    make, _look, allowed = ACTIONS[action]
    job = make(alice)
    client = browser_as(role, alice)

    response = client.get(f"{JOBS}{job.pk}/change/")

    if role not in SEEING_ALL | ALICE:
        assert response.status_code in {302, 403}
        return
    offered = parse(response).xpath("//form[@class='prestage-buttons']//button/@value")
    assert (action in offered) == (role in allowed)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("form", ["csv", "json"])
def test_whoever_sees_a_job_exports_it(form: str, role: str, alice: User) -> None:
    job = failed(alice)

    response = browser_as(role, alice).post(
        JOBS, {"action": f"export_{form}", "_selected_action": [job.pk]}
    )

    assert response.streaming == (role in SEEING_ALL | ALICE)
    if response.streaming:
        assert b"pe0001" in response.getvalue()


@pytest.mark.parametrize("role", ROLES)
def test_the_parts_that_refresh_show_no_more_than_the_pages(role: str, alice: User) -> None:
    job = failed(alice)
    row = job.devices.first()
    assert row is not None
    client = browser_as(role, alice)
    seen = role in SEEING_ALL | ALICE

    rows = client.get(f"{JOBS}rows/?ids={job.pk}")
    assert (rows.status_code == 200 and b"data-job" in rows.content) == seen
    for path in (f"{job.pk}/live/", f"{job.pk}/devices/{row.pk}/"):
        assert (client.get(JOBS + path).status_code == 200) == seen


def active(owner: User) -> Schedule:
    return weekly(owner)


def paused(owner: User) -> Schedule:
    series = weekly(owner)
    pause_schedule(schedule_id=series.pk, actor=owner.username)
    series.refresh_from_db()
    return series


SERIES_ACTIONS: dict[str, tuple[Callable[[User], Schedule], ScheduleState, set[str]]] = {
    "cancel_series": (active, ScheduleState.CANCELLED, ACTIONS["cancel_jobs"][2]),
    # Whoever may schedule jobs changes the own series; no other role has `change_schedule`.
    "pause_series": (active, ScheduleState.PAUSED, ALICE | {"administrator"}),
    "resume_series": (paused, ScheduleState.ACTIVE, ALICE | {"administrator"}),
}


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("action", SERIES_ACTIONS)
def test_series_by_forged_post(action: str, role: str, alice: User) -> None:
    make, state, allowed = SERIES_ACTIONS[action]
    series = make(alice)
    before = series.state

    values = {"action": action, "_selected_action": [series.pk], "confirmed": "yes"}
    browser_as(role, alice).post(SCHEDULES, values)

    series.refresh_from_db()
    assert series.state == (state if role in allowed else before)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("action", SERIES_ACTIONS)
def test_series_by_click(action: str, role: str, alice: User) -> None:
    make, _state, allowed = SERIES_ACTIONS[action]
    series = make(alice)

    page = browser_as(role, alice).get(f"{SCHEDULES}{series.pk}/change/")

    if role not in SEEING_ALL | ALICE:
        assert page.status_code in {302, 403}
        return
    offered = parse(page).xpath("//button/@value")
    assert (action in offered) == (role in allowed)


@pytest.mark.parametrize("role", sorted(SEEING_ALL | ALICE))
def test_the_next_occurrence_by_click(role: str, alice: User) -> None:
    series = weekly(alice)

    page = browser_as(role, alice).get(f"{SCHEDULES}{series.pk}/change/")

    offered = parse(page).xpath("//button/@value")
    assert ("cancel_jobs" in offered) == (role in ACTIONS["cancel_jobs"][2])


@pytest.mark.parametrize("role", ROLES)
def test_whoever_sees_a_job_opens_its_details(role: str, alice: User) -> None:
    job = failed(alice)

    response = browser_as(role, alice).post(
        JOBS, {"action": "show_details", "_selected_action": [job.pk]}
    )

    opened = response.headers.get("Location") == f"{JOBS}{job.pk}/change/"
    assert opened == (role in SEEING_ALL | ALICE)


def test_every_action_is_in_a_table() -> None:
    """An action that is new needs a row that says who may use it."""
    shown = {"show_details", "export_csv", "export_json"}
    of_jobs = site.get_model_admin(Job).actions or ()
    of_series = site.get_model_admin(Schedule).actions or ()

    assert set(of_jobs) == set(ACTIONS) | shown
    assert set(of_series) == set(SERIES_ACTIONS)


@pytest.mark.parametrize("role", ROLES)
def test_cancelling_a_job_with_its_series(role: str, alice: User) -> None:
    series = weekly(alice)
    job = series.jobs.get()

    browser_as(role, alice).post(
        JOBS,
        {
            "action": "cancel_jobs",
            "_selected_action": [job.pk],
            "confirmed": "yes",
            "extent": "series",
        },
    )

    series.refresh_from_db()
    assert (series.state == ScheduleState.CANCELLED) == (role in ACTIONS["cancel_jobs"][2])


@pytest.mark.parametrize("role", ROLES)
def test_starting_and_looking_at_what_would_be(role: str, alice: User) -> None:
    client = browser_as(role, alice)
    may = "run_job" in ROLES[role] or role == "administrator"

    for path in ("start/", "start/preview/"):
        assert client.get(JOBS + path).status_code == (200 if may else 403)
    assert client.post(f"{JOBS}start/", {}).status_code == (200 if may else 403)


@pytest.mark.parametrize("action", ACTIONS)
def test_nothing_is_done_without_the_token_against_forgery(action: str, alice: User) -> None:
    make, look, _allowed = ACTIONS[action]
    job = make(alice)
    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.create_superuser("root"))

    assert forge(client, action, job).status_code == 403
    assert not look(job)


@pytest.mark.parametrize("action", ACTIONS)
def test_nothing_is_done_by_looking(action: str, alice: User) -> None:
    make, look, _allowed = ACTIONS[action]
    job = make(alice)
    client = browser_of(User.objects.create_superuser("root"))

    client.get(f"{JOBS}?action={action}&_selected_action={job.pk}&confirmed=yes&to=newcomer")
    client.post(JOBS, {"action": action, "_selected_action": [job.pk]})

    assert not look(job)


def weekly(owner: User) -> Schedule:
    rule = Recurrence(
        repeat=Repeat.WEEKLY,
        weekdays=(0,),
        start=datetime(2026, 11, 23, 2),  # noqa: DTZ001 - a time on the wall
        zone="Europe/Berlin",
    )
    return create_schedule(request=JobRequest(), recurrence=rule, user=owner)
