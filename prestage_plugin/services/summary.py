"""The sentence that says how a job went (jobs spec, section 1)."""

from django.db.models import Count

from prestage_plugin.models import Job, JobDevice
from prestage_plugin.states import DeviceState

__all__ = ["summarise"]

_CAUSES_SHOWN = 3


def summarise(*, job: Job) -> str:
    """Return one sentence with counts and causes.

    Args:
        job: With the counts to speak of.

    Returns:
        E.g. `97 of 100 devices prestaged, 3 failed (2 unreachable, 1 authentication)`.
    """
    if not job.total:
        return "Ended before its devices were fixed"
    verb = "evaluated" if job.dry_run else "prestaged"
    parts = [f"{job.prestaged} of {job.total} devices {verb}"]
    parts += [
        f"{getattr(job, name)} {name}"
        for name in ("unchanged", "excluded", "absorbed")
        if getattr(job, name)
    ]
    if job.failed:
        parts.append(f"{job.failed} failed ({_causes(job)})")
    if job.cancelled:
        parts.append(f"{job.cancelled} cancelled")
    return ", ".join(parts)


def _causes(job: Job) -> str:
    rows = (
        JobDevice.objects.filter(job=job, state=DeviceState.FAILED)
        .values_list("error_code")
        .annotate(count=Count("pk"))
        .order_by("-count", "error_code")
    )
    causes = [f"{count} {code}" for code, count in rows[:_CAUSES_SHOWN]]
    others = sum(count for _code, count in rows[_CAUSES_SHOWN:])
    return ", ".join([*causes, f"{others} other"] if others else causes)
