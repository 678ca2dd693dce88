"""Any number of jobs, copied in the database from one that was really carried."""

from typing import Any

from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from prestage_plugin.models import ChangeEvent, Device, DeviceChange, Job, JobDevice
from tests.prestage_plugin.factories import make_device, make_job, make_user
from tests.prestage_plugin.services.build import run_job

__all__ = ["LARGE", "OWNED", "SERIES", "column_names", "copy_rows", "fill", "fill_events"]

OWNED = 10
"""Every so many jobs are the owner's."""

LARGE = "large"
"""Name of the job with many devices."""

FAILED = 50
"""Every so many jobs are failures."""

SERIES = {
    "postgresql": "generate_series(1, {count}) AS series(n)",
    "sqlite": (
        "(WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {count}) "
        "SELECT n FROM s) AS series"
    ),
}
_EARLIER = {
    "postgresql": "scheduled_for - n * interval '1 second'",
    "sqlite": "strftime('%Y-%m-%d %H:%M:%f', scheduled_for, '-' || n || ' seconds')",
}


def fill(jobs: int) -> dict[str, User]:
    """Make jobs with one device each.

    Args:
        jobs: How many.

    Returns:
        The owner of every tenth, and an auditor who sees them all.
    """
    owner = make_user("owner", "run_job", "view_job")
    other = make_user("other", "run_job")
    auditor = make_user("auditor", "view_job", "view_all_jobs")
    make_device("pe1")
    template = run_job(make_job(other), {})
    _trust_the_rows()
    changed = {
        "user_id": f"CASE WHEN n % {OWNED} = 0 THEN {owner.pk} ELSE {other.pk} END",
        "state": f"CASE WHEN n % {FAILED} = 0 THEN 'failure' ELSE 'success' END",
        "scheduled_for": _EARLIER[connection.vendor],
    }
    copy_rows(Job, f"id = {template.pk}", jobs - 1, changed)
    with connection.cursor() as cursor:
        columns = column_names(JobDevice)
        values = ["job.id" if name == "job_id" else f"row.{name}" for name in columns]
        cursor.execute(  # only our own names and numbers
            f"INSERT INTO prestage_jobdevice ({', '.join(columns)}) "  # noqa: S608
            f"SELECT {', '.join(values)} FROM prestage_jobdevice AS row, prestage_job AS job "
            f"WHERE row.job_id = {template.pk} AND job.id <> {template.pk}"
        )
        cursor.execute("ANALYZE")
    return {"owner": owner, "auditor": auditor}


def fill_events(events: int) -> None:
    """Make events that jobs have answered, a large job and a fleet; on PostgreSQL, after `fill`.

    Args:
        events: How many; a tenth as many devices in the large job, a twentieth in the fleet.
    """
    device = Device.objects.get(name="pe1")
    template = Job.objects.order_by("pk")[0]
    row = JobDevice.objects.get(job=template)
    large = Job.objects.get(pk=template.pk)
    large.pk, large.name = None, LARGE
    large.save(force_insert=True)
    past = timezone.now()
    change = DeviceChange.objects.create(
        device=device, job=template, state="absorbed", first_at=past, last_at=past
    )
    event = ChangeEvent.objects.create(device=device, change=change, state="noted", source="syslog")
    copy_rows(
        Device,
        f"id = {device.pk}",
        events // 20,
        {"name": "'more' || n", "assigned_role": "'N-PE'", "recommended_role": "'N-PE'"},
    )
    copy_rows(
        JobDevice,
        f"id = {row.pk}",
        events // 10,
        {"job_id": str(large.pk), "device_name": "'row' || n", "device_id": "NULL"},
    )
    first = Job.objects.order_by("pk")[1].pk
    copy_rows(
        DeviceChange,
        f"id = {change.pk}",
        events // 2,
        {"job_id": f"{first} + n % ({events} - 2)"},
    )
    copy_rows(
        ChangeEvent,
        f"id = {event.pk}",
        events,
        {
            "change_id": f"{change.pk} + n % ({events} / 2)",
            "device_id": f"CASE WHEN n % 100 = 0 THEN {device.pk} ELSE {device.pk} + n % 1000 END",
            "received_at": "received_at - n * interval '1 second'",
        },
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _trust_the_rows() -> None:
    """Let the database not look up what each copied row refers to, for it is there."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET session_replication_role = replica")
        else:
            cursor.execute("PRAGMA foreign_keys = OFF")


def copy_rows(model: Any, condition: str, count: int, changed: dict[str, str]) -> None:
    """Copy the row that fits a condition so many times; `n` counts them in what is changed."""
    table, columns = model._meta.db_table, column_names(model)
    series = SERIES[connection.vendor].format(count=count)
    values = [changed.get(name, name) for name in columns]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({', '.join(columns)}) "  # noqa: S608 - likewise
            f"SELECT {', '.join(values)} FROM {table}, {series} WHERE {table}.{condition}"
        )


def column_names(model: Any) -> list[str]:
    """Return the columns of a model's table beside its primary key."""
    return [str(field.column) for field in model._meta.concrete_fields if not field.primary_key]
