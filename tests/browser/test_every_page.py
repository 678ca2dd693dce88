"""Every page: looks right in every look, says nothing in the console, and serves everybody."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.db.models import Model
from django.utils import timezone

from prestage_plugin.models import (
    ApiToken,
    ChangeEvent,
    Device,
    Job,
    JobDevice,
    ListenerStatus,
    Schedule,
    UnknownSender,
)
from prestage_plugin.recurrence import Recurrence
from prestage_plugin.services.auto import mute_devices
from prestage_plugin.services.cancel import cancel_job
from prestage_plugin.services.events import Heard, accept_events, note_changes
from prestage_plugin.services.listeners import ListenerReport, report
from prestage_plugin.services.roles import unassign_roles
from prestage_plugin.services.schedule import create_schedule
from prestage_plugin.services.scope import Scope
from prestage_plugin.services.submit import JobRequest, submit_job
from prestage_plugin.services.tokens import create_token
from prestage_plugin.states import ChangeSource, JobType, Repeat
from tests.browser.accessibility import serious_violations
from tests.browser.chromium import LOOKS, console_errors, look, take_picture
from tests.browser.person import Person
from tests.prestage_plugin.cluster import wait_for

PAGES: dict[str, Callable[[], str]] = {
    "jobs": lambda: "/admin/prestage/job/",
    "job": lambda: f"/admin/prestage/job/{Job.objects.latest('pk').pk}/change/",
    "job-device": lambda: _address(JobDevice.objects.filter(evidence__0__isnull=False).first()),
    "start": lambda: "/admin/prestage/job/start/",
    "start-recurring": lambda: "/admin/prestage/job/start/?when=recurring",
    "schedules": lambda: "/admin/prestage/schedule/",
    "schedule": lambda: f"/admin/prestage/schedule/{Schedule.objects.latest('pk').pk}/change/",
    "time-zone": lambda: "/admin/prestage/job/time-zone/",
    "discovery-status": lambda: "/admin/prestage/discovery/",
    "assign-roles": lambda: "/admin/prestage/recommendation/?stage=all",
    "assign-all": lambda: "/admin/prestage/recommendation/assign-all/",
    "evidence": lambda: _evidence_of(Device.objects.filter(uni_count__gt=0).earliest("name")),
    "drift": lambda: "/admin/prestage/drift/",
    "rules": lambda: "/admin/prestage/rules/",
    "try-rules": lambda: "/admin/prestage/rules/try/?rule=R2",
    "devices": lambda: "/admin/prestage/device/",
    "device": lambda: f"/admin/prestage/device/{_evaluated().pk}/change/",
    "device-failed": lambda: f"/admin/prestage/device/{_not_evaluated().pk}/change/",
    "device-interfaces": lambda: f"/admin/prestage/device/{_evaluated().pk}/interfaces/",
    "device-roles": lambda: f"/admin/prestage/device/{_evaluated().pk}/roles/",
    "what-if": lambda: "/admin/prestage/device/what-if/",
    "what-if-answer": lambda: "/admin/prestage/device/what-if/?capability_policy=all&show=any",
    "dashboard": lambda: "/admin/prestage/",
    "index": lambda: "/admin/",
    "events": lambda: "/admin/prestage/changeevent/",
    "event": lambda: _change(ChangeEvent),
    "unknown-senders": lambda: "/admin/prestage/unknownsender/",
    "unknown-sender": lambda: _change(UnknownSender),
    "listeners": lambda: "/admin/prestage/listenerstatus/",
    "listener": lambda: _change(ListenerStatus),
    "auto-prestaging": lambda: "/admin/prestage/autosettings/",
    "tokens": lambda: "/admin/prestage/apitoken/",
    "token": lambda: _change(ApiToken),
    "token-new": lambda: "/admin/prestage/apitoken/add/",
    "history": lambda: f"/admin/prestage/device/{_evaluated().pk}/history/",
}

QUESTIONS = {
    "cancel": ("job", "cancel_jobs"),
    "force-stop": ("job", "force_stop_jobs"),
    "retry": ("job", "retry_jobs"),
    "run-again": ("job", "run_jobs_again"),
    "reassign": ("job", "reassign_jobs"),
    "pause": ("schedule", "pause_series"),
    "resume": ("schedule", "resume_series"),
    "cancel-series": ("schedule", "cancel_series"),
    "assign": ("recommendation", "assign_roles"),
    "unassign": ("drift", "unassign_roles"),
    "follow": ("drift", "follow_configurations"),
    "forget-sender": ("unknownsender", "delete_selected"),
    "revoke": ("apitoken", "revoke"),
}
"""What is asked before something is done: the list, and the action with all of its rows."""


def width_of(person: Person) -> int:
    width: int = person.driver.execute_script("return document.documentElement.scrollWidth")
    return width


def _change(model: type[Model]) -> str:
    row = model._default_manager.latest("pk")
    return f"/admin/prestage/{model._meta.model_name}/{row.pk}/change/"


def _evidence_of(device: Device) -> str:
    return f"/admin/prestage/recommendation/{device.pk}/change/"


def _address(row: JobDevice | None) -> str:
    assert row is not None
    return f"/admin/prestage/job/{row.job_id}/devices/{row.pk}/"


def _evaluated() -> Device:
    return Device.objects.filter(evaluation__isnull=False, uni_count__gt=0).earliest("name")


def _not_evaluated() -> Device:
    return Device.objects.filter(evaluation__isnull=True, parent__isnull=True).earliest("name")


@pytest.fixture
def quiet() -> None:
    """Leave the jobs as they are from page to page."""


@pytest.fixture(scope="module", autouse=True)
def all_kinds_of_jobs(site: str) -> None:
    """So that the pages have something to show."""
    alice = User.objects.get(username="alice")
    nightly = Recurrence(
        repeat=Repeat.WEEKLY,
        every=2,
        weekdays=(0, 2),
        start=datetime(2026, 11, 23, 2),  # noqa: DTZ001 - a time on the wall
        zone="Europe/Berlin",
    )
    create_schedule(request=JobRequest(name="Nightly prestaging"), recurrence=nightly, user=alice)
    cancelled = submit_job(
        request=JobRequest(scheduled_for=timezone.now() + timedelta(days=2)), user=alice
    )
    cancel_job(job_id=cancelled.pk, actor="alice")
    discovery = JobRequest(
        job_type=JobType.DISCOVER_ONLY, scope=Scope(kind="filter", filter=(("name", "npe-0001*"),))
    )
    wait_for(submit_job(request=discovery, user=alice))
    wait_for(submit_job(request=JobRequest(), user=alice))
    let_some_drift_and_some_wait()
    let_something_be_heard()
    create_token(user=alice, name="inventory", scopes=["read", "events"], created_by="alice")


def let_something_be_heard() -> None:
    """Have events of a device whose events start nothing, a stranger, and who heard them."""
    device = Device.objects.latest("pk")
    mute_devices(device_ids=[device.pk])
    note_changes(devices=[device], source=ChangeSource.SYSLOG, detail="UI_COMMIT_COMPLETED")
    accept_events(heard=[Heard(source=ChangeSource.SYSLOG, device_id=None, sender="192.0.2.250")])
    counters = {"syslog": {"received": 7, "triggers": 3}}
    listener = ListenerReport(name="collector", started_at=timezone.now(), counters=counters)
    report(listener=listener)


def let_some_drift_and_some_wait() -> None:
    """Make the assigned roles of some devices others, and take those of some back."""
    devices = list(Device.objects.exclude(assigned_role="").order_by("name"))
    unassign_roles(device_ids=[device.pk for device in devices[:12]], actor="alice")
    for device, values in zip(
        devices[12:15],
        ({"assigned_role": "P"}, {"assigned_role": "P"}, {"assigned_loopback": "192.0.2.99"}),
        strict=True,
    ):
        Device.objects.filter(pk=device.pk).update(**values)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_in_every_look(administrator: Person, pictures: Path, page: str) -> None:
    address = PAGES[page]()
    assert not faults_of(administrator, pictures, page, lambda: administrator.go(address))


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_in_every_look(administrator: Person, pictures: Path, question: str) -> None:
    name, action = QUESTIONS[question]

    def ask() -> None:
        administrator.go(f"/admin/prestage/{name}/")
        administrator.click("//input[@id='action-toggle']")
        administrator.click(f"//select[@name='action']/option[@value='{action}']")
        administrator.press("Go")
        administrator.see("//input[@name='action'][@type='hidden']/ancestor::form")

    assert not faults_of(administrator, pictures, f"ask-{question}", ask)


def test_the_secret_of_a_token_in_every_look(administrator: Person, pictures: Path) -> None:
    def make() -> None:
        administrator.go("/admin/prestage/apitoken/add/")
        administrator.fill("name", f"token-{ApiToken.objects.count()}")
        administrator.tick("scopes", "read")
        administrator.press("Save")
        administrator.read("prestage_")

    assert not faults_of(administrator, pictures, "token-secret", make)


def test_the_verdicts_on_a_configuration_in_every_look(
    administrator: Person, pictures: Path
) -> None:
    def judge() -> None:
        administrator.go(PAGES["try-rules"]())
        administrator.press("Judge it")
        administrator.see("//*[@data-trial-results]//h2[contains(., 'Verdicts on')]")

    assert not faults_of(administrator, pictures, "tried-rules", judge)


def test_what_is_refused_in_every_look(administrator: Person, pictures: Path) -> None:
    def start() -> None:
        administrator.go(PAGES["start"]())
        administrator.tick("when", "later")
        administrator.press("Start")
        administrator.see("//*[contains(@class, 'errorlist')]")

    assert not faults_of(administrator, pictures, "start-refused", start)


def faults_of(person: Person, pictures: Path, name: str, reach: Callable[[], None]) -> list[str]:
    """Look at a page in every way, and return what is wrong with it."""
    faults = []
    for way in LOOKS:
        look(person.driver, way)
        reach()
        take_picture(person.driver, pictures / f"{name}-{way}.png")
        # Before axe looks: it tries styles out, which the policy forbids.
        found = console_errors(person.driver)
        if width_of(person) > LOOKS[way][0]:
            found.append("the page is wider than its window")
        found += serious_violations(person.driver)
        console_errors(person.driver)
        faults += [f"{way}: {line}" for line in found]
    return faults
