"""The one way a job changes its state (jobs spec, section 2)."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from prestage_plugin.models import Job, JobTransition
from prestage_plugin.services.notification import announce_end
from prestage_plugin.states import JOB_TRANSITIONS, JobState

__all__ = ["transition"]


def transition(
    *,
    job_id: int,
    to_state: JobState,
    actor: str,
    reason: str = "",
    from_states: frozenset[JobState] | None = None,
    **changes: Any,
) -> bool:
    """Change a job's state by compare-and-set and write the history row.

    Args:
        job_id: Primary key of the job.
        to_state: The new state.
        actor: Login of who caused it, or `system`.
        reason: One sentence.
        from_states: Only from one of these; every state from which it is legal when None.
        **changes: Other columns to set in the same statement.

    Returns:
        Whether this call made the change; False when the job was in another state by then.
    """
    legal = frozenset(old for old, new in JOB_TRANSITIONS.items() if to_state in new)
    now = timezone.now()
    with transaction.atomic():
        for old in sorted(legal & (from_states if from_states is not None else legal)):
            if _compare_and_set(job_id, old, to_state, now, changes):
                JobTransition.objects.create(
                    job_id=job_id,
                    at=now,
                    from_state=old,
                    to_state=to_state,
                    actor=actor,
                    reason=reason,
                )
                if to_state in JobState.terminal():
                    announce_end(job_id=job_id, state=to_state)
                return True
    return False


def _compare_and_set(
    job_id: int, old: JobState, new: JobState, now: datetime, changes: dict[str, Any]
) -> bool:
    stamps: dict[str, Any] = {}
    if new == JobState.IN_PROGRESS:
        stamps["started_at"] = now
    elif new in JobState.terminal():
        stamps["ended_at"] = now
    updated = Job.objects.filter(pk=job_id, state=old).update(state=new, **stamps, **changes)
    return bool(updated)
