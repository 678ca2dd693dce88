from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.prestage_plugin.admin.conftest import browser_of
from tests.prestage_plugin.admin.page import parse, words
from tests.prestage_plugin.factories import make_device, make_devices, make_job, make_user
from tests.prestage_plugin.services.build import claim_all

pytestmark = pytest.mark.django_db
DISCOVERY = "/admin/prestage/discovery/"
LIST = "//table[@id='result_list']/tbody/tr"


def make_fleet() -> None:
    for number in range(3):
        make_device(f"npe{number}", recommended_role="N-PE")
    make_device("p", recommended_role="P")
    for number in range(2):
        make_device(f"unknown{number}", recommended_role="UNKNOWN", reason="no-loopback")
    make_device("assigned", recommended_role="P", assigned_role="P")
    make_device("drifted", recommended_role="P", assigned_role="N-PE")
    make_device("moved", recommended_role="P", assigned_role="P", loopback="10.0.0.1")
    make_device("new")
    make_device("gone", recommended_role="N-PE", in_inventory=False)
    make_device("gone and assigned", assigned_role="P", in_inventory=False)


def links(response: Any, xpath: str) -> dict[str, str]:
    return {words(link): str(link.get("href")) for link in parse(response).xpath(xpath)}


def facts(response: Any) -> dict[str, tuple[int, str]]:
    return {
        words(fact.xpath("./dt")[0]): (
            int(words(fact.xpath("./dd")[0])),
            fact.xpath(".//a/@href")[0],
        )
        for fact in parse(response).xpath("//dl[@class='prestage-facts']/div")
    }


def test_three_bars_count_the_devices_without_an_assigned_role(browser: Client) -> None:
    make_fleet()

    bars = list(links(browser.get(DISCOVERY), "//ul[@class='prestage-bars']//a"))

    assert bars == [
        "N-PE ? recommended as network provider edge 3 devices, 50 %",
        "P ? recommended as provider router 1 device, 17 %",
        "UNKNOWN no role could be recommended 2 devices, 33 %",
    ]


@pytest.mark.parametrize(("bar", "count"), [("n-pe", 3), ("p", 1), ("unknown", 2)])
def test_each_bar_leads_to_the_devices_that_it_counts(
    browser: Client, bar: str, count: int
) -> None:
    make_fleet()
    (url,) = links(browser.get(DISCOVERY), f"//a[@id='prestage-bar-{bar}']").values()

    assert len(parse(browser.get(url)).xpath(LIST)) == count


def test_the_other_numbers_lead_to_what_they_count_too(browser: Client) -> None:
    make_fleet()
    found = facts(browser.get(DISCOVERY))

    assert {label: count for label, (count, _url) in found.items()} == {
        "Never evaluated": 1,
        "Assigned as N-PE": 1,
        "Assigned as P": 2,
        "Of these with drift": 1,
        "All devices": 10,
    }
    for label, (count, url) in found.items():
        assert len(parse(browser.get(url)).xpath(LIST)) == count, label


def test_a_bar_is_more_than_a_colour(browser: Client) -> None:
    make_fleet()

    (bar,) = parse(browser.get(DISCOVERY)).xpath("//a[@id='prestage-bar-p']/progress")

    assert (bar.get("value"), bar.get("max"), bar.get("aria-hidden")) == ("1", "6", "true")


@pytest.mark.parametrize(
    ("devices", "text"),
    [
        ([], "The inventory is empty."),
        ([{}], "No device without a role has been evaluated yet."),
        ([{"recommended_role": "P", "assigned_role": "P"}], "Every device has its role"),
    ],
)
def test_without_bars_it_says_what_to_do(
    browser: Client, devices: list[dict[str, str]], text: str
) -> None:
    for number, values in enumerate(devices):
        make_device(f"pe{number}", **values)

    content = browser.get(DISCOVERY).content.decode()

    assert text in content
    assert "prestage-bars" not in content


def test_a_job_in_progress_is_shown_to_those_who_see_it(browser: Client, operator: User) -> None:
    make_devices(2)
    job = make_job(operator)
    claim_all(job)
    other = browser_of(make_user("other", "view_device"))

    assert str(job) in links(browser.get(DISCOVERY), "//div[@class='prestage-status']/a")
    assert not parse(other.get(DISCOVERY)).xpath("//div[@class='prestage-status']")


def test_queries_do_not_grow_with_the_devices(
    browser: Client, django_assert_num_queries: Any
) -> None:
    make_devices(1)
    for number in range(2):
        # session, user, two of permissions, devices by roles, jobs
        with django_assert_num_queries(6):
            assert browser.get(DISCOVERY).status_code == 200
        for more in range(20):
            make_device(f"more{number}-{more}", recommended_role="N-PE")


def test_the_pages_stand_in_the_menu(browser: Client) -> None:
    menu = links(browser.get("/admin/"), "//div[@id='content-main']//th/a")

    assert {
        "Discovery status": "/admin/prestage/discovery/",
        "Assign roles": "/admin/prestage/recommendation/",
        "Drift": "/admin/prestage/drift/",
        "Rules": "/admin/prestage/rules/",
    }.items() <= menu.items()
