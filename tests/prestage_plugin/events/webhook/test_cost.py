"""How many statements a message costs, and what happens when the database does not take them."""

from typing import Any

import pytest
from django.db import connection

from prestage_plugin.models import ChangeEvent, Device, WebhookReceipt
from prestage_plugin.services.directory import get_directory
from tests.prestage_plugin.events.webhook import bodies
from tests.prestage_plugin.events.webhook.sender import Sender
from tests.prestage_plugin.services.build import make_devices

# With the transaction's own statements: BEGIN and COMMIT.
ONE_EVENT = 4


@pytest.fixture
def pe1() -> None:
    make_devices("pe1")
    get_directory()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("pe1")
def test_an_event_is_a_receipt_and_a_row(django_assert_num_queries: Any, netbox: Sender) -> None:
    body = bodies.netbox("device", bodies.device_data("pe1"))
    at_once = connection.vendor == "postgresql"
    with django_assert_num_queries(1 if at_once else ONE_EVENT) as statements:
        netbox.post(body)
    words = [query["sql"].split()[0] for query in statements.captured_queries]
    assert words == (["WITH"] if at_once else ["BEGIN", "INSERT", "INSERT", "COMMIT"])
    assert ChangeEvent.objects.count() == WebhookReceipt.objects.count() == 1
    with django_assert_num_queries(1 if at_once else 3):  # BEGIN, INSERT, ROLLBACK
        netbox.post(body)


@pytest.mark.django_db(transaction=True)
def test_a_thousand_devices_cost_hardly_more(
    django_assert_max_num_queries: Any, script: Sender
) -> None:
    Device.objects.bulk_create(Device(name=f"pe{number}") for number in range(1000))
    get_directory()
    names = [f"pe{number}" for number in range(1000)]
    with django_assert_max_num_queries(ONE_EVENT + 10):  # as few batches as the database allows
        script.post(bodies.generic(*names))


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("pe1")
def test_unknown_devices_of_a_message_are_counted_at_once(
    django_assert_max_num_queries: Any, script: Sender
) -> None:
    script.post(bodies.generic("nobody"))
    with django_assert_max_num_queries(ONE_EVENT + 2):
        script.post(bodies.generic(*(f"nobody{number}" for number in range(1000))))


@pytest.mark.django_db
@pytest.mark.usefixtures("pe1")
def test_what_is_refused_or_starts_nothing_costs_none(
    django_assert_num_queries: Any, netbox: Sender
) -> None:
    with django_assert_num_queries(0):
        netbox.post(bodies.generic("pe1"), secret="wrong")
        netbox.post(b"{")
        netbox.post(bodies.generic("pe1", timestamp=1))
        netbox.post(bodies.netbox("site", {"name": "Paris"}))
        netbox.post(bodies.netbox("device", bodies.device_data("pe1"), username="prestage"))
        netbox.client.get("/prestage/events/webhook/netbox/")


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "sqlite", reason="it locks the file")
@pytest.mark.usefixtures("pe1")
def test_a_database_that_does_not_take_it_is_told_and_the_message_can_be_sent_again(
    script: Sender, caplog: pytest.LogCaptureFixture
) -> None:
    body = bodies.generic("pe1")
    other = connection.copy()
    try:
        other.connect()
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA busy_timeout = 50")
        with other.cursor() as cursor:
            cursor.execute("BEGIN IMMEDIATE")
        response = script.post(body)
        assert (response.status_code, response.json()["code"]) == (503, "database-unavailable")
        assert "could not be written down" in caplog.text
        with other.cursor() as cursor:
            cursor.execute("ROLLBACK")
    finally:
        other.close()
    assert script.post(body).json()["accepted"] == 1
    assert ChangeEvent.objects.count() == WebhookReceipt.objects.count() == 1
