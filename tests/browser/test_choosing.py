"""Columns that are hidden, forms that show what matters, and looks."""

import pytest
from selenium.webdriver import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from prestage_plugin.models import Schedule, UserPreferences
from prestage_plugin.services.submit import JobRequest, submit_job
from tests.browser.chromium import look
from tests.browser.conftest import PASSWORD
from tests.browser.person import Person

JOBS = "/admin/prestage/job/"
START = f"{JOBS}start/"


@pytest.fixture
def finished(operator: Person) -> Person:
    """Alice with a job in her list."""
    from django.contrib.auth.models import User

    submit_job(request=JobRequest(), user=User.objects.get(username="alice"))
    UserPreferences.objects.all().delete()
    return operator


def headers(person: Person) -> list[str]:
    found = person.driver.find_elements(By.CSS_SELECTOR, "#result_list thead .text")
    return [header.text.title() for header in found if header.text]


def test_a_hidden_column_is_hidden_after_logging_in_again(finished: Person) -> None:
    finished.forget_everything()
    finished.log_in("alice", PASSWORD)
    finished.go(JOBS)
    before = headers(finished)

    ActionChains(finished.driver).move_to_element(
        finished.find("//th[contains(@class, 'column-summary_text')]")
    ).perform()
    finished.click("//button[@title='Hide column Summary']")
    finished.wait(lambda: "Summary" not in headers(finished), "no summary")
    finished.forget_everything()
    finished.log_in("alice", PASSWORD)
    finished.go(JOBS)
    after = headers(finished)

    assert len(before) == 11
    assert after == [header for header in before if header != "Summary"]

    finished.press("Columns")
    finished.tick("show", "summary_text")
    finished.press("Show these")
    finished.wait(lambda: headers(finished) == before, "all columns again")


def test_the_columns_can_be_chosen_by_keyboard(finished: Person) -> None:
    finished.go(JOBS)
    summary = finished.find("//form[@id='prestage-columns']//summary")
    summary.send_keys(Keys.ENTER)
    finished.see("//input[@name='show'][@value='user_name']").send_keys(Keys.SPACE)
    finished.find("//form[@id='prestage-columns']//button").send_keys(Keys.ENTER)

    finished.wait(lambda: "User" not in headers(finished), "no user")


def test_the_preview_follows_the_form(operator: Person) -> None:
    operator.go(START)
    assert not operator.find("//*[@name='zone']").is_displayed()
    operator.tick("when", "recurring")
    operator.see("//*[contains(@class, 'prestage-preview')]//li[5]")

    operator.choose("repeat", "Monthly")
    operator.choose("zone", "Europe/Berlin")
    operator.wait(
        lambda: "Every month" in operator.text and "Europe/Berlin" in operator.text, "the preview"
    )
    assert not operator.find("//input[@name='weekdays']").is_displayed()

    operator.tick("ends", "count")
    operator.fill("count", "2")
    operator.wait(lambda: "2 times" in operator.text, "the preview")
    operator.press("Start")
    operator.see("//li[@class='success'][contains(., 'begins')]")
    assert Schedule.objects.latest("pk").recurrence["count"] == 2


def test_what_is_wrong_is_said_at_once_and_nothing_starts(operator: Person) -> None:
    series = Schedule.objects.count()
    operator.go(START)
    operator.tick("when", "recurring")
    operator.tick("ends", "date")

    operator.wait(lambda: "must be like" in operator.text, "the trouble")
    operator.press("Start")
    operator.see("//*[@class='errornote']")
    assert Schedule.objects.count() == series


def test_times_are_in_the_zone_of_the_browser_unless_another_is_chosen(finished: Person) -> None:
    UserPreferences.objects.all().delete()
    finished.driver.execute_cdp_cmd("Emulation.setTimezoneOverride", {"timezoneId": "Asia/Tokyo"})
    try:
        finished.go(JOBS)
        finished.go(JOBS)
        assert "JST" in str(finished.find("//time").get_attribute("title"))
        finished.press("Change")
        finished.choose("time_zone", "Europe/Berlin")
        finished.press("Save")
        finished.see("//li[@class='success']")
        assert "CET" in str(finished.find("//time").get_attribute("title"))
    finally:
        finished.driver.execute_cdp_cmd("Emulation.setTimezoneOverride", {"timezoneId": ""})


def test_dark_is_dark(finished: Person) -> None:
    background = "return getComputedStyle(document.body).backgroundColor"
    finished.go(JOBS)
    light = finished.driver.execute_script(background)
    look(finished.driver, "dark")
    assert (light, finished.driver.execute_script(background)) == (
        "rgb(255, 255, 255)",
        "rgb(18, 18, 18)",
    )


def test_a_job_can_be_started_on_a_phone(operator: Person) -> None:
    look(operator.driver, "phone")
    operator.go(JOBS)
    operator.press("Prestage devices")
    operator.tick("scope", "filter")
    operator.fill("filter_name", "npe-0001*")
    operator.press("Start")
    operator.see("//li[@class='success'][contains(., 'was started')]")
    operator.see("//*[contains(@class, 'prestage-status')]//*[.='Success']")
