"""The admin in the language that the browser asks for."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver import Chrome

from tests.browser.accessibility import serious_violations
from tests.browser.chromium import console_errors, take_picture
from tests.browser.person import Person

START = "/admin/prestage/job/start/?when=recurring"


def ask_for(driver: Chrome, language: str) -> None:
    driver.execute_cdp_cmd("Network.enable", {})
    headers = {"headers": {"Accept-Language": language}}
    driver.execute_cdp_cmd("Network.setExtraHTTPHeaders", headers)


@pytest.fixture
def german(administrator: Person) -> Iterator[Person]:
    ask_for(administrator.driver, "de-DE,de;q=0.9,en;q=0.5")
    yield administrator
    ask_for(administrator.driver, "en")


def language_of(person: Person) -> str:
    language: str = person.driver.execute_script("return document.documentElement.lang")
    return language


def test_the_page_speaks_the_language_of_the_browser(german: Person, pictures: Path) -> None:
    german.go(START)
    german.see("//h1[.='Prestaging starten']")
    assert language_of(german) == "de"
    # Said by the server for a fragment of the page.
    german.see("//*[@data-preview][contains(., 'Jede Woche am')]")
    take_picture(german.driver, pictures / "start-german.png")
    # axe tries styles out, which the policy forbids.
    found = console_errors(german.driver) + serious_violations(german.driver)
    console_errors(german.driver)
    assert found == []

    ask_for(german.driver, "en")
    german.go(START)
    german.see("//h1[.='Prestage devices']")
    assert language_of(german) == "en"
