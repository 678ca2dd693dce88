"""Search in the list of jobs, in a time that does not depend on how many there are.

No index of both databases finds a part of a text, and PostgreSQL's trigrams need an extension that
not everybody may install. So parts of names are looked for among the newest jobs only, and the page
says so; ids and devices have indexes and are looked for among all.
"""

from django.db.models import QuerySet

from prestage_plugin.models import Device, Job, JobDevice

__all__ = ["MOST_FOUND", "MOST_SEARCHED", "search_jobs"]

MOST_SEARCHED = 10_000
"""Jobs, the newest of those that the list would show, whose names are looked at."""

MOST_FOUND = 500
"""Jobs, the newest, that are found by name, and as many by device."""

_MOST_DIGITS = 18
"""More may not fit into the database's integers."""


def search_jobs(jobs: QuerySet[Job], text: str) -> QuerySet[Job]:
    """Return the jobs whose id or device is this, or whose name holds it.

    The name of a device must be whole: part of one may be in every job there is.

    Args:
        jobs: Narrowed down by the filters already, which therefore reach older names.
        text: What is searched for.
    """
    wanted = text.replace("\x00", "").strip()
    if not wanted:
        return jobs
    found = {*_by_name(jobs, wanted), *_by_device(jobs, wanted)}
    if wanted.isascii() and wanted.isdigit() and len(wanted) <= _MOST_DIGITS:
        found.add(int(wanted))
    return jobs.filter(pk__in=found)


def _by_name(jobs: QuerySet[Job], text: str) -> list[int]:
    numbers = jobs.order_by("-pk").values_list("pk", flat=True)
    # By a number rather than a subquery, which PostgreSQL looks at last.
    before = numbers[MOST_SEARCHED : MOST_SEARCHED + 1].first()
    newest = numbers if before is None else numbers.filter(pk__gt=before)
    return list(newest.filter(name__icontains=text)[:MOST_FOUND])


def _by_device(jobs: QuerySet[Job], name: str) -> list[int]:
    device = Device.objects.filter(name=name).values_list("pk", flat=True).first()
    if device is None:
        return []
    # By its key: a join makes the databases walk through the rows of all devices.
    rows = JobDevice.objects.filter(device=device, job__in=jobs.order_by().values("pk"))
    return list(rows.order_by("-pk").values_list("job_id", flat=True)[:MOST_FOUND])
