"""Record what a worker found out: one transaction per batch, fenced by the claim (spec, 4)."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any, assert_never

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone

from nornir_tasks.errors import ErrorCode
from nornir_tasks.evaluation import compact_document
from nornir_tasks.outcome import Discovery, HostError, Unchanged
from prestage_plugin.models import Device, Job, JobDevice
from prestage_plugin.models.document import EncodedDocument
from prestage_plugin.services.clock import ClockReading
from prestage_plugin.services.columns import update_rows
from prestage_plugin.services.documents import encode
from prestage_plugin.services.lifecycle import Claim, renew
from prestage_plugin.services.recommendation import RecommendationBatch
from prestage_plugin.services.stored_devices import StoredDevice, lock_stored_devices
from prestage_plugin.services.workers import is_draining
from prestage_plugin.states import DeviceState

__all__ = ["DeviceResult", "StopSignal", "record", "stop_signal"]

_READ = ("pk", "device_id", "device_name", "role_before", "read_after")
_ENDED = ("state", "attempt", "holds_device", "read_after", "started_at", "ended_at")
_JUDGED = (
    *_ENDED,
    "role_recommended",
    "role_assigned",
    "reason",
    "loopback",
    "uni_count",
    "excluded_count",
)
_WRITTEN: dict[type, tuple[str, ...]] = {
    Discovery: (*_JUDGED, "evidence"),
    Unchanged: _JUDGED,
    HostError: (*_ENDED, "error_code", "error_text"),
}
"""Columns by outcome; the others are as they were when the row was made."""
_EVIDENCE = ("device", "role", "reason", "rules")
"""Of the documents of a device and of its logical systems, what stays with the job."""
_TEXT_LENGTH = 500
_REASON_EXCLUDED = "excluded"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceResult:
    """The end of one device's work.

    Attributes:
        device_name: As in the job's row.
        started_at: When its work began, UTC.
        ended_at: When it ended, UTC.
        read_after: The database's time after which the device was contacted; None when it was not.
        rules_key: By which rules it was judged.
        outcome: What was found, or why it failed.
    """

    device_name: str
    started_at: datetime
    ended_at: datetime
    read_after: datetime | None = None
    rules_key: str = ""
    outcome: Discovery | Unchanged | HostError


@dataclass(slots=True, eq=False)
class _Row:
    """The columns of a `JobDevice` that are read or written here."""

    pk: int
    device_id: int | None
    device_name: str
    role_before: str
    read_after: datetime | None
    attempt: int = 0
    holds_device: bool = False
    started_at: datetime | None = None
    ended_at: datetime | None = None
    state: str = DeviceState.UNCHANGED
    role_recommended: str = ""
    role_assigned: str = ""
    reason: str = ""
    loopback: str | None = None
    uni_count: int = 0
    excluded_count: int = 0
    evidence: EncodedDocument | None = None
    error_code: str = ""
    error_text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StopSignal:
    """What is wanted of the worker.

    Attributes:
        cancel: Start no more devices: the job is being cancelled.
        force: Also cut off those in flight.
        drain: Start no more devices and hand the shard back: the worker is being stopped.
        looked_at: When this was looked up, in monotonic seconds; later wishes are not in it.
        clock: The database's clock.
    """

    cancel: bool
    force: bool
    drain: bool
    looked_at: float
    clock: ClockReading


def record(
    *, claim: Claim, started: dict[str, datetime], results: list[DeviceResult]
) -> StopSignal:
    """Write one batch, renew the lease, and look whether the job is to stop.

    Args:
        claim: The worker's hold on the shard.
        started: Devices whose work began since the last batch, with the time.
        results: Devices whose work ended since the last batch.

    Returns:
        Whether and how the worker is to stop.

    Raises:
        LeaseLostError: The shard is no longer the caller's; nothing was written.
    """
    with transaction.atomic():
        renew(claim=claim)
        if started:
            _mark_running(claim, started)
        if results:
            _write(claim, {result.device_name: result for result in results})
    return stop_signal(claim=claim)


def stop_signal(*, claim: Claim) -> StopSignal:
    """Look whether and how the worker is to stop, without writing anything."""
    looked_at = time.monotonic()
    requested_at, force, database_time = (
        Job.objects.annotate(database_time=Now())
        .values_list("cancel_requested_at", "force_stop", "database_time")
        .get(pk=claim.job_id)
    )
    clock = ClockReading(database_time=database_time, answered_at=time.monotonic())
    return StopSignal(
        cancel=requested_at is not None,
        force=force,
        drain=is_draining(),
        looked_at=looked_at,
        clock=clock,
    )


def _mark_running(claim: Claim, started: dict[str, datetime]) -> None:
    # One time for all: the exact one comes with the result.
    queued = JobDevice.objects.filter(shard_id=claim.shard_id, state=DeviceState.QUEUED)
    queued.filter(device_name__in=list(started)).update(
        state=DeviceState.RUNNING, attempt=claim.attempt, started_at=min(started.values())
    )


def _write(claim: Claim, results: dict[str, DeviceResult]) -> None:
    job = Job.objects.get(pk=claim.job_id)
    open_rows = JobDevice.objects.filter(
        shard_id=claim.shard_id, device_name__in=list(results), state__in=DeviceState.open()
    )
    rows = [_Row(*values) for values in open_rows.values_list(*_READ)]
    discovered = any(isinstance(result.outcome, Discovery) for result in results.values())
    devices = _devices_of(rows, evaluations=discovered)
    by_id: dict[int | None, StoredDevice] = {device.pk: device for device in devices}
    batch = RecommendationBatch(
        job=job, devices={device.name: device for device in devices}, now=timezone.now()
    )
    for row in rows:
        row.attempt = claim.attempt
        _finish(row, results[row.device_name])
        _recommend(row, results[row.device_name], batch, by_id.get(row.device_id))
    batch.write()
    for kind, columns in _WRITTEN.items():
        written = [row for row in rows if type(results[row.device_name].outcome) is kind]
        update_rows(JobDevice, columns, list(map(attrgetter(*columns, "pk"), written)))
    _count(job, rows)


def _devices_of(rows: Sequence[_Row], *, evaluations: bool) -> list[StoredDevice]:
    ids = [row.device_id for row in rows if row.device_id is not None]
    devices = Device.objects.filter(Q(pk__in=ids) | Q(parent_id__in=ids))
    return lock_stored_devices(devices, evaluations=evaluations)


def _finish(row: _Row, result: DeviceResult) -> None:
    row.started_at, row.ended_at = result.started_at, result.ended_at
    if result.read_after is not None:
        row.read_after = result.read_after
    outcome = result.outcome
    if isinstance(outcome, HostError):
        # Cut off by a forced stop: nothing is wrong with the device.
        aborted = outcome.code is ErrorCode.ABORTED
        row.state = DeviceState.CANCELLED if aborted else DeviceState.FAILED
        row.error_code = outcome.code
        row.error_text = outcome.text[:_TEXT_LENGTH]
    elif isinstance(outcome, Discovery):
        _describe(row, outcome)
    elif isinstance(outcome, Unchanged):
        row.state = DeviceState.UNCHANGED
    else:
        assert_never(outcome)


def _recommend(
    row: _Row, result: DeviceResult, batch: RecommendationBatch, device: StoredDevice | None
) -> None:
    """Take a result over into the device; that of one that was deleted meanwhile is kept."""
    outcome = result.outcome
    changed = False
    if isinstance(outcome, HostError):
        return
    if isinstance(outcome, Unchanged):
        if device is not None:
            changed = batch.keep(device)
            _describe_kept(row, device)
    else:
        documents = [compact_document(evaluation) for evaluation in outcome.evaluations]
        row.evidence = _evidence_of(documents)
        if device is not None:
            changed = batch.apply(device, outcome, documents, rules_key=result.rules_key)
    row.role_assigned = device.assigned_role if device and not batch.dry_run else row.role_before
    if row.reason == _REASON_EXCLUDED:
        row.state = DeviceState.EXCLUDED
    else:
        row.state = DeviceState.PRESTAGED if changed else DeviceState.UNCHANGED


def _describe(row: _Row, discovery: Discovery) -> None:
    evaluation = discovery.main
    row.role_recommended = evaluation.role
    row.reason = evaluation.reason
    row.loopback = evaluation.loopback
    row.uni_count = evaluation.uni_count
    row.excluded_count = evaluation.excluded_count


def _evidence_of(documents: Sequence[Mapping[str, Any]]) -> EncodedDocument:
    """Return what the row keeps of the documents of a device and of its logical systems."""
    return encode([{name: document[name] for name in _EVIDENCE} for document in documents])


def _describe_kept(row: _Row, device: StoredDevice) -> None:
    """Repeat in the row what an earlier evaluation said; its evidence is the device's."""
    row.role_recommended = device.recommended_role
    row.reason = device.reason
    row.loopback = device.loopback
    row.uni_count = device.uni_count
    row.excluded_count = device.excluded_count


def _count(job: Job, rows: Sequence[_Row]) -> None:
    """Add the batch to the job's counts; taking the job's row last keeps the order of locks."""
    counts: dict[str, int] = {}
    for row in rows:
        counts[row.state] = counts.get(row.state, 0) + 1
    if counts:
        Job.objects.filter(pk=job.pk).update(
            **{state: F(state) + count for state, count in counts.items()}
        )
