"""Debian's Chromium, driven as a person would use it."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service

__all__ = ["CHROMIUM", "DRIVER", "console_errors", "look", "running_chromium", "take_picture"]

CHROMIUM = Path("/usr/bin/chromium")
DRIVER = Path("/usr/bin/chromedriver")

LOOKS = {
    "light": (1440, 900, "light"),
    "dark": (1440, 900, "dark"),
    "phone": (390, 844, "light"),
}
"""Width and height of the window in CSS pixels, and the colour scheme."""

_SCRIPT_TIMEOUT = 60


@contextmanager
def running_chromium() -> Iterator[Chrome]:
    """Run a browser without a window."""
    options = ChromeOptions()
    options.binary_location = str(CHROMIUM)
    # Root has no sandbox, and a small /dev/shm ends the renderer (dependency-traps F.1).
    for argument in ("headless=new", "no-sandbox", "disable-dev-shm-usage", "lang=en"):
        options.add_argument(f"--{argument}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = Chrome(options=options, service=Service(str(DRIVER)))
    try:
        driver.set_script_timeout(_SCRIPT_TIMEOUT)
        look(driver, "light")
        yield driver
    finally:
        driver.quit()


def look(driver: Chrome, name: str) -> None:
    """Look at pages in another way.

    Args:
        driver: The browser.
        name: One of `LOOKS`.
    """
    width, height, scheme = LOOKS[name]
    phone = name == "phone"
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": phone}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    feature = {"name": "prefers-color-scheme", "value": scheme}
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})


def take_picture(driver: Chrome, path: Path) -> None:
    """Write the whole page as a PNG file, also what is outside the window."""
    picture = driver.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": True})
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(base64.b64decode(picture["data"]))


def console_errors(driver: Chrome) -> list[str]:
    """Return the errors in the console since the last call, violations of the policy included."""
    entries: list[dict[str, str]] = driver.get_log("browser")  # type: ignore[no-untyped-call]
    return [
        entry["message"]
        for entry in entries
        if entry["level"] == "SEVERE" or "Content Security Policy" in entry["message"]
    ]
