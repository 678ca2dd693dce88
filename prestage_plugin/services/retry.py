"""Do a job again: its failed devices, or all of it (jobs spec, section 6)."""

from django.contrib.auth.models import User
from django.db import transaction

from prestage_plugin.errors import Refused
from prestage_plugin.models import Device, Job, JobDevice
from prestage_plugin.services.scope import Scope
from prestage_plugin.services.submit import JobRequest, submit_job
from prestage_plugin.states import DeviceState, JobType

__all__ = ["retry_failed", "run_again"]


def retry_failed(
    *, job_id: int, user: User | None, actor: str = "", idempotency_key: str = ""
) -> Job:
    """Start a job for the devices that failed in another one, with that one's options.

    Failed devices that have left the inventory since are left out.

    Args:
        job_id: Primary key of a job that has ended.
        user: Who wants it; None for the system.
        actor: Who submits, for the history; the user's login when empty.
        idempotency_key: The same key gives the job that it gave before.

    Returns:
        The new job, linked to the old one by `retry_of`.

    Raises:
        Refused: `unknown-job`; `nothing-to-retry`, a conflict, when the job has not ended, no
            device of it failed or none of these is in the inventory any more.
    """
    job = _get(job_id)
    if not job.is_terminal:
        raise _nothing(f"Job #{job.pk} has not ended yet; wait for its end or cancel it first.")
    failed = JobDevice.objects.filter(job=job, state=DeviceState.FAILED)
    if not failed.exists():
        raise _nothing(f"No device of job #{job.pk} failed, so there is nothing to retry.")
    left = Device.objects.prestageable().filter(name__in=failed.values("device_name"))
    names = tuple(left.order_by("name").values_list("name", flat=True))
    if not names:
        raise _nothing(f"No failed device of job #{job.pk} is in the inventory any more.")
    scope = Scope(kind="devices", devices=names)
    with transaction.atomic():
        request = _request(job, scope, f"Retry of #{job.pk}")
        retry = submit_job(request=request, user=user, actor=actor, idempotency_key=idempotency_key)
        retry.retry_of = job
        retry.save(update_fields=["retry_of"])
    return retry


def run_again(*, job_id: int, user: User | None, actor: str = "", idempotency_key: str = "") -> Job:
    """Start a job with the scope and options of one that has ended.

    The scope is applied anew: a filter can match other devices than it did then.

    Args:
        job_id: Primary key of a job that has ended.
        user: Who wants it; None for the system.
        actor: Who submits, for the history; the user's login when empty.
        idempotency_key: The same key gives the job that it gave before.

    Raises:
        Refused: `unknown-job`; `not-finished`, a conflict; or as `submit_job`.
    """
    job = _get(job_id)
    if not job.is_terminal:
        raise Refused(
            "not-finished",
            f"Job #{job.pk} has not ended yet; wait for its end or cancel it first.",
            conflict=True,
        )
    request = _request(job, Scope.from_json(job.scope), job.name)
    return submit_job(request=request, user=user, actor=actor, idempotency_key=idempotency_key)


def _get(job_id: int) -> Job:
    job = Job.objects.filter(pk=job_id).first()
    if job is None:
        raise Refused("unknown-job", f"There is no job #{job_id}.")
    return job


def _request(job: Job, scope: Scope, name: str) -> JobRequest:
    return JobRequest(
        scope=scope,
        job_type=JobType(job.job_type),
        name=name,
        dry_run=job.dry_run,
        read_all=job.read_all,
        profile=job.profile,
        capability_policy=job.capability_policy,
        failure_threshold=job.failure_threshold,
    )


def _nothing(text: str) -> Refused:
    return Refused("nothing-to-retry", text, conflict=True)
