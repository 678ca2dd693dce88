"""Ten years of a schedule, with downtime, long runs and cancelled runs, on a fake clock."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from prestage_plugin.models import Job, Schedule
from prestage_plugin.recurrence import Recurrence
from prestage_plugin.services.cancel import cancel_job
from prestage_plugin.services.schedule import create_schedule
from prestage_plugin.services.submit import JobRequest
from prestage_plugin.services.tick import tick
from prestage_plugin.states import JobState, ScheduleState
from tests.prestage_plugin.services.build import make_devices, run_job, set_clock

pytestmark = pytest.mark.django_db

BEGIN = datetime(2026, 11, 23, tzinfo=UTC)
END = BEGIN + timedelta(days=3653)
SECOND = timedelta(seconds=1)

SERIES: list[tuple[dict[str, Any], timedelta]] = [
    (
        {"repeat": "daily", "every": 17, "start": "2026-11-24T02:30", "zone": "Europe/Berlin"},
        timedelta(days=40),
    ),
    (
        {
            "repeat": "weekly",
            "every": 5,
            "weekdays": ["mon", "sun"],
            "start": "2026-11-24T23:30",
            "zone": "America/Nuuk",
        },
        timedelta(days=60),
    ),
    (
        {"repeat": "monthly", "start": "2026-11-30T02:00", "zone": "Australia/Lord_Howe"},
        timedelta(days=200),
    ),
    (
        {"repeat": "yearly", "start": "2028-02-29T01:30", "zone": "Africa/Cairo"},
        timedelta(days=900),
    ),
    (
        {"repeat": "hourly", "every": 331, "start": "2026-11-24T00:00", "zone": "Asia/Gaza"},
        timedelta(days=60),
    ),
]


class Decade:
    """One schedule's life. It keeps its own account of what must have happened."""

    def __init__(self, schedule: Schedule, patch: pytest.MonkeyPatch, longest: timedelta) -> None:
        self.schedule = schedule
        self.rule = Recurrence.from_json(schedule.recurrence)
        self.now = BEGIN
        self.longest_downtime = longest
        self.expected: list[datetime] = []
        self.random = random.Random(schedule.recurrence["every"])  # noqa: S311 - a game
        set_clock(patch, lambda: self.now)

    def live(self) -> None:
        while self.now < END:
            waiting = self.schedule.jobs.waiting().get()
            if self.random.random() < 0.1:
                cancel_job(job_id=waiting.pk, actor="bob")
                self.expected.append(waiting.scheduled_for)
                waiting = self.schedule.jobs.waiting().get()
            self.sleep_until(waiting.scheduled_for)
            self.wake()

    def sleep_until(self, due: datetime) -> None:
        self.now = due
        if self.random.random() < 0.2:
            self.now += self.longest_downtime * self.random.random()
        newest = self.rule.latest_occurrence(self.now)
        assert newest is not None
        self.expected.append(newest.at)

    def wake(self) -> None:
        """Tick a few times as a living site does, on two hosts; then work on what has started."""
        before = self.started()
        for _ in range(2):
            tick()
            assert self.schedule.jobs.waiting().count() == 1
            self.now += SECOND
        new = self.started() - before
        assert len(new) <= 1
        for job in Job.objects.active().filter(schedule=self.schedule, planned_at__isnull=False):
            # Now and then one runs on for longer than until the next is due.
            if self.random.random() < 0.9:
                run_job(job, {})

    def started(self) -> set[int]:
        jobs = self.schedule.jobs.filter(planned_at__isnull=False)
        return set(jobs.values_list("pk", flat=True))


@pytest.mark.parametrize(("document", "longest"), SERIES)
def test_ten_years_have_one_next_and_one_catch_up_per_downtime(
    document: dict[str, Any], longest: timedelta, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_devices("pe1")
    set_clock(monkeypatch, lambda: BEGIN)
    schedule = create_schedule(
        request=JobRequest(), recurrence=Recurrence.from_json(document), user=None
    )
    decade = Decade(schedule, monkeypatch, longest)
    decade.live()

    jobs = list(schedule.jobs.order_by("scheduled_for"))
    [*past, waiting] = jobs
    assert [job.scheduled_for for job in past] == decade.expected
    assert waiting.scheduled_for == decade.rule.next_after(decade.expected[-1])
    fired = decade.rule.preview(waiting.occurrence or 0)
    assert [fired[(job.occurrence or 0) - 1] for job in jobs] == [job.scheduled_for for job in jobs]
    assert [job.occurrence for job in jobs] == sorted({job.occurrence or 0 for job in jobs})
    schedule.refresh_from_db()
    assert (schedule.state, schedule.occurrences) == (ScheduleState.ACTIVE, len(jobs))
    for job in past:
        skipped = job.summary.startswith("Skipped: occurrence #")
        assert job.is_terminal or job.state == JobState.SCHEDULED
        assert (job.planned_at is None) == (job.state == JobState.CANCELLED)
        assert not skipped or job.state == JobState.CANCELLED
