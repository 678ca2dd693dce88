"""Recurring jobs: the next is always visible, one catch-up, no overlap (jobs spec, section 3)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from prestage_plugin.errors import Refused
from prestage_plugin.models import Job, Schedule
from prestage_plugin.recurrence import Recurrence, recurrence_in_words
from prestage_plugin.services.cancel import CancelOutcome, cancel_job
from prestage_plugin.services.occurrence import admit, advance
from prestage_plugin.services.schedule import cancel_schedule, create_schedule
from prestage_plugin.services.scope import Scope
from prestage_plugin.services.submit import JobRequest
from prestage_plugin.services.tick import tick
from prestage_plugin.states import JobState, JobType, ScheduleState
from tests.prestage_plugin.services.build import (
    claim_all,
    history_of,
    make_devices,
    make_user,
    run_job,
    set_clock,
)

pytestmark = pytest.mark.django_db

MONDAY = datetime(2026, 11, 23, 12, tzinfo=UTC)
SENTENCE = "Every day at 02:00 Europe/Berlin"


class Clock:
    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def to(self, day: int, hour: int = 1, minute: int = 0) -> None:
        """Set it to a day of November 2026; the daily schedule is due at 01:00 UTC."""
        self.now = datetime(2026, 11, 1, hour, minute, tzinfo=UTC) + timedelta(days=day - 1)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock(MONDAY)
    set_clock(monkeypatch, clock)
    make_devices("pe1")
    return clock


def daily(**more: Any) -> Schedule:
    return series({"repeat": "daily", "start": "2026-11-24T02:00", "zone": "Europe/Berlin"} | more)


def series(document: dict[str, Any], **request: Any) -> Schedule:
    recurrence = Recurrence.from_json(document)
    return create_schedule(request=JobRequest(**request), recurrence=recurrence, user=None)


def next_of(schedule: Schedule) -> Job:
    return schedule.jobs.waiting().get()


def rows(schedule: Schedule) -> list[tuple[int | None, int, str]]:
    """Number, day and state of the schedule's jobs, in the order of their times."""
    jobs = schedule.jobs.order_by("scheduled_for")
    return [(job.occurrence, job.scheduled_for.day, job.state) for job in jobs]


def test_the_first_occurrence_is_a_scheduled_job_at_once(clock: Clock) -> None:
    alice = make_user("alice")
    recurrence = Recurrence.from_json(
        {"repeat": "daily", "start": "2026-11-24T02:00", "zone": "Europe/Berlin"}
    )
    request = JobRequest(
        scope=Scope(kind="devices", devices=("pe1",)),
        job_type=JobType.DISCOVER_ONLY,
        dry_run=True,
        profile="extended",
        capability_policy="all",
        failure_threshold=10,
    )
    schedule = create_schedule(request=request, recurrence=recurrence, user=alice)
    job = next_of(schedule)
    assert (schedule.state, schedule.occurrences) == (ScheduleState.ACTIVE, 1)
    assert (job.state, job.occurrence) == (JobState.SCHEDULED, 1)
    assert recurrence_in_words(job.recurrence) == SENTENCE
    assert job.scheduled_for == schedule.next_at == datetime(2026, 11, 24, 1, tzinfo=UTC)
    for part in (schedule, job):
        assert part.name == "Discover roles of pe1"
        assert (part.user, part.username, part.job_type) == (alice, "alice", "discover-only")
        assert part.scope == {"kind": "devices", "devices": ["pe1"]}
        assert (part.dry_run, part.profile, part.capability_policy) == (True, "extended", "all")
        assert part.failure_threshold == 10
    assert history_of(job) == [("", "scheduled", "alice")]


@pytest.mark.parametrize(
    ("document", "request_values", "code"),
    [
        ({"until": "2026-11-24"}, {"profile": "none"}, "unknown-profile"),
        ({}, {"scheduled_for": MONDAY}, "bad-recurrence"),
        ({}, {"scope": Scope(kind="devices", devices=("ghost",))}, "unknown-devices"),
        ({"start": "2026-01-01T02:00", "count": 3}, {}, "bad-recurrence"),
    ],
)
def test_what_cannot_recur_is_refused_and_nothing_is_written(
    clock: Clock, document: dict[str, Any], request_values: dict[str, Any], code: str
) -> None:
    start = {"repeat": "daily", "start": "2026-11-24T02:00", "zone": "Europe/Berlin"}
    with pytest.raises(Refused) as refusal:
        series(start | document, **request_values)
    assert refusal.value.code == code
    assert not Schedule.objects.exists()
    assert not Job.objects.exists()


def test_a_start_in_the_past_is_not_caught_up(clock: Clock) -> None:
    schedule = daily(start="2026-11-01T02:00")
    tick()
    assert rows(schedule) == [(24, 24, "scheduled")]


def test_when_one_starts_the_next_is_visible(clock: Clock) -> None:
    schedule = daily()
    clock.to(24)
    tick()
    tick()
    assert rows(schedule) == [(1, 24, "scheduled"), (2, 25, "scheduled")]
    [first, second] = schedule.jobs.order_by("pk")
    assert first.planned_at is not None
    assert (second, second.planned_at, second.summary) == (next_of(schedule), None, "")
    assert history_of(second) == [("", "scheduled", "system")]
    schedule.refresh_from_db()
    assert (schedule.next_at, schedule.occurrences) == (second.scheduled_for, 2)
    assert run_job(first, {}).state == JobState.SUCCESS


def test_an_occurrence_that_is_cancelled_alone_leaves_the_series_alive(clock: Clock) -> None:
    schedule = daily()
    outcome = cancel_job(job_id=next_of(schedule).pk, actor="bob")
    assert outcome is CancelOutcome.CANCELLED
    assert rows(schedule) == [(1, 24, "cancelled"), (2, 25, "scheduled")]
    clock.to(24)
    tick()
    assert rows(schedule) == [(1, 24, "cancelled"), (2, 25, "scheduled")]
    assert next_of(schedule).occurrence == 2


def test_cancelling_an_occurrence_twice_plans_one_next(clock: Clock) -> None:
    schedule = daily()
    first = next_of(schedule)
    cancel_job(job_id=first.pk, actor="bob")
    cancel_job(job_id=first.pk, actor="bob")
    assert len(rows(schedule)) == 2


def test_an_occurrence_whose_row_is_gone_is_followed_by_the_next(clock: Clock) -> None:
    schedule = daily()
    next_of(schedule).delete()
    tick()
    assert rows(schedule) == [(2, 25, "scheduled")]


def test_the_whole_series_is_cancelled_with_its_next_occurrence(clock: Clock) -> None:
    schedule = daily()
    cancelled = cancel_schedule(schedule_id=schedule.pk, actor="bob")
    assert (cancelled.state, cancelled.next_at) == (ScheduleState.CANCELLED, None)
    [job] = schedule.jobs.all()
    assert (job.state, history_of(job)[-1]) == ("cancelled", ("scheduled", "cancelled", "bob"))
    clock.to(26)
    tick()
    assert rows(schedule) == [(1, 24, "cancelled")]
    assert cancel_schedule(schedule_id=schedule.pk, actor="bob").state == cancelled.state


def test_a_running_occurrence_goes_on_when_its_series_is_cancelled(clock: Clock) -> None:
    schedule = daily()
    clock.to(24)
    tick()
    [running, _next] = schedule.jobs.order_by("pk")
    claim_all(running)
    cancel_schedule(schedule_id=schedule.pk, actor="bob")
    assert rows(schedule) == [(1, 24, "in-progress"), (2, 25, "cancelled")]
    running.refresh_from_db()
    assert running.cancel_requested_at is None


def test_an_occurrence_that_a_broken_off_cancel_left_never_starts(clock: Clock) -> None:
    schedule = daily()
    Schedule.objects.update(state=ScheduleState.CANCELLED, next_at=None)
    clock.to(24)
    tick()
    assert rows(schedule) == [(1, 24, "cancelled")]


def test_after_the_last_occurrence_the_schedule_has_ended(clock: Clock) -> None:
    schedule = daily(count=2)
    for day in (24, 25):
        clock.to(day)
        tick()
        run_job(schedule.jobs.get(occurrence=day - 23), {})
    clock.to(28)
    tick()
    assert rows(schedule) == [(1, 24, "success"), (2, 25, "success")]
    schedule.refresh_from_db()
    assert (schedule.state, schedule.next_at) == (ScheduleState.ENDED, None)
    with pytest.raises(Refused, match="already ended") as refusal:
        cancel_schedule(schedule_id=schedule.pk, actor="bob")
    assert refusal.value.conflict


def test_a_schedule_whose_last_occurrence_was_cancelled_has_ended(clock: Clock) -> None:
    schedule = daily(until="2026-11-24")
    cancel_job(job_id=next_of(schedule).pk, actor="bob")
    schedule.refresh_from_db()
    assert schedule.state == ScheduleState.ENDED


def test_after_downtime_only_the_newest_missed_run_is_caught_up(clock: Clock) -> None:
    schedule = daily()
    clock.to(27, hour=15)
    tick()
    tick()
    assert rows(schedule) == [(4, 27, "scheduled"), (5, 28, "scheduled")]
    caught_up = schedule.jobs.get(occurrence=4)
    said = "Occurrences #1 to #3 were missed; only the newest, #4, is caught up"
    assert caught_up.planned_at == clock.now
    assert caught_up.summary == said
    assert [row.reason for row in caught_up.transitions.all()] == ["Submitted as recurring.", said]
    assert run_job(caught_up, {}).state == JobState.SUCCESS


def test_downtime_of_one_run_says_so(clock: Clock) -> None:
    schedule = daily()
    clock.to(25, hour=15)
    tick()
    said = "Occurrence #1 was missed; only the newest, #2, is caught up"
    assert schedule.jobs.get(occurrence=2).summary == said


def test_missed_runs_after_one_that_was_planned_are_caught_up_once(clock: Clock) -> None:
    schedule = daily()
    next_of(schedule).delete()
    clock.to(27, hour=15)
    tick()
    assert rows(schedule) == [(4, 27, "scheduled")]
    tick()
    assert rows(schedule) == [(4, 27, "scheduled"), (5, 28, "scheduled")]


def test_downtime_beyond_the_end_catches_the_last_one_up_and_ends(clock: Clock) -> None:
    schedule = daily(count=3)
    clock.to(30)
    tick()
    assert rows(schedule) == [(3, 26, "scheduled")]
    schedule.refresh_from_db()
    assert schedule.state == ScheduleState.ENDED


def test_while_an_occurrence_runs_the_next_is_recorded_as_skipped(clock: Clock) -> None:
    schedule = daily()
    clock.to(24)
    tick()
    running = schedule.jobs.get(occurrence=1)
    claim_all(running)
    clock.to(25)
    tick()
    assert rows(schedule) == [
        (1, 24, "in-progress"),
        (2, 25, "cancelled"),
        (3, 26, "scheduled"),
    ]
    skipped = schedule.jobs.get(occurrence=2)
    assert skipped.summary == "Skipped: occurrence #1 was still running"
    assert history_of(skipped)[-1] == ("scheduled", "cancelled", "system")


def test_one_that_waits_for_a_worker_counts_as_running(clock: Clock) -> None:
    schedule = daily()
    for day in (24, 25, 26):
        clock.to(day)
        tick()
    assert rows(schedule)[:3] == [(1, 24, "scheduled"), (2, 25, "cancelled"), (3, 26, "cancelled")]


def test_an_occurrence_that_cannot_start_fails_and_the_series_goes_on(clock: Clock) -> None:
    schedule = daily()
    Job.objects.update(scope={"kind": "devices", "devices": ["ghost"]})
    clock.to(24)
    tick()
    assert rows(schedule) == [(1, 24, "failure"), (2, 25, "scheduled")]


def test_one_bad_schedule_never_stops_the_others(
    clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    bad, worse, good = daily(), daily(), daily()
    Schedule.objects.filter(pk=bad.pk).update(recurrence={"repeat": "sometimes"})
    Schedule.objects.filter(pk=worse.pk).update(scope="not an object", recurrence=[])
    clock.to(24)
    tick()
    assert rows(good) == [(1, 24, "scheduled"), (2, 25, "scheduled")]
    [failed] = bad.jobs.all()
    assert (failed.state, failed.summary[:16]) == ("failure", "Repeat is one of")
    assert f"schedule {bad.pk} cannot go on" in caplog.text
    assert f"schedule {worse.pk} cannot go on" in caplog.text


def test_a_bad_schedule_does_not_keep_an_occurrence_from_being_cancelled(clock: Clock) -> None:
    schedule = daily()
    Schedule.objects.update(recurrence={})
    assert cancel_job(job_id=next_of(schedule).pk, actor="bob") is CancelOutcome.CANCELLED


def meanwhile(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """Let another host act once, between this host's look at a schedule and its writing."""
    honest = Recurrence.from_json
    pending = [act]

    def read(document: Any) -> Recurrence:
        if pending:
            pending.pop()()
        return honest(document)

    monkeypatch.setattr(Recurrence, "from_json", read)


def test_two_hosts_that_plan_the_next_occurrence_at_once_make_one(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    schedule = daily()
    next_of(schedule).delete()
    meanwhile(monkeypatch, lambda: advance(schedule_id=schedule.pk))
    advance(schedule_id=schedule.pk)
    assert rows(schedule) == [(2, 25, "scheduled")]


def test_two_hosts_that_catch_up_at_once_move_the_occurrence_once(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    schedule = daily()
    clock.to(27, hour=15)
    job, same = next_of(schedule), next_of(schedule)
    decisions: list[bool] = []
    meanwhile(monkeypatch, lambda: decisions.append(admit(job=same)))
    decisions.append(admit(job=job))
    assert decisions == [True, False]
    assert rows(schedule) == [(4, 27, "scheduled")]
    assert next_of(schedule).transitions.count() == 2


def test_a_series_that_is_cancelled_meanwhile_gets_no_next(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    schedule = daily()
    next_of(schedule).delete()
    meanwhile(monkeypatch, lambda: cancel_schedule(schedule_id=schedule.pk, actor="bob"))
    advance(schedule_id=schedule.pk)
    assert rows(schedule) == []


def test_the_database_refuses_a_second_next_and_a_second_run_of_one_time(clock: Clock) -> None:
    schedule = daily()
    job = next_of(schedule)
    with pytest.raises(IntegrityError), transaction.atomic():
        copy_of(job, scheduled_for=job.scheduled_for + timedelta(days=1))
    with transaction.atomic():
        copy_of(job, state=JobState.CANCELLED, ended_at=clock.now)
    clock.to(24)
    tick()
    job.refresh_from_db()
    with pytest.raises(IntegrityError), transaction.atomic():
        copy_of(job, state=JobState.SUCCESS, ended_at=clock.now)


def copy_of(job: Job, **changes: Any) -> None:
    twin = Job.objects.get(pk=job.pk)
    twin.pk = None
    for name, value in changes.items():
        setattr(twin, name, value)
    twin.save(force_insert=True)


def test_a_deleted_schedule_leaves_its_jobs(clock: Clock) -> None:
    schedule = daily()
    job = next_of(schedule)
    schedule.delete()
    job.refresh_from_db()
    assert (job.schedule, recurrence_in_words(job.recurrence)) == (None, SENTENCE)
    clock.to(24)
    tick()
    job.refresh_from_db()
    assert job.planned_at is not None
