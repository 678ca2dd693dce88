"""The occurrences of a schedule: which is next, and whether it may start (jobs spec, section 3).

An active schedule has at most one occurrence that waits for its time, and `Schedule.next_at` is
the time of its newest one. Whoever changes `next_at` by compare-and-set plans the next, so any
number of hosts may try. Locks are taken in the order schedule, job.
"""

import logging
from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from prestage_plugin.errors import Refused
from prestage_plugin.models import SYSTEM_USER, Job, JobTransition, Schedule
from prestage_plugin.models.schedule import ScheduleQuerySet
from prestage_plugin.recurrence import Occurrence, Recurrence
from prestage_plugin.services import clock
from prestage_plugin.services.transition import transition
from prestage_plugin.states import JobState, ScheduleState

__all__ = ["admit", "advance", "advance_each", "create_occurrence"]

logger = logging.getLogger(__name__)


def create_occurrence(
    *, schedule: Schedule, occurrence: Occurrence, actor: str, reason: str, summary: str = ""
) -> Job:
    """Write the job of an occurrence; it waits for its time.

    Args:
        schedule: Whose request is repeated.
        occurrence: Which one.
        actor: Who planned it.
        reason: Why, for the job's history.
        summary: What the list of jobs says about it until it has run.
    """
    now = timezone.now()
    job = Job.objects.create(
        name=schedule.name,
        job_type=schedule.job_type,
        user_id=schedule.user_id,
        username=schedule.username,
        scope=schedule.scope,
        dry_run=schedule.dry_run,
        read_all=schedule.read_all,
        profile=schedule.profile,
        capability_policy=schedule.capability_policy,
        failure_threshold=schedule.failure_threshold,
        schedule=schedule,
        occurrence=occurrence.number,
        recurrence=schedule.recurrence,
        created_at=now,
        scheduled_for=occurrence.at,
        summary=summary,
    )
    JobTransition.objects.create(
        job=job, at=now, to_state=JobState.SCHEDULED, actor=actor, reason=reason
    )
    return job


def advance_each(schedule_ids: Iterable[int]) -> None:
    """Advance schedules; one that cannot be advanced is logged and stops no other."""
    for schedule_id in schedule_ids:
        try:
            advance(schedule_id=schedule_id)
        except Refused as refusal:
            logger.error("schedule %d cannot go on: %s", schedule_id, refusal.text)  # noqa: TRY400 - the sentence says it all
        except Exception:
            logger.exception("schedule %d could not be advanced", schedule_id)


def advance(*, schedule_id: int) -> None:
    """Plan the next occurrence of an active schedule of which none waits; else do nothing.

    When none is left, the schedule has ended. Of the occurrences whose time has passed meanwhile
    only the newest is planned. Idempotent, and safe on many hosts at once.

    Args:
        schedule_id: Primary key of the schedule.

    Raises:
        Refused: `bad-recurrence` when the stored rule cannot be read, say for want of its zone.
    """
    schedule = Schedule.objects.without_next().filter(pk=schedule_id).first()
    if schedule is None or schedule.next_at is None:
        return
    rule = Recurrence.from_json(schedule.recurrence)
    following = rule.occurrence_after(schedule.next_at)
    if following is None:
        _still_at(schedule.pk, schedule.next_at).update(state=ScheduleState.ENDED, next_at=None)
        return
    newest = _newest_due(rule, following)
    missed = _missed(following, newest)
    with transaction.atomic():
        if _still_at(schedule.pk, schedule.next_at).update(
            next_at=newest.at, occurrences=F("occurrences") + 1
        ):
            create_occurrence(
                schedule=schedule,
                occurrence=newest,
                actor=SYSTEM_USER,
                reason=missed or f"Planned as occurrence #{newest.number}.",
                summary=missed,
            )


def admit(*, job: Job) -> bool:
    """Decide whether an occurrence whose time has come may start now.

    An occurrence that was missed for so long that later ones are due as well becomes the newest
    of them. It does not start while an earlier one is at work: then it is recorded as skipped.

    Args:
        job: A due occurrence that waits for its time.

    Returns:
        Whether to start it. False also when another host has decided about it meanwhile.

    Raises:
        Refused: `bad-recurrence` when the schedule's stored rule cannot be read.
    """
    schedule = Schedule.objects.get(jobs=job)
    if schedule.state == ScheduleState.CANCELLED:
        _drop(job, "Cancelled: its schedule was cancelled.")
        return False
    if schedule.state == ScheduleState.PAUSED:
        _drop(job, "Cancelled: its schedule was paused.")
        return False
    if schedule.state == ScheduleState.ACTIVE and not _catch_up(schedule, job):
        return False
    at_work = Job.objects.active().filter(schedule=schedule, planned_at__isnull=False)
    earlier = at_work.exclude(pk=job.pk).order_by("-scheduled_for").first()
    if earlier is not None:
        _drop(job, f"Skipped: occurrence #{earlier.occurrence} was still running")
        return False
    return True


def _catch_up(schedule: Schedule, job: Job) -> bool:
    """Make a missed occurrence the newest that is due; False when another host was faster."""
    due = Occurrence(number=job.occurrence or 1, at=job.scheduled_for)
    newest = _newest_due(Recurrence.from_json(schedule.recurrence), due)
    if newest == due:
        return True
    missed = _missed(due, newest)
    with transaction.atomic():
        if not _still_at(schedule.pk, due.at).update(next_at=newest.at):
            return False
        if not (
            Job.objects.waiting()
            .filter(pk=job.pk)
            .update(scheduled_for=newest.at, occurrence=newest.number, summary=missed)
        ):
            return False
        JobTransition.objects.create(
            job=job,
            at=timezone.now(),
            from_state=JobState.SCHEDULED,
            to_state=JobState.SCHEDULED,
            actor=SYSTEM_USER,
            reason=missed,
        )
    job.refresh_from_db()
    return True


def _newest_due(rule: Recurrence, first: Occurrence) -> Occurrence:
    newest = rule.latest_occurrence(clock.database_now())
    return newest if newest is not None and newest.at > first.at else first


def _missed(first: Occurrence, newest: Occurrence) -> str:
    last = newest.number - 1
    if last < first.number:
        return ""
    if last == first.number:
        return f"Occurrence #{last} was missed; only the newest, #{newest.number}, is caught up"
    return (
        f"Occurrences #{first.number} to #{last} were missed; "
        f"only the newest, #{newest.number}, is caught up"
    )


def _still_at(schedule_id: int, next_at: datetime) -> ScheduleQuerySet:
    return Schedule.objects.active().filter(pk=schedule_id, next_at=next_at)


def _drop(job: Job, text: str) -> None:
    transition(
        job_id=job.pk,
        to_state=JobState.CANCELLED,
        from_states=frozenset({JobState.SCHEDULED}),
        actor=SYSTEM_USER,
        reason=text,
        summary=text,
    )
