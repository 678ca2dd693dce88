"""Somebody at a browser: goes to pages, reads them, clicks."""

import time
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException
from selenium.webdriver import ActionChains, Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.select import Select

__all__ = ["Person"]

_LOOKS = 20
PATIENCE = 30.0
"""Seconds within which the page must show what it is to show."""

_T = TypeVar("_T")


class Person:
    """Uses a browser.

    Args:
        driver: The browser.
        address: Of the site, without a slash at the end.
    """

    def __init__(self, driver: Chrome, address: str) -> None:
        self.driver = driver
        self._address = address

    def enter_as(self, user: User) -> None:
        """Come with the cookie that a login gives."""
        session = SessionStore()
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.save()
        self.forget_everything()
        cookie = {"name": settings.SESSION_COOKIE_NAME, "value": session.session_key}
        self.driver.execute_cdp_cmd("Network.setCookie", cookie | {"url": self._address})

    def forget_everything(self) -> None:
        """Be somebody at another machine: without cookies."""
        self.driver.execute_cdp_cmd("Network.clearBrowserCookies", {})

    def log_in(self, name: str, password: str) -> None:
        """Log in by the form."""
        self.go("/admin/login/")
        self.fill("username", name)
        self.fill("password", password)
        self.click("//input[@type='submit']")
        self.see("//a[contains(@href, 'password_change')]")

    def go(self, path: str) -> None:
        """Open a page of the site."""
        self.driver.get(f"{self._address}{path}")

    @property
    def path(self) -> str:
        """The path of the page that is open."""
        return self.driver.current_url.removeprefix(self._address)

    def find(self, xpath: str) -> WebElement:
        """Return an element that is there now."""
        return self.driver.find_element(By.XPATH, xpath)

    def all(self, xpath: str) -> list[WebElement]:
        """Return all such elements that are there now."""
        return self.driver.find_elements(By.XPATH, xpath)

    def see(self, xpath: str, *, seconds: float = PATIENCE) -> WebElement:
        """Wait until an element is displayed, and return it."""

        def displayed() -> WebElement | None:
            found = self.find(xpath)
            return found if found.is_displayed() else None

        return self.wait(displayed, xpath, seconds=seconds)

    def wait(self, look: Callable[[], _T | None], what: str, *, seconds: float = PATIENCE) -> _T:
        """Look until there is an answer that is true."""
        give_up = time.monotonic() + seconds
        while time.monotonic() < give_up:
            try:
                answer = look()
            except (NoSuchElementException, StaleElementReferenceException):
                answer = None
            if answer:
                return answer
            time.sleep(0.05)
        raise AssertionError(f"{what} within {seconds} s at {self.path}: {self.text[-1500:]}")

    def click(self, xpath: str) -> None:
        """Click on an element once it can be seen."""
        self.see(xpath).click()

    def press(self, label: str) -> None:
        """Press a button or link by its label."""
        match = f"normalize-space()='{label}' or @value='{label}'"
        self.click(f"(//button|//a|//summary|//input[@type='submit'])[{match}]")

    def double_click(self, xpath: str) -> None:
        """Click twice on an element."""
        ActionChains(self.driver).double_click(self.see(xpath)).perform()

    def fill(self, name: str, text: str) -> None:
        """Write into the field of a form."""
        field = self.see(f"//*[@name='{name}']")
        field.clear()
        field.send_keys(text)

    def choose(self, name: str, label: str) -> None:
        """Choose from a list by its words."""
        Select(self.see(f"//select[@name='{name}']")).select_by_visible_text(label)

    def tick(self, name: str, value: str) -> None:
        """Tick a box, or choose a radio button."""
        box = self.see(f"//input[@name='{name}'][@value='{value}']")
        if not box.is_selected():
            box.click()

    @property
    def text(self) -> str:
        """What the page says, or the next one when it is just being left."""
        for _look in range(_LOOKS):
            with suppress(NoSuchElementException, StaleElementReferenceException):
                return self.driver.find_element(By.TAG_NAME, "body").text
            time.sleep(0.05)
        raise AssertionError(f"no page stays long enough to be read at {self.path}")

    def read(self, words: str) -> None:
        """Wait until the page says something."""
        self.wait(lambda: words in self.text, words)
