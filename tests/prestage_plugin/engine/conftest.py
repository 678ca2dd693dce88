"""A queue of the test's own, on whichever broker."""

from collections.abc import Iterator

import pytest
from django_q.brokers import Broker, get_broker


@pytest.fixture
def broker(transactional_db: None) -> Iterator[Broker]:
    """The broker of the backend under test, empty before and after."""
    broker = get_broker()
    broker.purge_queue()
    yield broker
    broker.purge_queue()
