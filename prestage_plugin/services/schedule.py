"""Recurring jobs: begin a series and end it (jobs spec, sections 3 and 5)."""

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from prestage_plugin.errors import Refused
from prestage_plugin.models import SYSTEM_USER, Schedule
from prestage_plugin.recurrence import Recurrence
from prestage_plugin.services.cancel import cancel_scheduled
from prestage_plugin.services.occurrence import create_occurrence
from prestage_plugin.services.submit import JobRequest, checked_values, name_of
from prestage_plugin.states import JobState, ScheduleState

__all__ = ["cancel_schedule", "create_schedule"]


def create_schedule(
    *, request: JobRequest, recurrence: Recurrence, user: User | None, actor: str = ""
) -> Schedule:
    """Begin a series; its first occurrence is a scheduled job at once.

    Args:
        request: What every occurrence does. Its devices are fixed anew by each occurrence.
        recurrence: When. Times that have passed already count but are not caught up.
        user: Who wants it; None for the system.
        actor: Who submits, for the history; the user's login when empty.

    Raises:
        Refused: As `submit_job`; `bad-recurrence` when no time is left, or when the request has
            a start of its own.
    """
    if request.scheduled_for is not None:
        raise Refused(
            "bad-recurrence",
            "A recurring job begins at the start of its recurrence; give no other.",
        )
    values = checked_values(request)
    now = timezone.now()
    first = recurrence.occurrence_after(now)
    if first is None:
        raise Refused(
            "bad-recurrence", "The recurrence is over already: none of its times is in the future."
        )
    username = user.get_username() if user is not None else SYSTEM_USER
    with transaction.atomic():
        schedule = Schedule.objects.create(
            name=name_of(request),
            recurrence=recurrence.as_json(),
            user=user,
            username=username,
            job_type=request.job_type,
            scope=request.scope.as_json(),
            dry_run=request.dry_run,
            read_all=request.read_all,
            created_at=now,
            next_at=first.at,
            occurrences=1,
            **values,
        )
        create_occurrence(
            schedule=schedule,
            occurrence=first,
            actor=actor or username,
            reason="Submitted as recurring.",
        )
    return schedule


def cancel_schedule(*, schedule_id: int, actor: str) -> Schedule:
    """Cancel a series with its scheduled occurrence; repeating it gives the same answer.

    An occurrence in progress goes on; `cancel_job` cancels it.

    Args:
        schedule_id: Primary key of the schedule.
        actor: Login of who cancels.

    Returns:
        The cancelled schedule.

    Raises:
        Refused: `already-finished`, a conflict, when the series has ended by itself.
    """
    Schedule.objects.filter(
        pk=schedule_id, state__in=[ScheduleState.ACTIVE, ScheduleState.PAUSED]
    ).update(state=ScheduleState.CANCELLED, next_at=None)
    schedule = Schedule.objects.get(pk=schedule_id)
    if schedule.state == ScheduleState.ENDED:
        raise Refused(
            "already-finished",
            f"The schedule {schedule.name!r} cannot be cancelled: it has already ended.",
            conflict=True,
        )
    scheduled = schedule.jobs.filter(state=JobState.SCHEDULED)
    for job_id in scheduled.values_list("pk", flat=True):
        cancel_scheduled(
            job_id=job_id, actor=actor, reason=f"{actor} cancelled the whole schedule."
        )
    return schedule
