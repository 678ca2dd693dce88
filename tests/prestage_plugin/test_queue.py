"""How work reaches django-q2."""

from typing import Any

import pytest
from django.core.management import call_command
from django.db import transaction
from django_q.models import OrmQ, Schedule

from prestage_plugin import queue
from prestage_plugin.queue import CLOCK_NAME, CLUSTER_OPTIONS


@pytest.mark.django_db
def test_the_clock_is_there_after_migrate_and_only_once() -> None:
    Schedule.objects.all().delete()
    call_command("migrate", verbosity=0)
    call_command("migrate", verbosity=0)
    clock = Schedule.objects.get(name=CLOCK_NAME)
    assert (clock.func, clock.minutes) == ("prestage_plugin.tasks.tick", 1)


@pytest.mark.django_db
def test_an_administrator_who_changed_the_clock_keeps_the_change() -> None:
    Schedule.objects.filter(name=CLOCK_NAME).update(minutes=5)
    queue.ensure_clock()
    assert Schedule.objects.get(name=CLOCK_NAME).minutes == 5


@pytest.mark.django_db(transaction=True)
def test_with_the_orm_broker_a_message_is_part_of_the_transaction() -> None:
    with transaction.atomic():
        queue.enqueue_shards([1])
        assert OrmQ.objects.count() == 1
        transaction.set_rollback(True)
    assert queue.is_empty()


@pytest.mark.django_db(transaction=True)
def test_with_another_broker_a_message_is_sent_after_the_commit(settings: Any) -> None:
    settings.Q_CLUSTER = {k: v for k, v in CLUSTER_OPTIONS.items() if k != "orm"}
    with transaction.atomic():
        queue.enqueue_shards([1])
        assert OrmQ.objects.count() == 0
    assert OrmQ.objects.count() == 1


@pytest.mark.django_db
def test_a_message_holds_a_primary_key_and_nothing_else() -> None:
    queue.enqueue_shards([41])
    task = OrmQ.objects.get().task
    assert (task["func"], task["args"], task["kwargs"]) == (
        "prestage_plugin.tasks.run_shard",
        (41,),
        {},
    )
