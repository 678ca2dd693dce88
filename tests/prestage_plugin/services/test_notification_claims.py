"""Who delivers a notification when several processes could (jobs spec, section 6)."""

import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from prestage_plugin.models import Job, Notification
from prestage_plugin.services.notification import PAUSES, deliver_due
from prestage_plugin.services.tick import tick
from tests.prestage_plugin.services.build import failure, make_devices, run_job, start
from tests.prestage_plugin.services.webhook import Receiver, receiving

pytestmark = pytest.mark.django_db


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    with receiving() as receiver:
        settings.PRESTAGE = {"NOTIFY_WEBHOOK": receiver.url, "NOTIFY_SECRET": "s" * 32}
        yield receiver


def failed_job() -> Job:
    make_devices("pe1", "pe2")
    return run_job(start(), {"pe1": failure()})


def make_due() -> None:
    Notification.objects.update(due_at=timezone.now() - timedelta(seconds=1))


def the_one() -> Notification:
    return Notification.objects.get()


@pytest.mark.django_db(transaction=True)
def test_however_many_deliver_at_once_each_is_sent_once(receiver: Receiver) -> None:
    make_devices("pe1")
    for _number in range(15):
        run_job(start(), {"pe1": failure()})

    def deliver() -> None:
        deliver_due()
        connection.close()

    threads = [threading.Thread(target=deliver) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    deliver_due()
    ids = [headers["X-Prestage-Id"] for _path, headers, _body in receiver.requests]
    assert len(ids) == len(set(ids)) == 15
    assert set(Notification.objects.values_list("state", "attempts")) == {("sent", 1)}


@pytest.mark.django_db(transaction=True)
def test_one_that_was_overtaken_while_it_sent_writes_nothing(receiver: Receiver) -> None:
    failed_job()
    receiver.silent = threading.Event()
    tick()
    until(lambda: bool(receiver.requests))
    # Another process takes it for dead and claims the next attempt.
    Notification.objects.update(attempts=2, due_at=timezone.now() + timedelta(minutes=1))
    receiver.silent.set()
    until(lambda: "prestage notifications" not in {t.name for t in threading.enumerate()})
    assert (the_one().state, the_one().attempts) == ("pending", 2)


def test_a_claim_whose_process_died_is_taken_over_and_not_for_ever(receiver: Receiver) -> None:
    failed_job()
    Notification.objects.update(attempts=1)
    assert deliver_due() == 1
    assert the_one().state == "sent"
    Notification.objects.update(state="pending", attempts=len(PAUSES) + 1, ended_at=None)
    make_due()
    assert deliver_due() == 0
    assert (the_one().state, len(receiver.requests)) == ("given-up", 1)


@pytest.mark.django_db(transaction=True)
def test_the_tick_has_it_delivered_and_does_not_wait(receiver: Receiver) -> None:
    failed_job()
    receiver.silent = threading.Event()
    tick()
    tick()
    until(lambda: bool(receiver.requests))
    # The clock goes on while the receiver thinks, and nobody else sends meanwhile.
    assert the_one().state == "pending"
    assert not Notification.objects.due().exists()
    receiver.silent.set()
    until(lambda: the_one().state == "sent")
    until(lambda: "prestage notifications" not in {t.name for t in threading.enumerate()})
    assert len(receiver.requests) == 1
    connection.close()


def until(condition: Any) -> None:
    give_up = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < give_up
        time.sleep(0.02)
