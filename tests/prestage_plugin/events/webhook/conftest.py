from collections.abc import Iterator
from typing import Any

import pytest

from prestage_plugin.services.directory import forget_directory
from tests.prestage_plugin.events.webhook.sender import SECRETS, Sender


@pytest.fixture(autouse=True)
def directory_of_this_test() -> Iterator[None]:
    """No test knows the devices of the one before."""
    forget_directory()
    yield
    forget_directory()


@pytest.fixture(autouse=True)
def senders(settings: Any) -> None:
    """Three senders, each with a secret of its own."""
    settings.PRESTAGE = {
        "WEBHOOK_SECRETS": SECRETS,
        "WEBHOOK_WINDOW": 300,
        "AUTO_IGNORED_USERS": ["prestage"],
    }


@pytest.fixture
def netbox() -> Sender:
    return Sender("netbox")


@pytest.fixture
def nautobot() -> Sender:
    return Sender("nautobot")


@pytest.fixture
def script() -> Sender:
    """Whoever writes the generic body."""
    return Sender("ci", header="X-Prestage-Signature")
