"""Changes of devices, and time that passes, for the tests of auto prestaging."""

from datetime import timedelta
from typing import Any

from django.db.models import F
from django.db.models.functions import Now

from prestage_plugin.models import ChangeEvent, Device, DeviceChange, Job
from prestage_plugin.services.auto import change_auto_settings
from prestage_plugin.services.coalesce import coalesce
from prestage_plugin.services.events import note_changes
from prestage_plugin.services.lifecycle import Claim, end_shard
from prestage_plugin.services.reservation import reserve_devices
from prestage_plugin.states import ChangeSource, ShardState
from tests.prestage_plugin.services.build import claim_all, discovery, evaluation, finish

WAIT, IDLE = 20, 10
"""Seconds; what the tests set `AUTO_WAIT` and `AUTO_IDLE` to."""

AUTO = {"AUTO": True, "AUTO_WAIT": WAIT, "AUTO_IDLE": IDLE}


def change(*names: str, source: ChangeSource = ChangeSource.PLATFORM) -> None:
    devices = list(Device.objects.filter(name__in=names))
    note_changes(devices=devices, source=source, detail="changed")


def pass_time(seconds: float) -> None:
    """Let everything that was noted be so much older."""
    past = timedelta(seconds=seconds)
    DeviceChange.objects.update(first_at=F("first_at") - past, last_at=F("last_at") - past)
    ChangeEvent.objects.update(received_at=F("received_at") - past)


def settle() -> Job | None:
    """Let the windows of everything that was heard end, without making events older than reads."""
    job = coalesce()
    if job is not None:
        return job
    DeviceChange.objects.pending().update(first_at=Now() - timedelta(seconds=WAIT + 1))
    return coalesce()


def states() -> dict[str, str]:
    return dict(DeviceChange.objects.values_list("device__name", "state"))


def reserve(job: Job) -> Claim:
    [claim] = claim_all(job)
    reserve_devices(claim=claim)
    return claim


def read(claim: Claim, *names: str) -> None:
    finish(claim, {name: discovery(evaluation(name)) for name in names})


def done(claim: Claim) -> None:
    end_shard(shard_id=claim.shard_id, state=ShardState.DONE)


NOTHING_CHANGED: dict[str, Any] = {
    "enabled": None,
    "wait": None,
    "idle": None,
    "most_jobs": None,
    "muted_sources": (),
}


def change_settings(**values: Any) -> None:
    change_auto_settings(**NOTHING_CHANGED | values)


def pks(*names: str) -> list[int]:
    return list(Device.objects.filter(name__in=names).values_list("pk", flat=True))
