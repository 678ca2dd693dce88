"""Prestage one device now."""

from dataclasses import dataclass

from django.contrib.auth.models import User

from prestage_plugin.errors import Refused
from prestage_plugin.models import Device, Job
from prestage_plugin.services.scope import Scope
from prestage_plugin.services.submit import JobRequest, submit_job
from prestage_plugin.states import JobType

__all__ = ["DeviceRun", "prestage_device"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceRun:
    """How one device is prestaged.

    Attributes:
        job_type: `manual` assigns what is recommended, `discover-only` does not.
        dry_run: Nothing is written about the device.
        read_all: Its configuration is transferred even when it has not changed.
    """

    job_type: JobType = JobType.MANUAL
    dry_run: bool = False
    read_all: bool = False


def prestage_device(
    *, device: Device, run: DeviceRun, user: User, idempotency_key: str = "", actor: str = ""
) -> Job:
    """Start a job for one device.

    Args:
        device: The device, read together with its router when it is a logical system.
        run: How.
        user: Who starts it.
        idempotency_key: Of the user: the same key gives the same job.
        actor: As histories show it, with the token that was used; the user's login when empty.

    Raises:
        Refused: `logical-system` or `not-in-inventory`, which no job can contact.
    """
    if device.parent is not None:
        raise Refused(
            "logical-system",
            f"{device.name} is a logical system; prestage its router {device.parent.name}.",
            conflict=True,
        )
    if not device.in_inventory:
        raise Refused(
            "not-in-inventory", f"{device.name} is not in the inventory any more.", conflict=True
        )
    request = JobRequest(
        scope=Scope(kind="devices", devices=(device.name,)),
        job_type=run.job_type,
        dry_run=run.dry_run,
        read_all=run.read_all,
    )
    return submit_job(request=request, user=user, idempotency_key=idempotency_key, actor=actor)
