"""What a person does on the page of a device, and with *What if*."""

import csv
import urllib.request
from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.forms import model_to_dict

from prestage_plugin.admin.what_if.pages import MOST_EXAMINED
from prestage_plugin.models import Device, DeviceEvaluation, Job
from prestage_plugin.services.rule_choice import choose_rules
from prestage_plugin.services.submit import JobRequest, submit_job
from prestage_plugin.services.what_if import what_if
from tests.browser.person import Person
from tests.prestage_plugin.cluster import wait_for

DEVICES = "/admin/prestage/device/"
SLOW_MS = 400
COPIES = 3 * MOST_EXAMINED
"""Devices beside those of the lab, so that an answer takes several steps."""


@pytest.fixture(scope="module")
def evaluated(site: str) -> Device:
    """A router of the lab that a job has read."""
    wait_for(submit_job(request=JobRequest(), user=User.objects.get(username="alice")))
    return Device.objects.filter(uni_count__gt=1, recommended_role="N-PE").earliest("name")


@pytest.fixture
def large_fleet(evaluated: Device) -> Iterator[None]:
    """Many devices like one whose role another policy would change."""
    prospects = what_if(rules=choose_rules(capability_policy="all"), devices=Device.objects.all())
    source = next(each.device for each in prospects if each.changes_role)
    stored = DeviceEvaluation.objects.get(device=source)
    values = model_to_dict(source, exclude=["id", "name", "parent"])
    copies = Device.objects.bulk_create(
        Device(name=f"copy-{number:05}", **values) for number in range(COPIES)
    )
    DeviceEvaluation.objects.bulk_create(
        DeviceEvaluation(device=copy, result=stored.result, facts=stored.facts) for copy in copies
    )
    yield
    Device.objects.filter(name__startswith="copy-").delete()


def page_of(device: Device) -> str:
    return f"{DEVICES}{device.pk}/change/"


def test_a_device_is_prestaged_from_its_page(operator: Person, evaluated: Device) -> None:
    operator.go(page_of(evaluated))
    operator.press("Prestage now…")
    assert operator.see("//textarea[@name='devices']").get_attribute("value") == evaluated.name
    operator.press("Start")
    operator.see("//li[@class='success'][contains(., 'was started')]")

    assert Job.objects.latest("pk").scope["devices"] == [evaluated.name]


def test_events_of_a_device_are_muted_and_unmuted_on_its_page(
    administrator: Person, evaluated: Device
) -> None:
    administrator.go(page_of(evaluated))
    administrator.press("Mute events")
    administrator.read("Its events are muted")
    administrator.press("Unmute events")
    administrator.see("//button[.='Mute events']")
    assert administrator.path == page_of(evaluated)


def test_why_each_interface_is_a_uni_or_not(operator: Person, evaluated: Device) -> None:
    operator.go(page_of(evaluated))
    if operator.all("//a[.='All its interfaces']"):
        operator.press("All its interfaces")
    else:
        operator.go(f"{DEVICES}{evaluated.pk}/interfaces/")
    operator.choose("verdict", "excluded")
    operator.press("Filter")
    operator.wait(lambda: "verdict=excluded" in operator.path, "filtered")

    rows = operator.all("//div[@id='content-main']//tbody/tr")
    assert rows
    for row in rows:
        assert "excluded" in row.text
    reasons = operator.all("//div[@id='content-main']//tbody/tr/td[3]")
    assert all(len(reason.text) > 10 for reason in reasons)


def number_of_devices(person: Person) -> int:
    """What the progress goes up to, looked up in one step: each answer replaces it."""
    script = "return document.querySelector('progress')?.max ?? 0"
    person.wait(lambda: person.driver.execute_script(script) > 0, "progress")
    return int(person.driver.execute_script(script))


def press_at_once(person: Person, words: str) -> bool:
    """Press what each answer replaces, in one step; whether it was there."""
    script = (
        "const link = [...document.querySelectorAll('a[data-what-if-more]')]"
        ".find(each => each.textContent.trim() === arguments[0]);"
        "link?.click(); return Boolean(link);"
    )
    return bool(person.driver.execute_script(script, words))


@pytest.fixture
def slow_line(operator: Person) -> Iterator[None]:
    """Answers take a while, so that there is time to stop."""
    operator.driver.set_network_conditions(
        offline=False, latency=SLOW_MS, download_throughput=10**8, upload_throughput=10**8
    )
    yield
    operator.driver.delete_network_conditions()


def test_what_if_goes_on_by_itself_until_all_were_looked_at(
    operator: Person, large_fleet: None
) -> None:
    operator.go(f"{DEVICES}what-if/")
    operator.choose("capability_policy", "all")
    operator.press("Show what would change")

    total = number_of_devices(operator)
    operator.driver.execute_script("window.marked = true")
    assert total > COPIES
    operator.read(f"{total} of {total} devices looked at.")

    assert operator.driver.execute_script("return window.marked === true"), "without a reload"
    assert not operator.all("//a[@data-what-if-more]")
    changed = int(operator.find("//span[.='Another role']/../span[1]").text)
    assert changed >= COPIES
    assert len(operator.all("//section[@class='prestage-answer']//tbody/tr")) == 500
    operator.read("The first 500 are shown; the CSV has all of them.")
    link = operator.find("//a[.='Export CSV']").get_attribute("href")
    assert link is not None
    assert len(rows_of(operator, link)) == changed


def test_what_if_can_be_stopped_and_goes_on(
    operator: Person, large_fleet: None, slow_line: None
) -> None:
    operator.go(f"{DEVICES}what-if/?capability_policy=all")
    operator.wait(lambda: press_at_once(operator, "Stop"), "stop")
    operator.wait(lambda: press_at_once(operator, "Go on"), "go on")
    total = number_of_devices(operator)
    operator.read(f"{total} of {total} devices looked at.")


def rows_of(person: Person, address: str) -> list[dict[str, str]]:
    """Download a table as the person who is logged in."""
    cookies = person.driver.get_cookies()
    header = "; ".join(f"{each['name']}={each['value']}" for each in cookies)
    request = urllib.request.Request(address, headers={"Cookie": header})
    with urllib.request.urlopen(request) as answer:
        return list(csv.DictReader(answer.read().decode().splitlines()))
