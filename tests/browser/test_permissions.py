"""What each role is offered by click, and that what is offered works."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from prestage_plugin.models import Job
from prestage_plugin.services.scope import Scope
from prestage_plugin.services.submit import JobRequest, submit_job
from prestage_plugin.states import JobState
from tests.browser.person import Person
from tests.prestage_plugin.cluster import wait_for
from tests.prestage_plugin.factories import OPERATOR, make_user

JOBS = "/admin/prestage/job/"
FAILING = Scope(kind="devices", devices=("npe-00033",))

ROLES: dict[str, tuple[str, ...]] = {
    "owner": OPERATOR,
    "viewer": ("view_job", "view_all_jobs"),
    "other operator": (*OPERATOR, "view_all_jobs"),
    "dispatcher": ("view_all_jobs", "change_job", "cancel_any_job", "force_stop_job"),
}
EVERYBODY = {*ROLES, "administrator"}


@pytest.fixture(scope="module")
def people(site: str) -> Iterator[dict[str, User]]:
    """Somebody of each role."""
    found = {
        role: make_user(f"{role}'s".replace(" ", "-").replace("'", ""), *permissions)
        for role, permissions in ROLES.items()
    }
    found["administrator"] = User.objects.get(username="admin")
    yield found
    Job.objects.filter(user__in=[found[role] for role in ROLES]).update(user=None)
    for role in ROLES:
        found[role].delete()


def later(owner: User) -> Job:
    request = JobRequest(scope=FAILING, scheduled_for=timezone.now() + timedelta(days=1))
    return submit_job(request=request, user=owner)


@pytest.fixture(scope="module")
def failed(people: dict[str, User]) -> Job:
    return wait_for(submit_job(request=JobRequest(scope=FAILING), user=people["owner"]))


def is_cancelled(job: Job) -> bool:
    return Job.objects.get(pk=job.pk).state == JobState.CANCELLED


def is_handed_over(job: Job) -> bool:
    return Job.objects.get(pk=job.pk).username == "alice"


ON_WAITING: dict[str, tuple[str, Callable[[Job], bool], set[str]]] = {
    "cancel_jobs": ("Yes, cancel", is_cancelled, {"owner", "dispatcher", "administrator"}),
    "force_stop_jobs": ("Yes, stop by force", is_cancelled, {"dispatcher", "administrator"}),
    "reassign_jobs": ("Yes, reassign", is_handed_over, {"owner", "dispatcher", "administrator"}),
}
ON_ENDED: dict[str, tuple[str, set[str]]] = {
    "retry_jobs": ("Yes, retry", {"owner", "other operator", "administrator"}),
    "run_jobs_again": ("Yes, run again", {"owner", "other operator", "administrator"}),
}


def offered(person: Person) -> set[str]:
    person.see("//dt[.='Rule profile']")
    buttons = person.all("//form[contains(@class, 'prestage-buttons')]//button")
    return {str(button.get_attribute("value")) for button in buttons}


@pytest.mark.parametrize("role", sorted(EVERYBODY))
def test_on_a_job_that_waits(person: Person, people: dict[str, User], role: str) -> None:
    person.enter_as(people[role])
    for action, (yes, is_done, allowed) in ON_WAITING.items():
        job = later(people["owner"])
        person.go(f"{JOBS}{job.pk}/change/")
        assert (action in offered(person)) == (role in allowed), action
        if role in allowed:
            person.click(f"//button[@value='{action}']")
            if action == "reassign_jobs":
                person.fill("to", "alice")
            person.press(yes)
            person.see("//li[@class='success']")
        assert is_done(job) == (role in allowed), action


@pytest.mark.parametrize("role", sorted(EVERYBODY))
def test_on_a_job_that_has_ended(
    person: Person, people: dict[str, User], failed: Job, role: str
) -> None:
    person.enter_as(people[role])
    for action, (yes, allowed) in ON_ENDED.items():
        before = Job.objects.count()
        person.go(f"{JOBS}{failed.pk}/change/")
        assert (action in offered(person)) == (role in allowed), action
        if role in allowed:
            person.click(f"//button[@value='{action}']")
            person.press(yes)
            person.see("//li[@class='success']")
        assert (Job.objects.count() > before) == (role in allowed), action


def test_the_jobs_of_others_are_not_to_be_seen(person: Person, people: dict[str, User]) -> None:
    job = later(people["owner"])
    person.enter_as(User.objects.get(username="alice"))
    person.go(JOBS)
    assert not person.all(f"//*[@data-job='{job.pk}']")
    person.go(f"{JOBS}{job.pk}/change/")
    person.wait(lambda: person.path != f"{JOBS}{job.pk}/change/", "led away")
