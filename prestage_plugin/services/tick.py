"""The clockwork: start due jobs, take up lost work. Idempotent, safe on many hosts at once."""

import logging
from datetime import timedelta

from django.db.models import F, Q
from django.db.models.functions import Now

from prestage_plugin import queue
from prestage_plugin.errors import Refused
from prestage_plugin.models import SYSTEM_USER, Job, Schedule, Shard
from prestage_plugin.services import clock
from prestage_plugin.services.cancel import end_waiting_shards
from prestage_plugin.services.coalesce import coalesce
from prestage_plugin.services.notification import deliver_in_background
from prestage_plugin.services.occurrence import admit, advance_each
from prestage_plugin.services.plan import plan_job
from prestage_plugin.services.retention import purge_answers, purge_daily, purge_receipts
from prestage_plugin.services.transition import transition
from prestage_plugin.states import JobState

__all__ = ["tick"]

logger = logging.getLogger(__name__)

LOST_AFTER = timedelta(seconds=15)
"""A queued shard whose message is not in the queue any more is sent again after this."""


def tick() -> None:
    """Do everything that is due now. One bad row never stops the others."""
    for step in _STEPS:
        try:
            step()
        except Exception:
            logger.exception("tick step failed", extra={"action": step.__name__})


def _start_due_jobs() -> None:
    due = Job.objects.waiting().filter(scheduled_for__lte=clock.database_now())
    for job in due.order_by("scheduled_for", "pk"):
        try:
            _start(job)
        except Exception:
            logger.exception("job %d was not started", job.pk, extra={"action": "_start_due_jobs"})


def _start(job: Job) -> None:
    try:
        if job.schedule_id is None or admit(job=job):
            plan_job(job=job)
    except Refused as refusal:
        transition(
            job_id=job.pk,
            to_state=JobState.FAILURE,
            actor=SYSTEM_USER,
            reason=refusal.text,
            summary=refusal.text,
        )


def _plan_recurrences() -> None:
    advance_each(Schedule.objects.without_next().order_by("pk").values_list("pk", flat=True))


def _end_cancelled_jobs() -> None:
    left = Shard.objects.open().filter(
        Q(job__cancel_requested_at__isnull=False) | Q(job__state=JobState.CANCELLED)
    )
    for job_id in set(left.values_list("job_id", flat=True)):
        end_waiting_shards(job_id=job_id)


def _send_lost_shards() -> None:
    """Send the shards of dead workers again, and those whose message is nowhere any more."""
    long_ago = Q(enqueued_at__lt=Now() - LOST_AFTER)
    # Those that were sent again since their lease ran out are not sent with every tick. Whether
    # the queue is empty says nothing about them: others may wait in it for what they hold.
    wanted = Shard.objects.abandoned().filter(Q(enqueued_at__lt=F("lease_until")) | long_ago)
    if queue.is_empty():
        wanted |= Shard.objects.claimable().filter(long_ago)
    active = wanted.filter(job__state__in=JobState.active()).order_by("pk")
    shard_ids = list(active.values_list("pk", flat=True))
    if shard_ids:
        logger.warning("sending %d shards again", len(shard_ids))
        Shard.objects.filter(pk__in=shard_ids).update(enqueued_at=Now())
        queue.enqueue_shards(shard_ids)


_STEPS = (
    _start_due_jobs,
    _plan_recurrences,
    coalesce,
    _end_cancelled_jobs,
    _send_lost_shards,
    deliver_in_background,
    purge_daily,
    purge_receipts,
    purge_answers,
)
