"""Purge what nobody needs any more, in chunks: old jobs above all (jobs spec, section 6)."""

import logging
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from django.db.models import Exists, Model, OuterRef, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from prestage_plugin.conf import get_settings
from prestage_plugin.models import (
    ChangeEvent,
    Chore,
    DeviceChange,
    IdempotentRequest,
    Job,
    JobDevice,
    Notification,
    RoleChange,
    Shard,
    UnknownSender,
    WebhookReceipt,
)
from prestage_plugin.services.idempotency import KEPT
from prestage_plugin.states import EventState, JobState

__all__ = [
    "CHUNK",
    "PurgeReport",
    "purge_answers",
    "purge_daily",
    "purge_events",
    "purge_jobs",
    "purge_receipts",
    "purgeable_jobs",
]

logger = logging.getLogger(__name__)

_Row = TypeVar("_Row", bound=Model)

CHUNK = 1000
"""Rows that one transaction deletes or changes at most."""

_CHORE = "purge"
_PERIOD = timedelta(days=1)
_CLAIM = timedelta(minutes=1)
"""How long a host keeps the chore; one that dies with it is followed by another."""

_TICK_SECONDS = 0.5
_TICK_JOBS = 100
_CLOCKS_APART = timedelta(minutes=1)
"""What the clocks of a web process and of the database may differ by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PurgeReport:
    """What a purge did.

    Attributes:
        jobs: Number of jobs that are gone.
        devices: Number of their device rows.
        complete: Whether everything wanted was done within the time.
    """

    jobs: int
    devices: int
    complete: bool


def purgeable_jobs(*, before: datetime) -> QuerySet[Job]:
    """Return the jobs that may go, oldest first.

    A job stays while a shard of it is open or its end has still to be announced.

    Args:
        before: Only jobs that ended earlier.
    """
    ended = Job.objects.filter(state__in=JobState.terminal(), ended_at__lt=before)
    at_work = Shard.objects.open().filter(job=OuterRef("pk"))
    announced = Notification.objects.pending().filter(job=OuterRef("pk"))
    return ended.exclude(Exists(at_work)).exclude(Exists(announced)).order_by("ended_at", "pk")


def purge_jobs(*, job_ids: Iterable[int], seconds: float | None = None) -> PurgeReport:
    """Delete jobs with everything about them; role histories stay and lose the link to the job.

    Each chunk is a transaction of its own, so other writers wait for one at most, and a purge
    that is cut short goes on with the next.

    Args:
        job_ids: Primary keys out of `purgeable_jobs`.
        seconds: Stop after the chunk during which this time has passed; None for no limit.
    """
    give_up = time.monotonic() + seconds if seconds is not None else float("inf")
    jobs = devices = 0
    for job_id in job_ids:
        for deleted in _delete_parts(job_id):
            devices += deleted
            if time.monotonic() > give_up:
                return PurgeReport(jobs=jobs, devices=devices, complete=False)
        _unlink_history(job_id)
        # The few rows that are left, whatever points to a job in this version: Django knows.
        Job.objects.filter(pk=job_id, state__in=JobState.terminal()).delete()
        jobs += 1
        if time.monotonic() > give_up:
            return PurgeReport(jobs=jobs, devices=devices, complete=False)
    return PurgeReport(jobs=jobs, devices=devices, complete=True)


def purge_events(*, before: datetime, seconds: float | None = None) -> bool:
    """Delete old events that go with no job, oldest first: muted ones, and those that still wait.

    A change that waits keeps its times, so its device is read all the same when it can be.

    Args:
        before: Only events that were received earlier.
        seconds: Stop after the chunk during which this time has passed; None for no limit.

    Returns:
        Whether all of them are gone; False as well when the time passed with the last of them.
    """
    give_up = time.monotonic() + seconds if seconds is not None else float("inf")
    settled = ChangeEvent.objects.filter(state__in=[EventState.MUTED, EventState.NOTED])
    old = settled.filter(received_at__lt=before, change__job__isnull=True)
    return all(time.monotonic() <= give_up for _deleted in _delete(old.order_by("received_at")))


def purge_daily() -> None:
    """Purge what is older than `RETENTION_DAYS`, once a day over all hosts.

    A large purge is spread over many ticks, so that due jobs do not wait for it.
    """
    days = get_settings().retention_days
    if not days or not _claim():
        return
    before = timezone.now() - timedelta(days=days)
    give_up = time.monotonic() + _TICK_SECONDS
    job_ids = list(purgeable_jobs(before=before).values_list("pk", flat=True)[:_TICK_JOBS])
    report = purge_jobs(job_ids=job_ids, seconds=_TICK_SECONDS)
    all_done = report.complete and len(job_ids) < _TICK_JOBS
    if all_done:
        all_done = purge_events(before=before, seconds=give_up - time.monotonic())
    if all_done:
        UnknownSender.objects.filter(last_at__lt=before).delete()
    Chore.objects.filter(name=_CHORE).update(due_at=Now() + _PERIOD if all_done else Now())
    if report.jobs:
        logger.info("purged %d jobs with %d device rows", report.jobs, report.devices)


def purge_receipts() -> None:
    """Purge the receipts of webhooks that are too old to be accepted a second time.

    A message whose timestamp is a window ahead is accepted now, and until two windows from now.
    """
    age = timedelta(seconds=2 * get_settings().webhook_window) + _CLOCKS_APART
    old = WebhookReceipt.objects.filter(received_at__lt=Now() - age)
    chunk = old.order_by("received_at").values("pk")[:CHUNK]
    give_up = time.monotonic() + _TICK_SECONDS
    # Looking first: a tick that finds nothing to purge writes nothing.
    while old.exists() and time.monotonic() < give_up:
        WebhookReceipt.objects.filter(pk__in=chunk).delete()


def purge_answers() -> None:
    """Purge the answers that nobody will ask for again by their `Idempotency-Key`."""
    old = IdempotentRequest.objects.filter(created_at__lt=Now() - KEPT)
    chunk = old.order_by("created_at").values("pk")[:CHUNK]
    give_up = time.monotonic() + _TICK_SECONDS
    # Looking first: a tick that finds nothing to purge writes nothing.
    while old.exists() and time.monotonic() < give_up:
        IdempotentRequest.objects.filter(pk__in=chunk).delete()


def _claim() -> bool:
    chore, _created = Chore.objects.get_or_create(name=_CHORE, defaults={"due_at": Now()})
    due = Chore.objects.filter(pk=chore.pk, due_at__lte=Now())
    # Looking first: a tick without a chore writes nothing.
    return due.exists() and bool(due.update(due_at=Now() + _CLAIM))


def _delete_parts(job_id: int) -> Iterator[int]:
    """Delete what a job can have many of; yields after each chunk the number of its device rows."""
    yield from _delete(JobDevice.objects.filter(job_id=job_id).order_by("pk"))
    # Events before their changes, which would take all of theirs with them.
    # In no order: sorting all of them for each chunk would take longer than the chunk.
    heard = ChangeEvent.objects.filter(change__job_id=job_id).order_by()
    changes = DeviceChange.objects.filter(job_id=job_id).order_by()
    for rows in (heard, changes):
        yield from (0 for _deleted in _delete(rows))


def _delete(rows: QuerySet[_Row]) -> Iterator[int]:
    """Delete rows in chunks, each in a transaction of its own; yields the number of each."""
    chunk = rows.values("pk")[:CHUNK]
    while deleted := QuerySet(rows.model).filter(pk__in=chunk).delete()[0]:
        yield deleted


def _unlink_history(job_id: int) -> None:
    rows = RoleChange.objects.filter(job_id=job_id).order_by("pk").values("pk")
    while RoleChange.objects.filter(pk__in=rows[:CHUNK]).update(job=None):
        pass
