"""What axe-core finds on a page."""

from pathlib import Path
from typing import Any

from selenium.webdriver.remote.webdriver import WebDriver

__all__ = ["serious_violations"]

_SOURCE = Path(__file__).parent / "node_modules/axe-core/axe.min.js"
_RUN = """
const done = arguments[arguments.length - 1];
axe.run(document, {resultTypes: ["violations"]}).then(done, error => done({error: String(error)}));
"""
_SERIOUS = {"serious", "critical"}


def serious_violations(driver: WebDriver) -> list[str]:
    """Return a line for each element with a serious or critical violation."""
    driver.execute_script(_SOURCE.read_text(encoding="utf-8"))
    found: dict[str, Any] = driver.execute_async_script(_RUN)
    assert "error" not in found, found
    return [
        f"{violation['id']}: {violation['help']}: {node['html'][:200]} ({node['failureSummary']})"
        for violation in found["violations"]
        if violation["impact"] in _SERIOUS
        for node in violation["nodes"]
    ]
