"""Times are in the zone of the user."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from prestage_plugin.models import Job, UserPreferences
from tests.prestage_plugin.admin.conftest import browser_of
from tests.prestage_plugin.admin.page import parse, words
from tests.prestage_plugin.factories import make_devices, make_job, make_user

pytestmark = pytest.mark.django_db
JOBS = "/admin/prestage/job/"
ZONE = f"{JOBS}time-zone/"


@pytest.fixture(autouse=True)
def job(operator: User) -> Job:
    make_devices(1)
    return make_job(operator)


def zone_of(client: Client, address: str = JOBS) -> str:
    time = parse(client.get(address)).xpath("//time")[0]
    return str(time.get("title")).split()[-1]


def test_the_chosen_one_then_the_browsers_then_the_sites(browser: Client, job: Job) -> None:
    assert zone_of(browser) == "UTC"
    browser.cookies["prestage_time_zone"] = "Asia/Tokyo"
    assert zone_of(browser) == "JST"
    browser.post(ZONE, {"time_zone": "Asia/Kolkata"})
    for address in (JOBS, f"{JOBS}{job.pk}/change/", f"{JOBS}{job.pk}/live/"):
        assert zone_of(browser, address) == "IST"
    browser.post(ZONE, {"time_zone": ""})
    assert zone_of(browser) == "JST"


@pytest.mark.parametrize("cookie", ["Mars/Olympus", "../../etc/passwd", "", "x" * 3000])
def test_a_cookie_that_names_no_zone_does_no_harm(browser: Client, cookie: str) -> None:
    browser.cookies["prestage_time_zone"] = cookie
    assert zone_of(browser) == "UTC"


def test_only_zones_that_exist_are_taken(browser: Client) -> None:
    response = browser.post(ZONE, {"time_zone": "Mars/Olympus"})

    assert "Select a valid choice" in words(parse(response))
    assert not UserPreferences.objects.exists()


def test_it_takes_somebody_who_sees_the_list() -> None:
    nobody = browser_of(make_user("nobody"))
    assert nobody.get(ZONE).status_code == 403
    assert nobody.post(ZONE, {"time_zone": "UTC"}).status_code == 403
