"""Cancel jobs that run, that wait, and that recur; do failed devices again."""

from datetime import timedelta

from django.contrib.auth.models import User
from django.utils import timezone

from prestage_plugin.models import Job, Schedule
from prestage_plugin.services.scope import Scope
from prestage_plugin.services.submit import JobRequest, submit_job
from prestage_plugin.states import JobState, ScheduleState
from tests.browser.person import Person
from tests.prestage_plugin.cluster import wait_for

JOBS = "/admin/prestage/job/"


def details(job: Job) -> str:
    return f"{JOBS}{job.pk}/change/"


def alices(request: JobRequest) -> Job:
    return submit_job(request=request, user=User.objects.get(username="alice"))


def test_cancel_a_running_job(operator: Person, slow_devices: None) -> None:
    job = alices(JobRequest(read_all=True))
    operator.go(details(job))
    operator.wait(lambda: "In progress" in operator.text, "in progress")

    operator.press("Cancel…")
    operator.read("in flight")
    operator.press("Yes, cancel")

    operator.see("//li[@class='success'][contains(., '1 stopping')]")
    operator.see("//*[contains(@class, 'prestage-status')]//*[.='Cancelled']")
    job.refresh_from_db()
    assert job.state == JobState.CANCELLED
    assert job.cancelled > 0
    assert not operator.all("//button[@value='cancel_jobs']")


def test_cancel_a_scheduled_job_from_the_list(operator: Person) -> None:
    job = alices(JobRequest(scheduled_for=timezone.now() + timedelta(days=1)))
    operator.go(JOBS)

    operator.click(f"//tr[.//*[@data-job='{job.pk}']]//input[@type='checkbox']")
    operator.choose("action", "Cancel selected jobs")
    operator.press("Go")
    operator.read("It is cancelled at once and never starts.")
    operator.press("Yes, cancel")

    operator.see("//li[@class='success'][.='1 cancelled.']")
    job.refresh_from_db()
    assert job.state == JobState.CANCELLED


def schedule_weekly(operator: Person) -> Schedule:
    operator.go(f"{JOBS}start/")
    operator.tick("when", "recurring")
    operator.see("//*[@class='prestage-preview']//li")
    operator.press("Start")
    operator.see("//li[@class='success'][contains(., 'begins')]")
    schedule = Schedule.objects.latest("pk")
    assert operator.path == f"/admin/prestage/schedule/{schedule.pk}/change/"
    return schedule


def test_cancel_one_occurrence_and_the_series_goes_on(operator: Person) -> None:
    schedule = schedule_weekly(operator)
    first = schedule.jobs.get()

    operator.press("Cancel the next occurrence…")
    operator.tick("extent", "occurrence")
    operator.press("Yes, cancel")
    operator.see("//li[@class='success'][.='1 cancelled.']")

    schedule.refresh_from_db()
    first.refresh_from_db()
    assert (first.state, schedule.state) == (JobState.CANCELLED, ScheduleState.ACTIVE)
    assert schedule.jobs.waiting().get().scheduled_for > first.scheduled_for


def test_cancel_a_job_with_its_series(operator: Person) -> None:
    schedule = schedule_weekly(operator)
    operator.go(details(schedule.jobs.get()))

    operator.press("Cancel…")
    operator.tick("extent", "series")
    operator.press("Yes, cancel")
    operator.see("//li[@class='success'][.='1 series cancelled.']")

    schedule.refresh_from_db()
    assert schedule.state == ScheduleState.CANCELLED
    assert schedule.jobs.get().state == JobState.CANCELLED


def test_cancel_the_series_on_its_page(operator: Person) -> None:
    schedule = schedule_weekly(operator)

    operator.press("Cancel the whole series…")
    operator.press("Yes, cancel")
    operator.see("//li[@class='success'][.='1 series cancelled.']")

    schedule.refresh_from_db()
    assert schedule.state == ScheduleState.CANCELLED
    assert not operator.all("//button[@value='cancel_series']")


def test_retry_the_devices_that_failed(operator: Person) -> None:
    names = tuple(f"npe-{number:05}" for number in (32, 33, 34, 35))
    job = wait_for(alices(JobRequest(scope=Scope(kind="devices", devices=names))))
    assert job.failed == 3
    operator.go(details(job))

    operator.press("Retry failed devices (3)…")
    operator.read("A new job is started for its 3 failed devices.")
    operator.press("Yes, retry")

    operator.see("//li[@class='success'][contains(., '1 started')]")
    retry = job.retries.get()
    assert operator.path == details(retry)
    assert operator.find("//dt[.='Retry of']/following-sibling::dd").text == f"#{job.pk}"
    assert wait_for(retry).total == 3
