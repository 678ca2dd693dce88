"""Recurring jobs that exist: change, pause, resume, run one now (jobs spec, section 3).

Locks are taken in the order schedule, job.
"""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from prestage_plugin.errors import Refused
from prestage_plugin.models import Job, JobTransition, Schedule
from prestage_plugin.recurrence import Occurrence, Recurrence
from prestage_plugin.sentences import marked
from prestage_plugin.services import clock
from prestage_plugin.services.cancel import cancel_scheduled
from prestage_plugin.services.occurrence import create_occurrence
from prestage_plugin.services.scope import Scope
from prestage_plugin.services.submit import JobRequest, checked_values, name_of, submit_job
from prestage_plugin.states import JobState, JobType, ScheduleState

__all__ = ["edit_schedule", "pause_schedule", "request_of", "resume_schedule", "run_schedule_now"]

_REPEATED = (
    *("name", "job_type", "scope", "dry_run", "read_all"),
    *("profile", "capability_policy", "failure_threshold"),
)
"""Columns of a schedule that each of its jobs has as well."""


def request_of(schedule: Schedule) -> JobRequest:
    """Return what each occurrence of a schedule does."""
    return JobRequest(
        scope=Scope.from_json(schedule.scope),
        job_type=JobType(schedule.job_type),
        name=schedule.name,
        dry_run=schedule.dry_run,
        read_all=schedule.read_all,
        profile=schedule.profile,
        capability_policy=schedule.capability_policy,
        failure_threshold=schedule.failure_threshold,
    )


def edit_schedule(
    *,
    schedule_id: int,
    actor: str,
    change: Callable[[JobRequest], JobRequest] = lambda present: present,
    recurrence: Recurrence | None = None,
    check: Callable[[Schedule], None] = lambda _schedule: None,
) -> Schedule:
    """Change what a series does and when; its next job changes with it, jobs at work do not.

    Args:
        schedule_id: Primary key of the schedule.
        actor: Login of who changes it, for the history of the next job.
        change: Returns what every occurrence does from now on, made of what it did.
        recurrence: When it runs from now on; as before when None.
        check: Called with the locked row before anything is written; what it raises goes on.

    Raises:
        Refused: As `create_schedule`; `already-finished`, a conflict, when the series is over.
    """
    with transaction.atomic():
        schedule = _locked(schedule_id, marked("changed"))
        check(schedule)
        rule = recurrence or Recurrence.from_json(schedule.recurrence)
        moved = rule.as_json() != schedule.recurrence
        following = _following(rule) if moved else None
        for name, value in _columns(change(request_of(schedule))).items():
            setattr(schedule, name, value)
        schedule.recurrence = rule.as_json()
        if following is not None and schedule.state == ScheduleState.ACTIVE:
            schedule.next_at = following.at
        schedule.save(update_fields=[*_REPEATED, "recurrence", "next_at"])
        _change_next_job(schedule, following, actor)
    return schedule


def pause_schedule(*, schedule_id: int, actor: str) -> Schedule:
    """Pause a series: its next job is cancelled. Repeating it gives the same answer.

    Args:
        schedule_id: Primary key of the schedule.
        actor: Login of who pauses it.

    Raises:
        Refused: `already-finished`, a conflict, when the series is over.
    """
    with transaction.atomic():
        schedule = _locked(schedule_id, marked("paused"))
        schedule.state, schedule.next_at = ScheduleState.PAUSED, None
        schedule.save(update_fields=["state", "next_at"])
    for job_id in schedule.jobs.waiting().values_list("pk", flat=True):
        cancel_scheduled(job_id=job_id, actor=actor, reason=f"{actor} paused the schedule.")
    return schedule


def resume_schedule(*, schedule_id: int, actor: str) -> Schedule:
    """Let a paused series go on with its next time; what it missed is not caught up.

    Args:
        schedule_id: Primary key of the schedule.
        actor: Login of who resumes it.

    Raises:
        Refused: `already-finished`, a conflict, when the series is over or none of its times is
            left; `bad-recurrence` when the stored rule cannot be read.
    """
    with transaction.atomic():
        schedule = _locked(schedule_id, marked("resumed"))
        if schedule.state == ScheduleState.ACTIVE:
            return schedule
        following = Recurrence.from_json(schedule.recurrence).occurrence_after(clock.database_now())
        if following is None:
            raise _over(schedule, marked("resumed"))
        # Left by somebody who died between pausing and cancelling.
        for job_id in schedule.jobs.waiting().values_list("pk", flat=True):
            cancel_scheduled(job_id=job_id, actor=actor, reason=f"{actor} resumed the schedule.")
        schedule.state, schedule.next_at = ScheduleState.ACTIVE, following.at
        schedule.occurrences += 1
        schedule.save(update_fields=["state", "next_at", "occurrences"])
        create_occurrence(
            schedule=schedule,
            occurrence=following,
            actor=actor,
            reason=f"{actor} resumed the schedule.",
        )
    return schedule


def run_schedule_now(*, schedule_id: int, user: User, actor: str) -> Job:
    """Start a job of a series at once, beside its times.

    Args:
        schedule_id: Primary key of the schedule.
        user: Who wants it; the job is theirs.
        actor: Who submits, for the history.

    Raises:
        Refused: As `submit_job`; `still-running`, a conflict, while a job of the series is at
            work.
    """
    with transaction.atomic():
        schedule = Schedule.objects.select_for_update().get(pk=schedule_id)
        at_work = Job.objects.active().filter(schedule=schedule, planned_at__isnull=False).first()
        if at_work is not None:
            raise Refused(
                "still-running",
                f"Job #{at_work.pk} of the schedule is at work; wait for its end or cancel it.",
                conflict=True,
            )
        job = submit_job(request=request_of(schedule), user=user, actor=actor)
        # Not before its devices are fixed: only one job of a series may wait for its time.
        job.schedule = schedule
        job.save(update_fields=["schedule"])
    return job


def _columns(request: JobRequest) -> dict[str, Any]:
    return checked_values(request) | {
        "name": name_of(request),
        "job_type": request.job_type,
        "scope": request.scope.as_json(),
        "dry_run": request.dry_run,
        "read_all": request.read_all,
    }


def _locked(schedule_id: int, verb: str) -> Schedule:
    schedule = Schedule.objects.select_for_update().get(pk=schedule_id)
    if schedule.state in {ScheduleState.ENDED, ScheduleState.CANCELLED}:
        raise _over(schedule, verb)
    return schedule


def _following(recurrence: Recurrence) -> Occurrence:
    following = recurrence.occurrence_after(clock.database_now())
    if following is None:
        raise Refused(
            "bad-recurrence", "The recurrence is over already: none of its times is in the future."
        )
    return following


def _change_next_job(schedule: Schedule, following: Occurrence | None, actor: str) -> None:
    job = schedule.jobs.waiting().select_for_update().first()
    if job is None:
        return
    changes: dict[str, Any] = {name: getattr(schedule, name) for name in _REPEATED}
    changes["recurrence"] = schedule.recurrence
    if following is not None:
        changes |= {"scheduled_for": following.at, "occurrence": following.number}
    Job.objects.filter(pk=job.pk).update(**changes)
    JobTransition.objects.create(
        job=job,
        at=timezone.now(),
        from_state=JobState.SCHEDULED,
        to_state=JobState.SCHEDULED,
        actor=actor,
        reason=f"{actor} changed the schedule.",
    )


def _over(schedule: Schedule, verb: str) -> Refused:
    return Refused(
        "already-finished",
        f"The schedule {schedule.name!r} cannot be {verb}: it is over.",
        conflict=True,
    )
