"""Purging the receipts of webhooks (prestaging spec, section 6)."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from prestage_plugin.models import WebhookReceipt
from prestage_plugin.services import retention
from prestage_plugin.services.retention import purge_receipts
from prestage_plugin.services.tick import tick

pytestmark = pytest.mark.django_db

WINDOW = 300


@pytest.fixture(autouse=True)
def window(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.PRESTAGE = {"WEBHOOK_WINDOW": WINDOW}
    monkeypatch.setattr(retention, "_TICK_SECONDS", 60)


def receipts(count: int, *, age: float) -> None:
    WebhookReceipt.objects.bulk_create(
        WebhookReceipt(pk=uuid.uuid4(), received_at=timezone.now() - timedelta(seconds=age))
        for _number in range(count)
    )


def test_a_receipt_stays_as_long_as_its_message_could_be_accepted_again() -> None:
    """One that came a window before its time is fresh until two windows after that."""
    receipts(1, age=0)
    receipts(1, age=2 * WINDOW + 10)
    receipts(1, age=2 * WINDOW + 70)
    tick()
    assert WebhookReceipt.objects.count() == 2


def test_however_many_there_are_each_transaction_is_small(
    monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries: Any
) -> None:
    monkeypatch.setattr(retention, "CHUNK", 10)
    receipts(35, age=3 * WINDOW)
    receipts(5, age=0)
    with django_assert_max_num_queries(20) as statements:
        purge_receipts()
    deletes = [q["sql"] for q in statements.captured_queries if q["sql"].startswith("DELETE")]
    assert len(deletes) == 4
    assert all("LIMIT 10" in sql for sql in deletes)
    assert WebhookReceipt.objects.count() == 5


def test_what_one_tick_does_not_manage_the_next_one_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "CHUNK", 10)
    monkeypatch.setattr(retention, "_TICK_SECONDS", 0)
    receipts(15, age=3 * WINDOW)
    purge_receipts()
    assert WebhookReceipt.objects.count() == 15
    monkeypatch.setattr(retention, "_TICK_SECONDS", 60)
    purge_receipts()
    assert not WebhookReceipt.objects.exists()


def test_nothing_to_purge_is_one_look(django_assert_num_queries: Any) -> None:
    receipts(5, age=0)
    with django_assert_num_queries(1):
        purge_receipts()
