"""One job of many devices, beside the jobs of `tests.bench.api.rows`."""

from django.db import connection

from prestage_plugin.models import Job, JobDevice
from tests.bench.api.rows import SERIES, column_names, copy_rows

__all__ = ["FAILED_DEVICES", "add_large_job"]

FAILED_DEVICES = 50
"""Every so many devices have failed."""


def add_large_job(devices: int) -> Job:
    """Make the newest job, whose devices are copies of one with names of their own.

    Args:
        devices: How many.
    """
    template = Job.objects.filter(failed=0).earliest("pk")
    copy_rows(Job, f"id = {template.pk}", 1, {"name": "'Large'", "state": "'failure'"})
    job = Job.objects.latest("pk")
    failed = devices // FAILED_DEVICES
    changed = {
        "job_id": str(job.pk),
        "device_id": "NULL",
        "device_name": "'router-' || n",
        "state": f"CASE WHEN n % {FAILED_DEVICES} = 0 THEN 'failed' ELSE 'prestaged' END",
        "error_code": f"CASE WHEN n % {FAILED_DEVICES} = 0 THEN 'unreachable' ELSE '' END",
    }
    columns = column_names(JobDevice)
    values = [changed.get(name, f"row.{name}") for name in columns]
    series = SERIES[connection.vendor].format(count=devices)
    with connection.cursor() as cursor:
        cursor.execute(  # only our own names and numbers
            f"INSERT INTO prestage_jobdevice ({', '.join(columns)}) "  # noqa: S608
            f"SELECT {', '.join(values)} FROM prestage_jobdevice AS row, {series} "
            f"WHERE row.job_id = {template.pk}"
        )
        cursor.execute("ANALYZE")
    counts = {"total": devices, "prestaged": devices - failed, "failed": failed}
    Job.objects.filter(pk=job.pk).update(**counts)
    return job
