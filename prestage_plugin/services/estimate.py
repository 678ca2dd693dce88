"""How long a job has taken, and how long it may still take."""

from datetime import datetime, timedelta

from prestage_plugin.models import Job
from prestage_plugin.states import JobState

__all__ = ["duration_of", "time_left"]

_ENOUGH = timedelta(seconds=3)
"""A job that is younger says too little about its pace."""


def duration_of(job: Job, *, now: datetime) -> timedelta | None:
    """Return how long the job has been at work, or was; None when it has not started.

    Args:
        job: The job.
        now: The present time.
    """
    if job.started_at is None:
        return None
    return max((job.ended_at or now) - job.started_at, timedelta())


def time_left(job: Job, *, now: datetime) -> timedelta | None:
    """Return an estimate: the devices that are left, at the pace of those that are finished.

    Args:
        job: The job.
        now: The present time.

    Returns:
        None when there is nothing to tell from, or nothing left to do.
    """
    duration = duration_of(job, now=now)
    if job.state != JobState.IN_PROGRESS or job.cancelling or not job.finished:
        return None
    if duration is None or duration < _ENOUGH:
        return None
    return duration * (job.total - job.finished - job.cancelled) / job.finished
