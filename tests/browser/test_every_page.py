"""Every page: looks right in every look, says nothing in the console, and serves everybody."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from prestage_plugin.models import Device, Job, JobDevice, Schedule
from prestage_plugin.recurrence import Recurrence
from prestage_plugin.services.cancel import cancel_job
from prestage_plugin.services.roles import unassign_roles
from prestage_plugin.services.schedule import create_schedule
from prestage_plugin.services.scope import Scope
from prestage_plugin.services.submit import JobRequest, submit_job
from prestage_plugin.states import JobType, Repeat
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
    "unknown-senders": lambda: "/admin/prestage/unknownsender/",
    "listeners": lambda: "/admin/prestage/listenerstatus/",
    "auto-prestaging": lambda: "/admin/prestage/autosettings/",
    "tokens": lambda: "/admin/prestage/apitoken/",
}


def width_of(person: Person) -> int:
    width: int = person.driver.execute_script("return document.documentElement.scrollWidth")
    return width


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
    violations = {}
    for name in LOOKS:
        look(administrator.driver, name)
        administrator.go(PAGES[page]())
        assert width_of(administrator) <= LOOKS[name][0], (
            f"{name}: the page is wider than its window"
        )
        take_picture(administrator.driver, pictures / f"{page}-{name}.png")
        # Before axe looks: it tries styles out, which the policy forbids.
        errors = console_errors(administrator.driver)
        violations[name] = errors + serious_violations(administrator.driver)
        console_errors(administrator.driver)

    found = [f"{name}: {line}" for name, lines in violations.items() for line in lines]
    assert not found, "\n".join(found)
