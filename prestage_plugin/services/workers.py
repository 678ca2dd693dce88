"""The life signs of workers: who is there, whose cluster is wedged, who is stopping."""

import os
from datetime import timedelta

from django.db.models import Exists, OuterRef, QuerySet, Sum
from django.db.models.functions import Now
from django.utils import timezone

from prestage_plugin import queue
from prestage_plugin.models import Shard, Worker
from prestage_plugin.states import ShardState

__all__ = [
    "WORKER_VARIABLE",
    "beat",
    "current_worker",
    "drain",
    "forget",
    "give_proof",
    "is_draining",
    "is_wedged",
    "processes_at_work",
    "register",
    "wedged_workers",
]

WORKER_VARIABLE = "PRESTAGE_WORKER"
"""Environment variable by which the processes of a cluster know their supervisor's name."""

FORGOTTEN_AFTER = timedelta(hours=1)
"""Rows of supervisors that were killed are removed after this."""
MISSED_AFTER = timedelta(seconds=30)
"""Supervisors that have not been seen for so long are not reckoned with."""


def register(*, name: str, processes: int = 0) -> None:
    """Write the row of a supervisor that starts, and remove those of long dead ones.

    Args:
        name: Of the supervisor.
        processes: Of its cluster; 0 for what `Q_CLUSTER` says.
    """
    now = timezone.now()
    Worker.objects.filter(seen_at__lt=now - FORGOTTEN_AFTER).delete()
    Worker.objects.update_or_create(
        name=name,
        defaults={
            "started_at": now,
            "seen_at": now,
            "proof_at": now,
            "draining": False,
            "processes": processes or queue.configured_processes(),
        },
    )


def beat(*, name: str, restarts: int, processes: int = 0) -> None:
    """Say that the supervisor is alive; the arguments are those of `register`."""
    updated = Worker.objects.filter(name=name).update(seen_at=timezone.now(), restarts=restarts)
    if not updated:
        # The table was emptied or restored under us.
        register(name=name, processes=processes)


def forget(*, name: str) -> None:
    """Remove the row of a supervisor that ends in order."""
    Worker.objects.filter(name=name).delete()


def drain(*, name: str) -> None:
    """Ask the cluster's processes to hand their shards back as soon as devices in flight ended."""
    Worker.objects.filter(name=name).update(draining=True)


def processes_at_work() -> int:
    """Return how many processes carry shards now; those of a plain `qcluster` are not known."""
    there = Worker.objects.filter(seen_at__gt=timezone.now() - MISSED_AFTER, draining=False)
    known: int | None = there.aggregate(processes=Sum("processes"))["processes"]
    return known or queue.configured_processes()


def current_worker() -> str:
    """Return the name of this process's supervisor; empty under a plain `qcluster`."""
    return os.environ.get(WORKER_VARIABLE, "")


def is_draining() -> bool:
    """Whether this process's supervisor wants to stop."""
    name = current_worker()
    return bool(name) and Worker.objects.filter(name=name, draining=True).exists()


def give_proof() -> None:
    """Say that a process of this cluster has carried a message."""
    Worker.objects.filter(name=current_worker()).update(proof_at=timezone.now())


def is_wedged(*, name: str, patience: float) -> bool:
    """Whether a cluster has neither carried a message nor held a shard for a while.

    Args:
        name: The supervisor's name.
        patience: Seconds without a proof, during which the supervisor kept asking.
    """
    return _wedged(patience).filter(name=name).exists()


def wedged_workers(*, patience: float) -> set[str]:
    """Return the names of the supervisors whose clusters are wedged; one query for all of them.

    Args:
        patience: As of `is_wedged`.
    """
    return set(_wedged(patience).values_list("name", flat=True))


def _wedged(patience: float) -> QuerySet[Worker]:
    # Proofs and this question come from one host's clock, leases from the database's.
    since = timezone.now() - timedelta(seconds=patience)
    at_work = Shard.objects.filter(
        worker=OuterRef("name"), state=ShardState.RUNNING, lease_until__gte=Now()
    )
    return Worker.objects.filter(~Exists(at_work), proof_at__lt=since)
