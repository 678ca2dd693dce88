"""What holds for every test of the plugin."""

import pytest


@pytest.fixture(autouse=True)
def leaves_nothing(nothing_left: None) -> None:
    """No test leaves a thread, a socket or a process behind."""
