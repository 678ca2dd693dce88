"""The clockwork: due jobs start, lost work is taken up (jobs spec, section 7)."""

from datetime import timedelta

import pytest
from django.utils import timezone
from django_q.models import OrmQ

from prestage_plugin.models import Device, Job, Shard
from prestage_plugin.services import clock
from prestage_plugin.services.cancel import cancel_job
from prestage_plugin.services.submit import JobRequest
from prestage_plugin.services.tick import tick
from prestage_plugin.states import JobState
from tests.prestage_plugin.services.build import claim_all, make_devices, run_job, start

pytestmark = pytest.mark.django_db

LONG_AGO = timedelta(minutes=5)


def for_later() -> Job:
    return start(JobRequest(scheduled_for=timezone.now() + timedelta(hours=1)))


def make_due(job: Job) -> None:
    Job.objects.filter(pk=job.pk).update(scheduled_for=timezone.now() - timedelta(seconds=1))


def test_a_job_whose_time_has_come_is_planned_once() -> None:
    make_devices("pe1")
    due, later = for_later(), for_later()
    make_due(due)
    tick()
    tick()
    due.refresh_from_db()
    later.refresh_from_db()
    assert (due.total, due.shards.count(), OrmQ.objects.count()) == (1, 1, 1)
    assert later.planned_at is None
    assert run_job(due, {}).state == JobState.SUCCESS


def test_a_host_whose_clock_is_fast_starts_no_job_before_its_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_devices("pe1")
    job = for_later()
    right = clock.database_now()
    monkeypatch.setattr(timezone, "now", lambda: right + timedelta(hours=2))
    monkeypatch.setattr(clock, "database_now", lambda: right)
    tick()
    job.refresh_from_db()
    assert job.planned_at is None


def test_the_devices_are_those_of_the_time_when_the_job_starts() -> None:
    make_devices("pe1")
    job = for_later()
    make_devices("pe2")
    make_due(job)
    tick()
    assert job.devices.count() == 2


def test_a_due_job_without_devices_fails_with_the_reason_and_stops_no_other() -> None:
    [pe1, _pe2] = make_devices("pe1", "pe2")
    lost = start(
        JobRequest(scheduled_for=timezone.now() + timedelta(hours=1)),
    )
    Job.objects.filter(pk=lost.pk).update(scope={"kind": "devices", "devices": ["pe1"]})
    good = for_later()
    pe1.delete()
    make_due(lost)
    make_due(good)
    tick()
    lost.refresh_from_db()
    good.refresh_from_db()
    assert (lost.state, lost.summary) == ("failure", "Not in the inventory: pe1.")
    assert good.planned_at is not None


def test_a_shard_whose_message_was_lost_is_sent_again_once() -> None:
    make_devices("pe1")
    job = start()
    OrmQ.objects.all().delete()
    tick()
    assert not OrmQ.objects.exists()  # it may still be on its way
    Shard.objects.update(enqueued_at=timezone.now() - LONG_AGO)
    tick()
    tick()
    assert OrmQ.objects.count() == 1
    assert run_job(job, {}).state == JobState.SUCCESS


def test_a_shard_that_waits_in_the_queue_is_not_sent_again() -> None:
    make_devices("pe1")
    start()
    Shard.objects.update(enqueued_at=timezone.now() - LONG_AGO)
    tick()
    assert OrmQ.objects.count() == 1


def test_the_shard_of_a_dead_worker_is_sent_again_once() -> None:
    make_devices("pe1")
    job = start()
    claim_all(job)
    OrmQ.objects.all().delete()
    now = timezone.now()
    Shard.objects.update(enqueued_at=now - LONG_AGO, lease_until=now - timedelta(seconds=1))
    tick()
    tick()
    assert OrmQ.objects.count() == 1


def test_a_shard_with_a_living_worker_is_left_alone() -> None:
    make_devices("pe1")
    claim_all(start())
    OrmQ.objects.all().delete()
    Shard.objects.update(enqueued_at=timezone.now() - LONG_AGO)
    tick()
    assert not OrmQ.objects.exists()


def test_a_cancelled_job_whose_worker_died_is_ended() -> None:
    make_devices("pe1")
    job = start()
    claim_all(job)
    cancel_job(job_id=job.pk, actor="bob")
    Shard.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    tick()
    job.refresh_from_db()
    assert (job.state, job.cancelled) == ("cancelled", 1)


def test_one_step_that_breaks_does_not_stop_the_others(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    make_devices("pe1")
    job = start()
    OrmQ.objects.all().delete()
    Shard.objects.update(enqueued_at=timezone.now() - LONG_AGO)

    def broken(*_args: object, **_kwargs: object) -> None:
        raise RuntimeError("a defect")

    monkeypatch.setattr("prestage_plugin.services.tick.plan_job", broken)
    make_due(for_later())
    tick()
    assert OrmQ.objects.count() == 1
    assert "_start_due_jobs" in str([record.__dict__.get("action") for record in caplog.records])
    assert Device.objects.exists()
    assert job.shards.exists()
