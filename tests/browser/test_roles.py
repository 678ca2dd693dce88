"""Assign roles with exceptions, look at how far it came, mend drift, and try the rules."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.auth.models import Permission, User
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from prestage_plugin.admin.roles.assign_all import MOST_AT_ONCE
from prestage_plugin.models import Device, RoleException
from prestage_plugin.services.roles import unassign_roles
from prestage_plugin.services.submit import JobRequest, submit_job
from prestage_plugin.states import JobType
from tests.browser.person import Person
from tests.prestage_plugin.cluster import wait_for

LIST = "/admin/prestage/recommendation/"
DISCOVERY = "/admin/prestage/discovery/"
DRIFT = "/admin/prestage/drift/"
TRY = "/admin/prestage/rules/try/"
PERMISSIONS = (
    "assign_role",
    "change_device",
    "view_roleexception",
    "add_roleexception",
    "delete_roleexception",
)
FIXTURES = Path(__file__).parents[1] / "fixtures/junos"


@pytest.fixture
def planner(operator: Person) -> Iterator[Person]:
    """Alice, who may also assign roles and set exceptions."""
    alice = User.objects.get(username="alice")
    granted = Permission.objects.filter(codename__in=PERMISSIONS)
    alice.user_permissions.add(*granted)
    yield operator
    alice.user_permissions.remove(*granted)


@pytest.fixture
def discovered(site: str) -> Iterator[None]:
    """Every device was read, and nothing is assigned."""
    discovery = JobRequest(job_type=JobType.DISCOVER_ONLY)
    wait_for(submit_job(request=discovery, user=User.objects.get(username="alice")))
    assigned = Device.objects.exclude(assigned_role="").values_list("pk", flat=True)
    unassign_roles(device_ids=list(assigned), actor="test")
    yield
    RoleException.objects.all().delete()


def an_edge(*, skip: int = 0) -> Device:
    rows = Device.objects.filter(recommended_role="N-PE", uni_count__gt=1, in_inventory=True)
    return rows.order_by("name")[skip]


def rows_of(person: Person) -> int:
    return len(person.driver.find_elements(By.CSS_SELECTOR, "#result_list tbody tr"))


def test_each_bar_leads_to_its_devices_by_keyboard(planner: Person, discovered: None) -> None:
    for name, role in (("n-pe", "N-PE"), ("p", "P"), ("unknown", "UNKNOWN")):
        count = Device.objects.filter(recommended_role=role, in_inventory=True).count()
        planner.go(DISCOVERY)
        bar = planner.see(f"//a[@id='prestage-bar-{name}']")
        assert f"{count} device" in bar.text
        bar.send_keys(Keys.ENTER)
        planner.see("//table[@id='result_list']")
        assert rows_of(planner) == min(count, 50)


def test_assign_with_an_exception(planner: Person, discovered: None) -> None:
    device = an_edge()
    unis = device.uni_count
    planner.go(LIST)
    planner.press(device.name)
    planner.read("Nobody overrides the rules for this device.")

    name = planner.find("//input[@name='interface'][ancestor::tr//*[contains(., 'recommended')]]")
    interface = name.get_attribute("value")
    name.click()
    planner.choose("interfaces-verdict", "Exclude as UNI")
    planner.fill("interfaces-note", "reserved")
    planner.press("Save for the interfaces")
    planner.see(f"//li[@class='success'][contains(., '{unis - 1} UNI')]")
    planner.tick("loopback-loopback", "other")
    planner.fill("loopback-other", "192.0.2.77")
    planner.press("Save the loopback")
    planner.see("//li[@class='success'][contains(., '192.0.2.77')]")
    planner.press("Assign…")
    planner.read(f"It becomes N-PE with the loopback 192.0.2.77 and {unis - 1} UNI")
    planner.press("Yes, assign")
    planner.see("//li[@class='success'][.='1 assigned.']")

    device.refresh_from_db()
    assert (device.assigned_role, device.assigned_loopback) == ("N-PE", "192.0.2.77")
    kinds = set(device.exceptions.values_list("kind", "value"))
    assert kinds == {("exclude-interface", interface), ("loopback", "192.0.2.77")}

    # The exceptions are applied again by the next job, which touches the assigned role no more.
    alice = User.objects.get(username="alice")
    wait_for(submit_job(request=JobRequest(read_all=True), user=alice))
    device.refresh_from_db()
    assert (device.loopback, device.uni_count) == ("192.0.2.77", unis - 1)


def test_an_excluded_device_is_left_out_when_all_are_assigned(
    planner: Person, discovered: None
) -> None:
    device = an_edge(skip=1)
    planner.go(f"{LIST}{device.pk}/change/")
    planner.click("//input[@name='exclude-excluded']")
    planner.press("Save the exclusion")
    planner.see("//li[@class='success'][contains(., 'UNKNOWN')]")

    planner.go(LIST)
    planner.press("Assign all…")
    planner.read("no role could be recommended")
    planner.tick("role", "N-PE")
    planner.press("Yes, assign")
    planner.see("//li[@class='success'][contains(., 'roles assigned')]")

    device.refresh_from_db()
    assert (device.recommended_role, device.assigned_role) == ("UNKNOWN", "")
    edges = Device.objects.filter(in_inventory=True, recommended_role="N-PE")
    assert not edges.exclude(assigned_role="N-PE").exists()
    assert not Device.objects.filter(assigned_role="P").exists()


def test_selected_devices_are_assigned_and_taken_back(planner: Person, discovered: None) -> None:
    device = an_edge(skip=2)
    row = f"//tr[.//a[.='{device.name}']]//input[@type='checkbox']"
    planner.go(f"{LIST}?q={device.name}")
    planner.click(row)
    planner.choose("action", "Assign the recommended roles")
    planner.press("Go")
    planner.press("Yes, assign")
    planner.see("//li[@class='success'][.='1 assigned.']")

    planner.go(f"{LIST}?stage=assigned&q={device.name}")
    planner.click(row)
    planner.choose("action", "Take the assigned roles back")
    planner.press("Go")
    planner.read("It is N-PE no longer")
    planner.press("Yes, take back")
    planner.see("//li[@class='success'][.='1 taken back.']")
    device.refresh_from_db()
    assert device.assigned_role == ""


def test_drift_is_mended_by_what_the_configuration_says(planner: Person, discovered: None) -> None:
    device = an_edge(skip=3)
    Device.objects.filter(pk=device.pk).update(assigned_role="P")
    planner.go(DRIFT)
    planner.read("If the change is wanted")
    planner.click(f"//tr[.//a[.='{device.name}']]//input[@type='checkbox']")
    planner.choose("action", "Assign what the configurations say now")
    planner.press("Go")
    planner.press("Yes, assign")

    planner.see("//li[@class='success'][.='1 assigned.']")
    device.refresh_from_db()
    assert (device.assigned_role, device.drift) == ("N-PE", False)


def test_a_configuration_is_judged_and_stays_in_its_field(planner: Person, site: str) -> None:
    text = (FIXTURES / "mx-p.xml").read_text(encoding="utf-8")
    planner.go(TRY)
    field = planner.see("//textarea[@name='configuration']")
    planner.driver.execute_script("arguments[0].value = arguments[1]", field, text)
    planner.press("Judge it")
    planner.see("//*[@data-trial-results]//h2[contains(., 'Verdicts on')]")
    assert "✗ fail" in planner.find("//*[@data-trial-results]").text
    assert field.get_attribute("value") == text.replace("\r\n", "\n")

    planner.choose("profile", "extended")
    planner.press("Judge it")
    planner.wait(
        lambda: "extended, any" in planner.find("//*[@data-trial-results]").text,
        "the other verdict",
    )
    planner.driver.execute_script("arguments[0].value = '<broken'", field)
    planner.press("Judge it")
    planner.see("//*[@data-trial-results]//*[@class='errornote']")


def test_a_file_is_judged(planner: Person, site: str) -> None:
    planner.go(TRY)
    planner.find("//input[@name='file']").send_keys(str(FIXTURES / "logical-systems.xml"))
    planner.press("Judge it")

    planner.see("//*[@data-trial-results]//h2[contains(., ':')]")


def test_the_sample_of_a_rule_is_tried_from_its_page(planner: Person, site: str) -> None:
    planner.go("/admin/prestage/rules/")
    planner.click("//summary[.='Sample of R3']")
    planner.press("Try the sample of R3")
    planner.press("Judge it")

    planner.see("//*[@data-trial-results]//td[.='192.0.2.1/32' or .='192.0.2.1']")


@pytest.fixture
def large_fleet(site: str) -> Iterator[int]:
    """More devices than one request assigns."""
    count = 2 * MOST_AT_ONCE + 1
    Device.objects.bulk_create(
        (Device(name=f"large-{number:05}", recommended_role="P") for number in range(count)),
        batch_size=500,
    )
    yield count
    Device.objects.filter(name__startswith="large-").delete()


def test_a_large_fleet_is_assigned_without_another_click(
    planner: Person, discovered: None, large_fleet: int
) -> None:
    planner.go(LIST)
    planner.press("Assign all…")
    planner.tick("role", "P")
    planner.press("Yes, assign")

    planner.see("//li[@class='success'][contains(., 'roles assigned.')]", seconds=240)
    large = Device.objects.filter(name__startswith="large-", assigned_role="P")
    assert large.count() == large_fleet
