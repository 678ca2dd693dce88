"""Every page: looks right in every look, says nothing in the console, and serves everybody."""

from collections.abc import Callable
from pathlib import Path

import pytest

from prestage_plugin.models import Device, Job
from prestage_plugin.services.submit import JobRequest, submit_job
from tests.browser.accessibility import serious_violations
from tests.browser.chromium import LOOKS, console_errors, look, take_picture
from tests.browser.person import Person
from tests.prestage_plugin.cluster import wait_for

PAGES: dict[str, Callable[[], str]] = {
    "jobs": lambda: "/admin/prestage/job/",
    "job": lambda: f"/admin/prestage/job/{Job.objects.latest('pk').pk}/change/",
    "start": lambda: "/admin/prestage/job/start/",
    "devices": lambda: "/admin/prestage/device/",
    "device": lambda: f"/admin/prestage/device/{Device.objects.earliest('name').pk}/change/",
    "events": lambda: "/admin/prestage/changeevent/",
    "unknown-senders": lambda: "/admin/prestage/unknownsender/",
    "listeners": lambda: "/admin/prestage/listenerstatus/",
    "auto-prestaging": lambda: "/admin/prestage/autosettings/",
}


@pytest.fixture(scope="module", autouse=True)
def finished_job(site: str) -> Job:
    return wait_for(submit_job(request=JobRequest(), user=None))


@pytest.mark.parametrize("page", PAGES)
def test_a_page_in_every_look(administrator: Person, pictures: Path, page: str) -> None:
    violations = {}
    for name in LOOKS:
        look(administrator.driver, name)
        administrator.go(PAGES[page]())
        take_picture(administrator.driver, pictures / f"{page}-{name}.png")
        # Before axe looks: it tries styles out, which the policy forbids.
        errors = console_errors(administrator.driver)
        violations[name] = errors + serious_violations(administrator.driver)
        console_errors(administrator.driver)

    found = [f"{name}: {line}" for name, lines in violations.items() for line in lines]
    assert not found, "\n".join(found)
