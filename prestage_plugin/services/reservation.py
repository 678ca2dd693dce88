"""One session of ours per device, over all jobs and hosts (jobs spec, section 4).

A shard reserves its devices before it contacts them; the database refuses a second reservation of
a device. What another job holds at that moment is handled when that job has let go of it.
"""

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from prestage_plugin.models import JobDevice
from prestage_plugin.services.lifecycle import Claim, renew
from prestage_plugin.states import DeviceState

__all__ = ["reserve_devices"]

_RACES = 5
"""Attempts to reserve while other shards reserve some of the same devices."""


def reserve_devices(*, claim: Claim) -> list[str]:
    """Reserve the devices of a shard that have no result and that no other job holds.

    Args:
        claim: The worker's hold on the shard.

    Returns:
        The names of the devices that the shard holds now, those of an earlier attempt included.

    Raises:
        LeaseLostError: The shard is no longer the caller's.
    """
    for _race in range(_RACES):
        try:
            with transaction.atomic():
                renew(claim=claim)
                _reserve_free(claim)
        except IntegrityError:
            continue  # somebody was faster with one of them; look again
        break
    held = _unfinished(claim).filter(holds_device=True).order_by("device_name")
    return list(held.values_list("device_name", flat=True))


def _reserve_free(claim: Claim) -> None:
    wanted = _unfinished(claim).filter(holds_device=False)
    names = list(wanted.values_list("device_name", flat=True))
    taken = JobDevice.objects.filter(holds_device=True, device_name__in=names)
    wanted.exclude(device_name__in=list(taken.values_list("device_name", flat=True))).update(
        holds_device=True, read_after=Now()
    )


def _unfinished(claim: Claim) -> QuerySet[JobDevice]:
    return JobDevice.objects.filter(shard_id=claim.shard_id, state__in=DeviceState.open())
