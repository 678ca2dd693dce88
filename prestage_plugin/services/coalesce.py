"""Turn events of devices into the fewest auto jobs (prestaging spec, section 6).

The guarantee: after an event at time t, a read of that device that began after t completes, or its
failure is visible; and all events on a device inside a window cost one read. So a change, which is
everything heard of a device within one window, is answered only by a device row whose device was
contacted after the last event. While a row of the device is under way the change stays pending;
when the row is cancelled, or read too early, the change gets a job of its own.
"""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, Exists, F, Max, Min, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, Greatest, Least, Now

from prestage_plugin.models import ChangeEvent, Chore, DeviceChange, Job, JobDevice
from prestage_plugin.models.change_event import ChangeEventQuerySet
from prestage_plugin.services.auto import COALESCER, AutoPolicy, auto_policy, note_off, resume
from prestage_plugin.services.scope import Scope
from prestage_plugin.services.submit import JobRequest, submit_job
from prestage_plugin.states import ChangeState, DeviceState, EventState, JobState, JobType

__all__ = ["MOST_EVENTS", "coalesce"]

MOST_EVENTS = 20_000
"""Events that are taken into changes in one go; the rest has its turn a second later."""

_BATCH = 500


def coalesce() -> Job | None:
    """Take in what was heard, and answer the changes whose window has ended.

    They are answered by reads that were made anyway, or by one auto job for all of them. All of
    it is one transaction, so whatever is killed, an event is either in the inbox or in a change.

    Returns:
        The job; None when nothing needs one.
    """
    if not (
        ChangeEvent.objects.new().exists()
        or DeviceChange.objects.pending().exists()
        or auto_policy().is_on_again
    ):
        return None
    Chore.objects.get_or_create(name=COALESCER, defaults={"due_at": Now()})
    with transaction.atomic():
        # Of several hosts that tick at once, one does it; the others have nothing left to do.
        if not Chore.objects.select_for_update(skip_locked=True).filter(name=COALESCER):
            return None
        # Who changes it waits for us, or we for them.
        policy = auto_policy()
        if policy.is_on_again:
            resume(policy)
        if _take():
            _mute(policy)
            _note()
        _absorb()
        return _fire(policy)


def _take() -> bool:
    """Take new events in hand: others that arrive meanwhile have their turn."""
    first = ChangeEvent.objects.new().order_by("pk").values("pk")[:MOST_EVENTS]
    return bool(ChangeEvent.objects.filter(pk__in=first).update(state=EventState.TAKEN))


def _mute(policy: AutoPolicy) -> None:
    """Set aside the events that are to start nothing."""
    taken = ChangeEvent.objects.filter(state=EventState.TAKEN)
    if policy.enabled:
        taken = taken.filter(Q(device__events_muted=True) | Q(source__in=policy.muted_sources))
    elif not policy.was_off:
        note_off()
    taken.update(state=EventState.MUTED)


def _note() -> None:
    """Join the others to the pending changes of their devices."""
    taken = ChangeEvent.objects.filter(state=EventState.TAKEN)
    # Which of several sources was the last is found out below, for old and new changes alike.
    heard = taken.values("device_id").annotate(
        first=Min("received_at"), last=Max("received_at"), source=Min("source")
    )
    pending = DeviceChange.objects.pending()
    known = set(pending.values_list("device_id", flat=True))
    DeviceChange.objects.bulk_create(
        [
            DeviceChange(
                device_id=each["device_id"],
                source=each["source"],
                events=0,
                first_at=each["first"],
                last_at=each["last"],
            )
            for each in heard
            if each["device_id"] not in known
        ],
        batch_size=_BATCH,
    )
    of_device = taken.filter(device=OuterRef("device"))
    pending.filter(Exists(of_device)).update(
        first_at=Least("first_at", _one(of_device, Min("received_at"))),
        last_at=Greatest("last_at", _one(of_device, Max("received_at"))),
        events=F("events") + _one(of_device, Count("pk")),
        source=_source_of_last(of_device),
    )
    its_change = pending.filter(device=OuterRef("device")).values("pk")
    taken.update(state=EventState.NOTED, change=Subquery(its_change[:1]))


def _source_of_last(events: ChangeEventQuerySet) -> Coalesce:
    """Return the source of the last event of a device; its change's own if that heard later ones.

    Transactions do not end in the order of their events.
    """
    later = events.filter(received_at__gte=OuterRef("last_at"))
    return Coalesce(Subquery(later.order_by("-received_at", "-pk").values("source")[:1]), "source")


def _one(events: ChangeEventQuerySet, aggregate: Any) -> Subquery:
    """Return a subquery that aggregates the events of a device."""
    grouped = events.order_by().values("device_id")
    return Subquery(grouped.annotate(one=aggregate).values("one"))


def _absorb() -> None:
    """Mark the changes that a read answered which began after their last event."""
    answers = JobDevice.objects.filter(
        device=OuterRef("device"),
        state__in=DeviceState.finished(),
        read_after__gt=OuterRef("last_at"),
        job__dry_run=False,
    )
    DeviceChange.objects.pending().filter(Exists(answers)).update(
        state=ChangeState.ABSORBED, job_id=Subquery(answers.order_by("pk").values("job_id")[:1])
    )


def _fire(policy: AutoPolicy) -> Job | None:
    """Start one job for all changes whose window has ended, unless enough auto jobs are at work."""
    if not policy.enabled:
        return None
    at_work = Job.objects.filter(job_type=JobType.AUTO, state__in=JobState.active())
    if at_work.count() >= policy.most_jobs:
        return None
    due = list(_due(policy).select_related("device").order_by("pk"))
    return _start(due) if due else None


def _due(policy: AutoPolicy) -> QuerySet[DeviceChange]:
    """Changes whose window has ended at `min(first + wait, last + idle)`, and that need a read."""
    window_ended = Q(first_at__lte=Now() - timedelta(seconds=policy.wait)) | Q(
        last_at__lte=Now() - timedelta(seconds=policy.idle)
    )
    under_way = JobDevice.objects.filter(
        device=OuterRef("device"), state__in=DeviceState.open(), job__dry_run=False
    )
    return (
        DeviceChange.objects.pending()
        .filter(window_ended, device__in_inventory=True, device__events_muted=False)
        .exclude(Exists(under_way))
    )


def _start(changes: list[DeviceChange]) -> Job:
    names = tuple(change.device.name for change in changes)
    job = submit_job(
        request=JobRequest(job_type=JobType.AUTO, scope=Scope(kind="devices", devices=names)),
        user=None,
    )
    DeviceChange.objects.filter(pk__in=[change.pk for change in changes]).update(
        state=ChangeState.STARTED, job=job
    )
    return job
