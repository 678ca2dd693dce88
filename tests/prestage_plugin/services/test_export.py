"""Jobs as CSV and JSON (jobs spec, section 6)."""

import csv
import io
import json
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from prestage_plugin.errors import Refused
from prestage_plugin.models import Job, JobDevice
from prestage_plugin.services.cancel import cancel_job
from prestage_plugin.services.export import ExportFormat, export_job, export_jobs
from prestage_plugin.services.submit import JobRequest
from tests.prestage_plugin.services.build import failure, make_devices, run_job, start

pytestmark = pytest.mark.django_db


def ended_job() -> Job:
    make_devices("pe1", "pe2")
    return run_job(start(), {"pe2": failure()})


def empty_job() -> Job:
    job = start(JobRequest(scheduled_for=timezone.now() + timedelta(hours=1)))
    cancel_job(job_id=job.pk, actor="bob")
    return job


def rows_of(*job_ids: int) -> list[dict[str, str]]:
    lines = export_jobs(job_ids=job_ids, form=ExportFormat.CSV)
    return list(csv.DictReader(io.StringIO("".join(lines), newline="")))


def test_json_has_the_job_its_history_and_every_device_with_evidence() -> None:
    job = ended_job()
    document = json.loads("".join(export_job(job_id=job.pk, form=ExportFormat.JSON)))
    assert (document["job"]["id"], document["job"]["state"]) == (job.pk, "failure")
    assert document["job"]["counts"]["failed"] == 1
    assert [row["to_state"] for row in document["job"]["history"]] == [
        "scheduled",
        "in-progress",
        "failure",
    ]
    pe1, pe2 = document["devices"]
    assert (pe1["device"], pe1["role_assigned"], pe1["evidence"][0]["device"]) == (
        "pe1",
        "N-PE",
        "pe1",
    )
    assert (pe2["state"], pe2["error_code"]) == ("failed", "unreachable")


def test_csv_has_a_row_for_each_device() -> None:
    job = ended_job()
    pe1, pe2 = rows_of(job.pk)
    assert (pe1["job_id"], pe1["job_type"], pe1["device"], pe1["device_state"]) == (
        str(job.pk),
        "manual",
        "pe1",
        "prestaged",
    )
    assert pe2["device_error_text"] == "No route to the device."


def test_several_jobs_are_one_array_or_one_table_and_none_without_devices_is_lost() -> None:
    full, empty = ended_job(), empty_job()
    ids = [full.pk, empty.pk, 99]
    array = json.loads("".join(export_jobs(job_ids=ids, form=ExportFormat.JSON)))
    assert [len(each["devices"]) for each in array] == [2, 0]
    assert [(row["job_id"], row["device"]) for row in rows_of(*ids)] == [
        (str(full.pk), "pe1"),
        (str(full.pk), "pe2"),
        (str(empty.pk), ""),
    ]


def test_no_jobs_are_valid_documents_too() -> None:
    assert json.loads("".join(export_jobs(job_ids=[], form=ExportFormat.JSON))) == []
    assert rows_of() == []


@pytest.mark.parametrize("start_of_text", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_no_cell_is_a_formula(start_of_text: str) -> None:
    job = ended_job()
    evil = f"{start_of_text}HYPERLINK(1)"
    JobDevice.objects.filter(job=job, device_name="pe2").update(error_text=evil)
    Job.objects.filter(pk=job.pk).update(name=evil)
    row = rows_of(job.pk)[1]
    assert (row["device_error_text"], row["job_name"]) == (f"'{evil}", f"'{evil}")


def test_what_identifies_a_request_is_not_exported() -> None:
    job = ended_job()
    Job.objects.filter(pk=job.pk).update(idempotency_key="key-of-alice", request_hash="0a1b2c")
    for form in ExportFormat:
        text = "".join(export_job(job_id=job.pk, form=form))
        assert "key-of-alice" not in text
        assert "0a1b2c" not in text


def test_the_statements_do_not_grow_with_the_devices() -> None:
    make_devices(*(f"pe{number}" for number in range(60)))
    job = run_job(start(), {})
    with CaptureQueriesContext(
        connection,
    ) as queries:
        lines = list(export_job(job_id=job.pk, form=ExportFormat.JSON))
    assert len(lines) == 62
    assert len(queries) <= 3


def test_a_job_that_does_not_exist_is_refused_before_the_first_line() -> None:
    with pytest.raises(Refused, match="There is no job #99"):
        export_job(job_id=99, form=ExportFormat.CSV)
