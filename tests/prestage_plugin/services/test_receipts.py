"""A message that comes twice is taken once (prestaging spec, section 6)."""

import uuid

import pytest
from django.db import transaction

from prestage_plugin.models import ChangeEvent, Device, UnknownSender, WebhookReceipt
from prestage_plugin.services.events import Accepted, Heard, accept_events
from prestage_plugin.states import ChangeSource
from tests.prestage_plugin.services.build import make_devices


def heard(device: Device) -> Heard:
    return Heard(source=ChangeSource.WEBHOOK, device_id=device.pk, sender="netbox")


@pytest.mark.django_db
def test_a_message_with_a_receipt_is_taken_once() -> None:
    [device] = make_devices("pe1")
    receipt = uuid.uuid4()
    unknown = Heard(source=ChangeSource.WEBHOOK, device_id=None, sender="netbox")
    events = [heard(device), unknown]
    assert accept_events(heard=events, receipt=receipt) == Accepted(known=1, unknown=1)
    repeated = Accepted(known=0, unknown=0, repeated=True)
    assert accept_events(heard=events, receipt=receipt) == repeated
    assert ChangeEvent.objects.count() == UnknownSender.objects.get().events == 1
    assert accept_events(heard=events) == Accepted(known=1, unknown=1)


@pytest.mark.django_db
def test_a_repeated_message_does_not_spoil_the_callers_transaction() -> None:
    [device] = make_devices("pe1")
    receipt = uuid.uuid4()
    with transaction.atomic():
        accept_events(heard=[heard(device)], receipt=receipt)
        assert accept_events(heard=[heard(device)], receipt=receipt).repeated
        accept_events(heard=[heard(device)])
    assert ChangeEvent.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_message_about_a_deleted_device_keeps_its_receipt() -> None:
    [gone] = make_devices("pe1")
    events, receipt = [heard(gone)], uuid.uuid4()
    gone.delete()
    assert accept_events(heard=events, receipt=receipt) == Accepted(known=0, unknown=1)
    assert accept_events(heard=events, receipt=receipt).repeated
    assert UnknownSender.objects.get().events == WebhookReceipt.objects.count() == 1
