"""Turn changes of devices into the fewest auto jobs (prestaging spec, section 6).

The guarantee: after an event at time t, a read of that device that began after t completes, or its
failure is visible; and all events on a device inside a window cost one read. So an event is
answered only by a device row that was reserved, and therefore read, after it. While such a row is
under way the change stays pending; when the row is cancelled, the change gets a job of its own.
"""

from collections.abc import Sequence
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Now

from prestage_plugin.conf import get_settings
from prestage_plugin.models import Device, DeviceChange, Job, JobDevice
from prestage_plugin.services.scope import Scope
from prestage_plugin.services.submit import JobRequest, submit_job
from prestage_plugin.states import ChangeSource, ChangeState, DeviceState, JobType

__all__ = ["fire_due", "note_changes"]

_RACES = 5
_BATCH = 500


def note_changes(*, devices: Sequence[Device], source: ChangeSource) -> None:
    """Take note that devices changed; a further event in a device's window only prolongs it.

    Args:
        devices: Devices, never logical systems.
        source: Where it was heard of.
    """
    if not get_settings().auto:
        return
    for start in range(0, len(devices), _BATCH):
        _note_batch([device.pk for device in devices[start : start + _BATCH]], source)


def fire_due() -> Job | None:
    """Answer the changes whose window has ended: by reads that were made, or by one auto job.

    Returns:
        The job; None when nothing needs one.
    """
    if not get_settings().auto:
        return None
    with transaction.atomic():
        # The update comes first: on SQLite it takes the right to write before anything is read.
        _absorb()
        # Of several hosts that tick at once, one gets each change.
        taken = list(
            _due()
            .select_related("device")
            .order_by("pk")
            .select_for_update(skip_locked=True, of=("self",))
        )
        return _start(taken) if taken else None


def _note_batch(device_ids: list[int], source: ChangeSource) -> None:
    for _race in range(_RACES):
        pending = DeviceChange.objects.pending().filter(device_id__in=device_ids)
        try:
            with transaction.atomic():
                pending.update(last_at=Now(), events=F("events") + 1, source=source)
                known = set(pending.values_list("device_id", flat=True))
                DeviceChange.objects.bulk_create(
                    DeviceChange(device_id=pk, source=source, first_at=Now(), last_at=Now())
                    for pk in device_ids
                    if pk not in known
                )
        except IntegrityError:
            continue  # another event was faster with one of them; join its window
        return


def _due() -> QuerySet[DeviceChange]:
    """Changes whose window has ended at `min(first + wait, last + idle)`, and that need a read."""
    site = get_settings()
    window_ended = Q(first_at__lte=Now() - timedelta(seconds=site.auto_wait)) | Q(
        last_at__lte=Now() - timedelta(seconds=site.auto_idle)
    )
    under_way = JobDevice.objects.filter(
        device=OuterRef("device"), state__in=DeviceState.open(), job__dry_run=False
    )
    return (
        DeviceChange.objects.pending()
        .filter(window_ended, device__in_inventory=True)
        .exclude(Exists(under_way))
    )


def _absorb() -> None:
    """Mark the changes that a read answered which began after their last event."""
    answers = JobDevice.objects.filter(
        device=OuterRef("device"),
        state__in=DeviceState.finished(),
        held_at__gte=OuterRef("last_at"),
        job__dry_run=False,
    )
    DeviceChange.objects.pending().filter(Exists(answers)).update(
        state=ChangeState.ABSORBED, job_id=Subquery(answers.order_by("pk").values("job_id")[:1])
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
