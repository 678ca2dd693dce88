"""Purging jobs that ended long ago (jobs spec, section 6)."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from prestage_plugin.models import (
    Chore,
    Device,
    Job,
    JobDevice,
    JobTransition,
    Notification,
    RoleChange,
    Shard,
)
from prestage_plugin.services import retention
from prestage_plugin.services.retention import purge_daily, purge_jobs, purgeable_jobs
from prestage_plugin.services.retry import retry_failed
from prestage_plugin.services.tick import tick
from prestage_plugin.states import ShardState
from tests.prestage_plugin.services.build import claim_all, failure, make_devices, run_job, start

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def slow_machines_have_time_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "_TICK_SECONDS", 60)


def ended(*, days_ago: float) -> Job:
    job = run_job(start(), {})
    at = timezone.now() - timedelta(days=days_ago)
    Job.objects.filter(pk=job.pk).update(ended_at=at)
    return job


def purge(days: float) -> retention.PurgeReport:
    old = purgeable_jobs(before=timezone.now() - timedelta(days=days))
    return purge_jobs(job_ids=list(old.values_list("pk", flat=True)))


def test_what_ended_earlier_goes_with_everything_about_it() -> None:
    make_devices("pe1", "pe2")
    old, new = ended(days_ago=91), ended(days_ago=89)
    report = purge(90)
    assert (report.jobs, report.devices, report.complete) == (1, 2, True)
    assert list(Job.objects.all()) == [new]
    for model in (JobDevice, Shard, JobTransition):
        assert not model.objects.filter(job_id=old.pk).exists()
        assert model.objects.filter(job_id=new.pk).exists()


def test_devices_and_their_role_history_stay() -> None:
    make_devices("pe1", "pe2")
    ended(days_ago=91)
    before = RoleChange.objects.count()
    purge(90)
    assert RoleChange.objects.count() == before > 0
    assert not RoleChange.objects.filter(job__isnull=False).exists()
    assert Device.objects.get(name="pe1").assigned_role == "N-PE"


def test_the_retry_of_a_purged_job_stays_without_the_link() -> None:
    make_devices("pe1")
    old = run_job(start(), {"pe1": failure()})
    retry = retry_failed(job_id=old.pk, user=None)
    purge(-1)
    retry.refresh_from_db()
    assert (retry.retry_of, Job.objects.count()) == (None, 1)


def test_what_is_active_has_open_shards_or_is_to_be_announced_stays() -> None:
    make_devices("pe1")
    active = start()
    claim_all(active)
    left = ended(days_ago=91)
    Shard.objects.filter(job=left).update(state=ShardState.QUEUED)
    unannounced = ended(days_ago=91)
    Notification.objects.create(job=unannounced, channel="webhook", due_at=timezone.now())
    assert purge(90).jobs == 0
    assert Job.objects.count() == 3


def test_the_oldest_go_first() -> None:
    make_devices("pe1")
    younger, older = ended(days_ago=91), ended(days_ago=92)
    assert list(purgeable_jobs(before=timezone.now())) == [older, younger]


def test_chunks_are_bounded_and_no_row_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "CHUNK", 10)
    make_devices(*(f"pe{number}" for number in range(25)))
    job = ended(days_ago=91)
    with CaptureQueriesContext(connection) as queries:
        report = purge_jobs(job_ids=[job.pk])
    assert report.devices == 25
    statements = [query["sql"] for query in queries]
    deletes = [sql for sql in statements if sql.startswith('DELETE FROM "prestage_jobdevice"')]
    assert sum("LIMIT 10" in sql for sql in deletes) == 4  # 10, 10, 5 and none
    updates = [sql for sql in statements if sql.startswith('UPDATE "prestage_rolechange"')]
    assert sum("LIMIT 10" in sql for sql in updates) >= 3
    assert not [sql for sql in statements if '"evidence"' in sql]


def test_a_purge_that_is_cut_short_goes_on_with_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "CHUNK", 2)
    make_devices("pe1", "pe2", "pe3")
    job = ended(days_ago=91)
    first = purge_jobs(job_ids=[job.pk], seconds=0)
    assert (first.jobs, first.devices, first.complete) == (0, 2, False)
    assert Job.objects.filter(pk=job.pk).exists()
    second = purge_jobs(job_ids=[job.pk])
    assert (second.jobs, second.devices, second.complete) == (1, 1, True)


def test_the_tick_purges_once_a_day() -> None:
    make_devices("pe1")
    ended(days_ago=91)
    tick()
    assert not Job.objects.exists()
    late = ended(days_ago=91)
    tick()
    assert Job.objects.filter(pk=late.pk).exists()
    Chore.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    tick()
    assert not Job.objects.exists()


def test_of_many_hosts_one_purges() -> None:
    make_devices("pe1")
    purge_daily()
    ended(days_ago=91)
    # Another host holds the chore: its claim runs out in a minute.
    Chore.objects.update(due_at=timezone.now() + timedelta(minutes=1))
    purge_daily()
    assert Job.objects.count() == 1


def test_what_one_tick_does_not_manage_the_next_one_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "_TICK_JOBS", 2)
    make_devices("pe1")
    for _number in range(3):
        ended(days_ago=91)
    purge_daily()
    assert Job.objects.count() == 1
    purge_daily()
    assert not Job.objects.exists()


def test_with_retention_0_jobs_are_kept_for_ever(settings: Any) -> None:
    settings.PRESTAGE = {"RETENTION_DAYS": 0}
    make_devices("pe1")
    ended(days_ago=9999)
    tick()
    assert Job.objects.count() == 1
    assert not Chore.objects.exists()
