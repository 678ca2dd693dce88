"""Whether a job has changed since: everything that its document shows, read at the least cost."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db import connection

from prestage_plugin.models import Job, JobDevice
from prestage_plugin.states import DeviceState

__all__ = ["JobVersion", "read_job_version"]


_LARGEST = 2**63 - 1
"""What every database takes as a whole number."""


@dataclass(frozen=True, slots=True)
class JobVersion:
    """A version of a job.

    Attributes:
        owner_id: Primary key of the user whose job it is; None when that user is gone.
        values: What its document is made of, as the database has it; equal exactly when the
            documents are.
    """

    owner_id: int | None
    values: tuple[Any, ...]


def read_job_version(job_id: int) -> JobVersion | None:
    """Return the present version of a job; None when there is none.

    A statement that is always the same text: most polls need nothing but this, and to let Django
    compose it would cost more than everything else of theirs together.

    Args:
        job_id: Primary key.
    """
    if job_id > _LARGEST:
        return None
    with connection.cursor() as cursor:
        cursor.execute(_statement(), [job_id, str(DeviceState.RUNNING), job_id])
        row = cursor.fetchone()
    return None if row is None else JobVersion(owner_id=row[0], values=tuple(row[1:]))


@cache
def _statement() -> str:
    # Only names of our own tables and columns; the values are parameters.
    columns = [str(field.column) for field in Job._meta.concrete_fields]  # noqa: SLF001 - documented
    jobs, devices = Job._meta.db_table, JobDevice._meta.db_table  # noqa: SLF001 - documented
    return (
        f"SELECT user_id, {', '.join(columns)}, "  # noqa: S608
        f"(SELECT COUNT(*) FROM {devices} WHERE job_id = %s AND state = %s) "
        f"FROM {jobs} WHERE id = %s"
    )
