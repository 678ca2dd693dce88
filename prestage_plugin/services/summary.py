"""The sentence that says how a job went (jobs spec, section 1)."""

import re
from collections.abc import Sequence

from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from prestage_plugin.models import Job, JobDevice
from prestage_plugin.sentences import in_english, translate_sentence
from prestage_plugin.states import DeviceState

__all__ = ["summarise", "summary_in_words"]

_CAUSES_SHOWN = 3
_OTHER = "other"

_Causes = Sequence[tuple[int, str]]
"""Numbers of failed devices with their error codes; `other` stands for all further codes."""


def summarise(*, job: Job) -> str:
    """Return one sentence with counts and causes, in English, which is how it is kept.

    Args:
        job: With the counts to speak of.

    Returns:
        E.g. `97 of 100 devices prestaged, 3 failed (2 unreachable, 1 authentication)`.
    """
    with in_english():
        return _sentence(job, _causes(job) if job.failed else ())


def summary_in_words(job: Job) -> str:
    """Return the summary of a job in the language that is active; reads no other row.

    Args:
        job: Its `summary` is one of `summarise`, or says why the job has no counts.
    """
    causes = [(int(n), code) for n, code in re.findall(r"(\d+) ([a-z-]+)(?=[,)])", job.summary)]
    with in_english():
        counted = _sentence(job, causes) == job.summary
    return _sentence(job, causes) if counted else translate_sentence(job.summary)


def _sentence(job: Job, causes: _Causes) -> str:
    if not job.total:
        return _("Ended before its devices were fixed")
    if job.dry_run:
        text = ngettext(
            "%(number)d of %(total)d devices evaluated",
            "%(number)d of %(total)d devices evaluated",
            job.total,
        )
    else:
        text = ngettext(
            "%(number)d of %(total)d devices prestaged",
            "%(number)d of %(total)d devices prestaged",
            job.total,
        )
    parts = [text % {"number": job.prestaged, "total": job.total}]
    if job.unchanged:
        parts.append(ngettext("%d unchanged", "%d unchanged", job.unchanged) % job.unchanged)
    if job.excluded:
        parts.append(ngettext("%d excluded", "%d excluded", job.excluded) % job.excluded)
    if job.absorbed:
        parts.append(ngettext("%d absorbed", "%d absorbed", job.absorbed) % job.absorbed)
    if job.failed:
        words = ", ".join(_cause(number, code) for number, code in causes)
        text = ngettext(
            "%(number)d failed (%(causes)s)", "%(number)d failed (%(causes)s)", job.failed
        )
        parts.append(text % {"number": job.failed, "causes": words})
    if job.cancelled:
        parts.append(ngettext("%d cancelled", "%d cancelled", job.cancelled) % job.cancelled)
    return ", ".join(parts)


def _cause(number: int, code: str) -> str:
    if code == _OTHER:
        return ngettext("%d other", "%d other", number) % number
    return f"{number} {code}"


def _causes(job: Job) -> _Causes:
    rows = (
        JobDevice.objects.filter(job=job, state=DeviceState.FAILED)
        .values_list("error_code")
        .annotate(count=Count("pk"))
        .order_by("-count", "error_code")
    )
    causes = [(count, code) for code, count in rows[:_CAUSES_SHOWN]]
    others = sum(count for _code, count in rows[_CAUSES_SHOWN:])
    return [*causes, (others, _OTHER)] if others else causes
