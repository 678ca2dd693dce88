"""A schedule under the ticks of many hosts at the same time (jobs spec, section 3)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from django.db import connections

from prestage_plugin.models import Job, Schedule
from prestage_plugin.recurrence import Recurrence
from prestage_plugin.services.schedule import cancel_schedule, create_schedule
from prestage_plugin.services.submit import JobRequest
from prestage_plugin.services.tick import tick
from prestage_plugin.states import JobState, ScheduleState
from tests.prestage_plugin.services.build import make_devices, set_clock

pytestmark = pytest.mark.django_db(transaction=True)

HOSTS = 4
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def make_schedule() -> Schedule:
    make_devices("pe1")
    recurrence = Recurrence.from_json(
        {"repeat": "hourly", "start": "2026-11-23T13:00", "zone": "UTC"}
    )
    return create_schedule(request=JobRequest(), recurrence=recurrence, user=None)


def test_ticks_at_the_same_moment_start_one_and_plan_one(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    now = NOON
    set_clock(monkeypatch, lambda: now)
    schedule = make_schedule()
    together = Barrier(HOSTS, timeout=30)

    def host(_number: int) -> None:
        try:
            together.wait()
            tick()
        finally:
            connections.close_all()

    started = 0
    with ThreadPoolExecutor(HOSTS) as hosts:
        # Every third round comes after downtime: then the hosts also catch up.
        for hours in (1, 1, 5) * 3:
            now += timedelta(hours=hours)
            list(hosts.map(host, range(HOSTS)))
            started += 1
            jobs = Job.objects.filter(schedule=schedule)
            begun = jobs.filter(planned_at__isnull=False)
            assert begun.count() == started
            tick()
            assert jobs.count() == started + 1
            assert jobs.waiting().get().scheduled_for == now + timedelta(hours=1)
            newest = begun.latest("scheduled_for")
            assert (newest.scheduled_for, newest.shards.count()) == (now, 1)
            begun.active().update(state=JobState.SUCCESS, ended_at=now)
    schedule.refresh_from_db()
    assert schedule.occurrences == started + 1
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []


def test_a_cancel_among_the_ticks_leaves_nothing_that_waits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = NOON
    set_clock(monkeypatch, lambda: now)
    schedule = make_schedule()
    now += timedelta(hours=1)
    together = Barrier(HOSTS, timeout=30)

    def host(number: int) -> None:
        try:
            together.wait()
            if number:
                tick()
            else:
                cancel_schedule(schedule_id=schedule.pk, actor="bob")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(HOSTS) as hosts:
        list(hosts.map(host, range(HOSTS)))
    schedule.refresh_from_db()
    assert schedule.state == ScheduleState.CANCELLED
    assert not schedule.jobs.waiting().exists()
