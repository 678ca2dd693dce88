"""Cancel a job: at once when it is scheduled, without new devices when in progress (spec, 5)."""

from enum import StrEnum

from django.db import transaction
from django.utils import timezone

from prestage_plugin.errors import Refused
from prestage_plugin.models import Job, Shard
from prestage_plugin.sentences import in_english
from prestage_plugin.services.lifecycle import end_shard
from prestage_plugin.services.occurrence import advance_each
from prestage_plugin.services.summary import summarise
from prestage_plugin.services.transition import transition
from prestage_plugin.states import JobState, ShardState

__all__ = ["CancelOutcome", "cancel_job", "cancel_scheduled", "end_waiting_shards"]


class CancelOutcome(StrEnum):
    """What a cancel did."""

    CANCELLED = "cancelled"
    CANCELLING = "cancelling"


def cancel_job(*, job_id: int, actor: str, force: bool = False) -> CancelOutcome:
    """Cancel a job; repeating it gives the same answer.

    What was written stays: this is no roll-back.

    Args:
        job_id: Primary key of the job.
        actor: Login of who cancels.
        force: Also close the sessions in flight.

    Returns:
        `CANCELLED` when the job is over, `CANCELLING` while devices in flight finish.

    Raises:
        Refused: `already-finished`, a conflict, when the job ended by itself.
    """
    reason = f"Cancelled by {actor} before it started."
    if not cancel_scheduled(job_id=job_id, actor=actor, reason=reason):
        _request(job_id, actor, force)
        end_waiting_shards(job_id=job_id)
    job = Job.objects.get(pk=job_id)
    if job.state == JobState.CANCELLED:
        if job.schedule_id is not None:
            # This occurrence alone was cancelled: its series goes on, visibly.
            advance_each([job.schedule_id])
        return CancelOutcome.CANCELLED
    if job.is_terminal:
        raise _finished(job)
    return CancelOutcome.CANCELLING


def cancel_scheduled(*, job_id: int, actor: str, reason: str) -> bool:
    """Cancel a job that has not started.

    Args:
        job_id: Primary key of the job.
        actor: Login of who cancels.
        reason: One sentence for the job's history.

    Returns:
        Whether this call cancelled it; False when it has started or is over.
    """
    cancelled = transition(
        job_id=job_id,
        to_state=JobState.CANCELLED,
        from_states=frozenset({JobState.SCHEDULED}),
        actor=actor,
        reason=reason,
        cancel_requested_at=timezone.now(),
        cancel_requested_by=actor,
    )
    if cancelled:
        # In transactions of their own, each taking its shard first: the package's order of locks.
        end_waiting_shards(job_id=job_id)
        job = Job.objects.get(pk=job_id)
        Job.objects.filter(pk=job_id).update(summary=summarise(job=job))
    return cancelled


def end_waiting_shards(*, job_id: int) -> None:
    """End the shards of a cancelled job that no living worker holds."""
    # One transaction: where many write, as on SQLite, each one more delays the acknowledgement.
    with transaction.atomic():
        waiting = Shard.objects.filter(job_id=job_id).claimable().order_by("pk")
        # All shards before the job, which is the package's order of locks.
        for shard_id in list(waiting.select_for_update().values_list("pk", flat=True)):
            end_shard(shard_id=shard_id, state=ShardState.CANCELLED)


def _request(job_id: int, actor: str, force: bool) -> None:
    running = Job.objects.filter(pk=job_id, state=JobState.IN_PROGRESS)
    running.filter(cancel_requested_at__isnull=True).update(
        cancel_requested_at=timezone.now(), cancel_requested_by=actor
    )
    if force:
        running.update(force_stop=True)
    job = Job.objects.get(pk=job_id)
    if job.is_terminal and job.state != JobState.CANCELLED:
        raise _finished(job)


def _finished(job: Job) -> Refused:
    with in_english():
        text = f"Job #{job.pk} cannot be cancelled: it already ended as {job.get_state_display()}."
    return Refused("already-finished", text, conflict=True)
