"""Columns that each user hides and shows."""

from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import User
from django.test import Client

from prestage_plugin.models import UserPreferences
from tests.prestage_plugin.admin.conftest import browser_of
from tests.prestage_plugin.admin.page import parse, words
from tests.prestage_plugin.factories import OPERATOR, make_devices, make_job, make_user

pytestmark = pytest.mark.django_db
JOBS = "/admin/prestage/job/"
COLUMNS = f"{JOBS}columns/"


@pytest.fixture(autouse=True)
def job(operator: User) -> None:
    make_devices(1)
    make_job(operator)


def headers(client: Client) -> list[str]:
    found = parse(client.get(JOBS)).xpath("//table[@id='result_list']//div[@class='text']")
    return [words(header) for header in found if words(header)]


def menu_of(client: Client) -> Any:
    (form,) = parse(client.get(JOBS)).xpath("//form[@id='prestage-columns']")
    return form


def test_a_header_hides_its_column(browser: Client) -> None:
    before = headers(browser)
    (button,) = parse(browser.get(JOBS)).xpath("//button[@name='hide'][@value='summary_text']")

    response = browser.post(COLUMNS, {"hide": button.get("value"), "query": "q=pe&o=3&p=2"})

    assert button.get("aria-label") == "Hide column Summary"
    assert button.get("form") == "prestage-columns"
    assert response.headers["Location"] == f"{JOBS}?q=pe&o=3"
    assert headers(browser) == [header for header in before if header != "Summary"]


def test_the_menu_shows_it_again(browser: Client) -> None:
    before = headers(browser)
    browser.post(COLUMNS, {"hide": "summary_text"})
    form = menu_of(browser)
    ticked = [box.get("value") for box in form.xpath(".//input[@name='show'][@checked]")]

    browser.post(COLUMNS, {"show": [*ticked, "summary_text"]})

    assert "summary_text" not in ticked
    assert headers(browser) == before


def test_the_choice_is_each_users_own_and_outlives_the_session(
    browser: Client, operator: User
) -> None:
    other = make_user("other", *OPERATOR)
    make_job(other)
    browser.post(COLUMNS, {"hide": "user_name"})
    browser.logout()

    assert "User" not in headers(browser_of(operator))
    assert "User" in headers(browser_of(other))


@pytest.mark.parametrize(
    "sent", [{"hide": "job_id"}, {"hide": "nonsense"}, {"hide": "\x00"}, {"show": ["nonsense"]}]
)
def test_the_way_to_the_details_cannot_be_hidden(browser: Client, sent: dict[str, Any]) -> None:
    browser.post(COLUMNS, sent)

    assert "Job ID" in headers(browser)
    (stored,) = UserPreferences.objects.values_list("hidden_columns", flat=True)
    assert not {"nonsense", "\x00", "job_id"} & set(stored["job"])


def test_a_column_that_is_no_more_does_no_harm(browser: Client, operator: User) -> None:
    UserPreferences.objects.create(user=operator, hidden_columns={"job": ["gone", "job_id"]})

    assert len(headers(browser)) == 11


def test_it_takes_a_post_by_somebody_who_sees_the_list(browser: Client) -> None:
    assert browser.get(COLUMNS).status_code == 405
    assert browser_of(make_user("nobody")).post(COLUMNS, {}).status_code == 403
    assert not UserPreferences.objects.exists()


@pytest.mark.parametrize(
    ("hidden", "order", "after"),
    [
        ("summary_text", "2.-10", "2.-9"),
        ("summary_text", "-1", "-1"),
        ("state_pill", "4.2", "2"),
        ("state_pill", "-4", None),
        ("state_pill", "99.x.-.²." + "9" * 30, None),
    ],
)
def test_the_order_of_the_rows_is_kept_when_a_column_goes(
    browser: Client, hidden: str, order: str, after: str | None
) -> None:
    response = browser.post(COLUMNS, {"hide": hidden, "query": urlencode({"o": order})})

    kept = f"?{urlencode({'o': after})}" if after else ""
    assert response.headers["Location"] == f"{JOBS}{kept}"


def test_the_order_is_kept_when_columns_come_back(browser: Client, operator: User) -> None:
    make_job(operator, name="A job that is first by name")
    browser.post(COLUMNS, {"hide": "job_name"})
    by_user = [header.title() for header in headers(browser)].index("User") + 1

    shown = [box.get("value") for box in menu_of(browser).xpath(".//input[@name='show']")]
    response = browser.post(COLUMNS, {"show": shown, "query": f"o=-{by_user}"})
    (sorted_by,) = parse(browser.get(response.headers["Location"])).xpath(
        "//th[contains(@class, 'sorted')]"
    )

    assert words(sorted_by).startswith("User")
    assert "descending" in sorted_by.get("class")
