"""Fix the devices of a job and cut them into shards (jobs spec, sections 3 and 4)."""

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from prestage_plugin import queue
from prestage_plugin.conf import get_settings
from prestage_plugin.models import Device, Job, JobDevice, Shard
from prestage_plugin.services.scope import Scope
from prestage_plugin.services.workers import processes_at_work
from prestage_plugin.states import JobState

__all__ = ["plan_job"]

_BATCH = 500
_WORTH_IT = 50
"""Devices, as one process has in flight; smaller shards are not made to give every process one."""


def plan_job(*, job: Job) -> bool:
    """Store the job's devices and shards and hand the shards to the cluster, once.

    All of it is one transaction, so a job is either planned whole or not at all.

    Args:
        job: A job in state Job Scheduled.

    Returns:
        Whether this call planned it; False when that had been done before, or when the job was
        cancelled meanwhile.

    Raises:
        Refused: `no-devices` or `unknown-devices`; nothing was written.
    """
    now = timezone.now()
    with transaction.atomic():
        waiting = Job.objects.filter(pk=job.pk, planned_at__isnull=True, state=JobState.SCHEDULED)
        if not waiting.update(planned_at=now):
            return False
        devices = Scope.from_json(job.scope).resolve()
        shards = _create_shards(job, len(devices))
        _create_rows(job, devices, shards)
        job.planned_at, job.total = now, len(devices)
        job.save(update_fields=["planned_at", "total"])
        queue.enqueue_shards([shard.pk for shard in shards])
    return True


def _create_shards(job: Job, count: int) -> list[Shard]:
    number_of_shards = _number_of_shards(
        count, most=get_settings().shard_size, processes=processes_at_work()
    )
    return Shard.objects.bulk_create(
        [
            Shard(job=job, number=number, enqueued_at=Now())
            for number in range(1, number_of_shards + 1)
        ],
        batch_size=_BATCH,
    )


def _number_of_shards(count: int, *, most: int, processes: int) -> int:
    """Return how many shards give every process an equal share of the work.

    A process that has no shard left waits for the others. How long a shard may take is bounded
    where it runs (`shard_seconds`), so that its size need not be.

    Args:
        count: Devices of the job.
        most: Devices of a shard.
        processes: That carry shards.
    """
    needed = -(-count // most)
    rounds = -(-needed // processes)
    return max(needed, min(rounds * processes, -(-count // _WORTH_IT)))


def _create_rows(job: Job, devices: list[Device], shards: list[Shard]) -> None:
    # Dealt out like cards: neighbours in name are often alike in size and speed, so every shard
    # gets its share of the slow ones.
    JobDevice.objects.bulk_create(
        [
            JobDevice(
                job=job,
                shard=shards[position % len(shards)],
                device=device,
                device_name=device.name,
                role_before=device.assigned_role,
            )
            for position, device in enumerate(devices)
        ],
        batch_size=_BATCH,
    )
