"""What every test run needs to know: which services there are, and what is left out."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from nornir_tasks.sessions.aio.event_loop import event_loop
from tests.backends import missing_services
from tests.leaks import leaving_nothing

REQUIRED = os.environ.get("PRESTAGE_TEST_SERVICES") == "1"
SUITES = {Path(__file__).parent / name for name in ("browser", "chaos")}
"""Which have targets of their own in the Makefile."""


def pytest_configure(config: pytest.Config) -> None:
    """Refuse to start without the services that the environment asks for."""
    if REQUIRED and not hasattr(config, "workerinput"):
        missing = missing_services()
        if missing:
            pytest.exit(missing, returncode=pytest.ExitCode.USAGE_ERROR)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave the suites that take minutes, or a browser, to their own targets."""
    if collection_path in SUITES:
        return not any(collection_path.name in argument for argument in config.args) or None
    return None


@pytest.fixture(scope="session")
def running_loop() -> None:
    """The one thread and the sockets that a process keeps for its sessions."""
    event_loop()


@pytest.fixture
def nothing_left(running_loop: None) -> Iterator[None]:
    """Fail the test when it leaves a thread, a socket or a child process behind."""
    with leaving_nothing():
        yield


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say in one line what was not tested."""
    if not REQUIRED:
        terminalreporter.write_line(
            "Left out: the engine on PostgreSQL and on Redis (set PRESTAGE_TEST_SERVICES=1), "
            "the chaos suite (make chaos), and the browser (make browser)."
        )
