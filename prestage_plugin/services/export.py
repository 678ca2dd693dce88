"""Jobs as documents: CSV and JSON, streamed line by line (jobs spec, section 6)."""

import csv
import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from enum import StrEnum
from itertools import chain
from typing import Any

from prestage_plugin.errors import Refused
from prestage_plugin.models import Job, JobDevice
from prestage_plugin.recurrence import recurrence_in_words
from prestage_plugin.sentences import in_english
from prestage_plugin.states import DeviceState

__all__ = ["ExportFormat", "csv_lines", "export_job", "export_jobs", "job_document", "safe_cell"]

_CHUNK = 500
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
_COUNTS = ("total", *map(str, DeviceState.finished()), str(DeviceState.CANCELLED))
_JOB_COLUMNS = (
    "id",
    "name",
    "job_type",
    "state",
    "user",
    "scheduled_for",
    "started_at",
    "ended_at",
)
_DEVICE_COLUMNS = (
    "state",
    "role_before",
    "role_recommended",
    "role_assigned",
    "reason",
    "loopback",
    "uni_count",
    "excluded_count",
    "error_code",
    "error_text",
    "attempt",
    "started_at",
    "ended_at",
)


class ExportFormat(StrEnum):
    """How an export is written; CSV has no evidence and no history."""

    CSV = "csv"
    JSON = "json"


class _Line:
    """What `csv` writes to: it hands each line back instead of keeping it."""

    def write(self, line: str) -> str:
        return line


def export_job(*, job_id: int, form: ExportFormat) -> Iterator[str]:
    """Yield the lines of one job with its devices; memory does not grow with their number.

    Args:
        job_id: Primary key of the job.
        form: CSV with a row for each device, or a JSON object.

    Raises:
        Refused: `unknown-job`, before the first line.
    """
    job = Job.objects.filter(pk=job_id).first()
    if job is None:
        raise Refused("unknown-job", f"There is no job #{job_id}.")
    return _csv_lines([job]) if form is ExportFormat.CSV else _json_lines(job)


def export_jobs(*, job_ids: Iterable[int], form: ExportFormat) -> Iterator[str]:
    """Yield the lines of several jobs; one that does not exist is left out.

    Args:
        job_ids: Primary keys of the jobs, in the order of the export.
        form: One CSV table over all of them, or a JSON array of objects.
    """
    found = (Job.objects.filter(pk=job_id).first() for job_id in job_ids)
    jobs = (job for job in found if job is not None)
    return _csv_lines(jobs) if form is ExportFormat.CSV else _json_array(jobs)


def csv_lines(rows: Iterable[Iterable[Any]]) -> Iterator[str]:
    """Yield a table line by line; a cell that a spreadsheet would take for a formula is text.

    Args:
        rows: The heading and what follows.
    """
    write = csv.writer(_Line()).writerow
    for row in rows:
        yield write(map(safe_cell, row))


def job_document(job: Job) -> dict[str, Any]:
    """Return what a job is and how it went, for programs; times are ISO 8601 in UTC.

    It names no device, and the job's scope only in its name.
    """
    return {
        "id": job.pk,
        "name": job.name,
        "job_type": job.job_type,
        "state": job.state,
        "summary": job.summary,
        "user": job.username,
        "dry_run": job.dry_run,
        "read_all": job.read_all,
        "profile": job.profile,
        "capability_policy": job.capability_policy,
        "failure_threshold": job.failure_threshold,
        "recurrence": _recurrence(job),
        "retry_of": job.retry_of_id,
        "created_at": _time(job.created_at),
        "scheduled_for": _time(job.scheduled_for),
        "started_at": _time(job.started_at),
        "ended_at": _time(job.ended_at),
        "counts": {name: getattr(job, name) for name in _COUNTS},
    }


def _json_array(jobs: Iterable[Job]) -> Iterator[str]:
    yield "[\n"
    for position, job in enumerate(jobs):
        if position:
            yield ",\n"
        yield from _json_lines(job)
    yield "]\n"


def _json_lines(job: Job) -> Iterator[str]:
    document = job_document(job) | {"scope": job.scope, "history": _history(job)}
    yield f'{{"job": {json.dumps(document)}, "devices": [\n'
    for position, row in enumerate(_rows(job)):
        values = {"device": row.device_name} | _values(row) | {"evidence": row.evidence}
        yield f"{',' if position else ' '}{json.dumps(values)}\n"
    yield "]}\n"


def _csv_lines(jobs: Iterable[Job]) -> Iterator[str]:
    yield from csv_lines(_csv_rows(jobs))


def _csv_rows(jobs: Iterable[Job]) -> Iterator[list[Any]]:
    heading = ["device", *_prefixed("device", _DEVICE_COLUMNS)]
    yield [*_prefixed("job", _JOB_COLUMNS), *heading]
    for job in jobs:
        document = job_document(job)
        shared = [document[name] for name in _JOB_COLUMNS]
        rows = ([row.device_name, *_values(row).values()] for row in _rows(job))
        # A job that ended before its devices were fixed has a row too.
        first = next(rows, [None] * len(heading))
        for values in chain([first], rows):
            yield [*shared, *values]


def _rows(job: Job) -> Iterator[JobDevice]:
    return JobDevice.objects.filter(job=job).order_by("device_name").iterator(chunk_size=_CHUNK)


def _values(row: JobDevice) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in _DEVICE_COLUMNS}
    return {
        name: _time(value) if isinstance(value, datetime) else value
        for name, value in values.items()
    }


def _history(job: Job) -> list[dict[str, Any]]:
    rows = job.transitions.values("at", "from_state", "to_state", "actor", "reason")
    return [row | {"at": _time(row["at"])} for row in rows]


def _prefixed(prefix: str, names: Iterable[str]) -> list[str]:
    return [f"{prefix}_{name.removeprefix(f'{prefix}_')}" for name in names]


def safe_cell(value: Any) -> Any:
    """Return a value that no spreadsheet takes for a formula (OWASP, CSV injection)."""
    if isinstance(value, str) and value.startswith(_FORMULA_STARTS):
        return f"'{value}"
    return value


def _recurrence(job: Job) -> str:
    with in_english():
        return recurrence_in_words(job.recurrence)


def _time(value: datetime | None) -> str | None:
    return value.isoformat() if value is not None else None
