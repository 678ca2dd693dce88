"""The life of a shard and the end of its job: claim, lease, finish, close (jobs spec, 2 and 4)."""

from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import Case, Count, F, Q, When
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Now
from django.utils import timezone

from nornir_tasks.errors import REGISTRY, ErrorCode
from prestage_plugin import queue
from prestage_plugin.conf import get_settings
from prestage_plugin.models import SYSTEM_USER, Job, JobDevice, Shard
from prestage_plugin.services.summary import summarise
from prestage_plugin.services.transition import transition
from prestage_plugin.states import DeviceState, JobState, ShardState

__all__ = [
    "MOST_CRASHES",
    "Claim",
    "LeaseLostError",
    "claim_shard",
    "close_job",
    "end_shard",
    "release_shard",
    "renew",
]

MOST_CRASHES = 3
"""A shard that so many workers did not survive is given up instead of circulating for ever."""

_COUNTED = (*DeviceState.finished(), DeviceState.CANCELLED)


class LeaseLostError(Exception):
    """Another worker has taken the shard over, or its job has ended; stop and write nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A worker's hold on a shard; `attempt` is the fencing token.

    Attributes:
        shard_id: Primary key of the shard.
        job_id: Primary key of its job.
        attempt: Number of this claim.
    """

    shard_id: int
    job_id: int
    attempt: int


def claim_shard(*, shard_id: int, worker: str) -> Claim | None:
    """Take a shard that is queued, or whose lease has run out.

    Args:
        shard_id: Primary key of the shard.
        worker: Name of the worker, for people.

    Returns:
        The claim, or None when there is nothing to do: somebody else has the shard, it is done,
        its job was cancelled meanwhile, or too many workers did not survive it (in both cases
        its devices are ended).
    """
    with transaction.atomic():
        taken = (
            Shard.objects.filter(pk=shard_id)
            .claimable()
            .update(
                crashes=F("crashes") + Case(When(state=ShardState.RUNNING, then=1), default=0),
                state=ShardState.RUNNING,
                attempt=F("attempt") + 1,
                worker=worker,
                lease_until=_new_lease(),
            )
        )
        if not taken:
            return None
        shard = Shard.objects.get(pk=shard_id)
        claim = Claim(shard_id=shard.pk, job_id=shard.job_id, attempt=shard.attempt)
        if not _job_wants_work(claim):
            end_shard(shard_id=shard.pk, state=ShardState.CANCELLED)
            return None
        if shard.crashes >= MOST_CRASHES:
            _fail_rest(shard)
            end_shard(shard_id=shard.pk, state=ShardState.DONE)
            return None
    return claim


def renew(*, claim: Claim) -> None:
    """Renew the lease; the first statement of every transaction that writes a shard's results.

    Raises:
        LeaseLostError: The claim is no longer the shard's; nothing may be written.
    """
    held = Shard.objects.filter(
        pk=claim.shard_id, attempt=claim.attempt, state=ShardState.RUNNING
    ).update(lease_until=_new_lease())
    if not held:
        raise LeaseLostError(f"shard {claim.shard_id}, attempt {claim.attempt}")


def release_shard(*, claim: Claim) -> None:
    """Give a shard back, so that another worker goes on with its devices without a result.

    Raises:
        LeaseLostError: It is another worker's already.
    """
    with transaction.atomic():
        renew(claim=claim)
        Shard.objects.filter(pk=claim.shard_id).update(
            state=ShardState.QUEUED, lease_until=None, enqueued_at=Now()
        )
        JobDevice.objects.filter(shard_id=claim.shard_id, holds_device=True).update(
            holds_device=False
        )
        queue.enqueue_shards([claim.shard_id])


def end_shard(*, shard_id: int, state: ShardState) -> None:
    """End a shard, cancel its devices without a result, and close the job with its last shard.

    Args:
        shard_id: Primary key of an open shard that the caller holds in this transaction.
        state: `DONE` or `CANCELLED`.
    """
    now = timezone.now()
    with transaction.atomic():
        Shard.objects.filter(pk=shard_id).update(state=state, lease_until=None)
        job_id = Shard.objects.values_list("job_id", flat=True).get(pk=shard_id)
        left = JobDevice.objects.filter(shard_id=shard_id, state__in=DeviceState.open())
        cancelled = left.update(state=DeviceState.CANCELLED, ended_at=now, holds_device=False)
        # Taking the job's row here makes the shards of a job end one after the other, so that
        # exactly one of them sees that it was the last.
        Job.objects.filter(pk=job_id).update(cancelled=F("cancelled") + cancelled)
        if not Shard.objects.filter(job_id=job_id, state__in=ShardState.open()).exists():
            close_job(job_id=job_id)


def close_job(*, job_id: int) -> None:
    """Give a job without open shards its final counts, summary and state; idempotent."""
    job = Job.objects.get(pk=job_id)
    counts = JobDevice.objects.filter(job_id=job_id).aggregate(
        **{str(state): Count("pk", filter=Q(state=state)) for state in _COUNTED}
    )
    failed_percent = counts["failed"] * 100 / job.total if job.total else 0
    if counts["cancelled"]:
        state, reason = JobState.CANCELLED, f"Cancelled by {job.cancel_requested_by}."
    elif failed_percent > job.failure_threshold:
        state, reason = JobState.FAILURE, "More devices failed than the threshold allows."
    else:
        state, reason = JobState.SUCCESS, "Every device was handled."
    for name, count in counts.items():
        setattr(job, name, count)
    transition(
        job_id=job_id,
        to_state=state,
        actor=(job.cancel_requested_by or SYSTEM_USER) if counts["cancelled"] else SYSTEM_USER,
        reason=reason,
        summary=summarise(job=job),
        **counts,
    )


def _fail_rest(shard: Shard) -> None:
    """Give up the devices of a shard that ended every worker that took it."""
    info = REGISTRY[ErrorCode.WORKER_LOST]
    failed = JobDevice.objects.filter(shard=shard, state__in=DeviceState.open()).update(
        state=DeviceState.FAILED,
        holds_device=False,
        error_code=ErrorCode.WORKER_LOST,
        error_text=info.meaning,
        attempt=shard.attempt,
        ended_at=timezone.now(),
    )
    Job.objects.filter(pk=shard.job_id).update(failed=F("failed") + failed)


def _new_lease() -> CombinedExpression:
    # By the database's clock: hosts whose clocks differ must agree on when a lease has run out.
    return Now() + timedelta(seconds=get_settings().lease)


def _job_wants_work(claim: Claim) -> bool:
    transition(
        job_id=claim.job_id,
        to_state=JobState.IN_PROGRESS,
        actor=SYSTEM_USER,
        reason="A worker took the first shard.",
    )
    job = Job.objects.get(pk=claim.job_id)
    return job.state == JobState.IN_PROGRESS and job.cancel_requested_at is None
