"""The pictures in the documents show what is to be seen now; `make images` takes them anew."""

import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from prestage_plugin.models import Device, Job
from prestage_plugin.recurrence import Recurrence
from prestage_plugin.services.cancel import cancel_job
from prestage_plugin.services.exception_edit import choose_loopback
from prestage_plugin.services.roles import unassign_roles
from prestage_plugin.services.schedule import create_schedule
from prestage_plugin.services.scope import Scope
from prestage_plugin.services.submit import JobRequest, submit_job
from prestage_plugin.states import JobType, Repeat
from tests.browser.chromium import take_picture
from tests.browser.person import Person
from tests.prestage_plugin.cluster import wait_for

ROOT = Path(__file__).parents[2]
JOBS = "/admin/prestage/job/"


@pytest.fixture
def busy_day(site: str) -> Job:
    """Jobs of every kind; the newest is in progress."""
    alice = User.objects.get(username="alice")
    bob = User.objects.create_user("bob")
    Job.objects.all().delete()
    edge = Scope(kind="filter", filter=(("name", "npe-0000*"),))
    wait_for(submit_job(request=JobRequest(), user=alice))
    wait_for(submit_job(request=JobRequest(scope=edge, job_type=JobType.DISCOVER_ONLY), user=bob))
    later = submit_job(
        request=JobRequest(scheduled_for=timezone.now() + timedelta(days=2)), user=bob
    )
    cancel_job(job_id=later.pk, actor="bob")
    nightly = Recurrence(
        repeat=Repeat.WEEKLY,
        every=2,
        weekdays=(0, 2),
        start=datetime(2026, 11, 23, 2),  # noqa: DTZ001 - a time on the wall
        zone="Europe/Berlin",
    )
    create_schedule(request=JobRequest(name="Nightly"), recurrence=nightly, user=bob)
    return submit_job(request=JobRequest(read_all=True), user=alice)


def take_pictures_of_roles(person: Person, folder: Path) -> None:
    """Take those of the pages of roles, with something to confirm and something that drifted."""
    assigned = list(Device.objects.exclude(assigned_role="").order_by("name"))
    unassign_roles(device_ids=[device.pk for device in assigned[:20]], actor="bob")
    Device.objects.filter(pk=assigned[20].pk).update(assigned_role="P")
    Device.objects.filter(pk=assigned[21].pk).update(assigned_loopback="192.0.2.9")
    edge = Device.objects.assignable().filter(recommended_role="N-PE").earliest("name")
    choose_loopback(
        device_id=edge.pk,
        address=str(edge.loopback),
        note="Agreed with planning",
        author=User.objects.get(username="alice"),
    )
    rows = "/admin/prestage/recommendation/"
    for name, path in {
        "discovery": "/admin/prestage/discovery/",
        "assign": rows,
        "evidence": f"{rows}{edge.pk}/change/",
        "drift": "/admin/prestage/drift/",
        "try-rules": "/admin/prestage/rules/try/?rule=R3",
    }.items():
        person.go(path)
        if name == "try-rules":
            person.press("Judge it")
            person.see("//*[@data-trial-results]//h2")
            person.driver.execute_script("window.scrollTo(0, 0)")
        take_picture(person.driver, folder / f"{name}.png", whole=name == "try-rules")


def test_the_pictures_of_the_documents(
    administrator: Person, busy_day: Job, pictures: Path
) -> None:
    folder = pictures / "documents"
    administrator.go(f"{JOBS}{busy_day.pk}/change/")
    administrator.wait(lambda: Job.objects.get(pk=busy_day.pk).percent > 30, "some of it done")
    administrator.wait(
        lambda: int(administrator.find("//progress").get_attribute("value") or 0) > 30, "to be seen"
    )
    take_picture(administrator.driver, folder / "job.png", whole=False)
    administrator.go(JOBS)
    # The menu on the left takes the width that the columns need.
    administrator.click("//button[@id='toggle-nav-sidebar']")
    administrator.see("//*[@class='prestage-zone prestage-note']")
    take_picture(administrator.driver, folder / "jobs.png", whole=False)
    administrator.click("//button[@id='toggle-nav-sidebar']")
    administrator.go(f"{JOBS}start/?when=recurring")
    take_picture(administrator.driver, folder / "start.png")
    take_pictures_of_roles(administrator, folder)
    administrator.go("/admin/prestage/")
    take_picture(administrator.driver, folder / "dashboard.png", whole=False)
    device = Device.objects.filter(uni_count__gt=1, recommended_role="N-PE").earliest("name")
    Device.objects.filter(pk=device.pk).update(recommended_role="P")
    administrator.go(f"/admin/prestage/device/{device.pk}/change/")
    take_picture(administrator.driver, folder / "device.png", whole=False)
    Device.objects.filter(pk=device.pk).update(recommended_role="N-PE")
    administrator.go("/admin/prestage/device/what-if/?profile=extended&show=any")
    take_picture(administrator.driver, folder / "what-if.png", whole=False)

    taken = {path.name for path in folder.iterdir()}
    shown = set()
    for page in (ROOT / "README.md", *(ROOT / "docs").glob("*.md")):
        shown |= set(re.findall(r"images/([\w-]+\.png)", page.read_text(encoding="utf-8")))
    assert taken == shown
