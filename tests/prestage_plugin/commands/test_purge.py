"""`manage.py prestage purge` and `export`: let old jobs go, and keep a copy."""

import csv
import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from prestage_plugin.models import Job, JobDevice
from tests.prestage_plugin.commands.calling import Answer, refusal_of
from tests.prestage_plugin.services.build import make_devices, run_job, start

pytestmark = pytest.mark.django_db


def ended() -> Job:
    make_devices("pe1", "pe2")
    job = run_job(start(), {})
    Job.objects.filter(pk=job.pk).update(ended_at=timezone.now() - timedelta(days=100))
    return job


def test_export_to_standard_output() -> None:
    job = ended()
    assert json.loads(Answer("export", str(job.pk)).out)["job"]["id"] == job.pk
    table = Answer("export", str(job.pk), "--format", "csv").out
    assert [row["device"] for row in csv.DictReader(io.StringIO(table))] == ["pe1", "pe2"]


def test_export_to_a_new_file_that_only_the_owner_can_read(tmp_path: Path) -> None:
    job = ended()
    path = tmp_path / "job.csv"
    Answer("export", str(job.pk), "--output", str(path))
    assert path.read_text().startswith("job_id,")
    assert path.stat().st_mode & 0o777 == 0o600
    again = refusal_of("export", str(job.pk), "--output", str(path))
    assert again.endswith("exists already; name a new file. [file-exists]")


def test_a_dry_run_deletes_nothing() -> None:
    ended()
    assert Answer("purge", "--dry-run").out == "1 jobs with 2 device rows would be deleted.\n"
    assert Job.objects.exists()


def test_purge_keeps_a_copy_of_what_it_deletes(tmp_path: Path) -> None:
    job, path = ended(), tmp_path / "old.json"
    answer = Answer("purge", "--export", str(path))
    assert answer.out == "1 jobs with 2 device rows were deleted.\n"
    assert not JobDevice.objects.exists()
    [copy] = json.loads(path.read_text())
    assert (copy["job"]["id"], len(copy["devices"])) == (job.pk, 2)


@pytest.mark.parametrize("name", ["there/is/no/folder.json", "jobs.xlsx"])
def test_what_cannot_be_exported_is_not_deleted(tmp_path: Path, name: str) -> None:
    ended()
    refusal_of("purge", "--export", str(tmp_path / name))
    assert Job.objects.exists()


def test_the_age_is_the_settings_or_the_options(settings: Any) -> None:
    ended()
    assert Answer("purge", "--older-than", "101").out.startswith("0 jobs")
    assert refusal_of("purge", "--older-than", "-1").endswith("[bad-age]")
    settings.PRESTAGE = {"RETENTION_DAYS": 0}
    assert refusal_of("purge").endswith("[no-age]")
    assert Answer("purge", "--older-than", "99").out.startswith("1 jobs")
