"""`manage.py prestage status`: the last jobs, or one job."""

import pytest

from prestage_plugin.services.submit import JobRequest
from tests.prestage_plugin.commands.calling import Answer, the_job
from tests.prestage_plugin.services.build import failure, make_devices, run_job, start

pytestmark = pytest.mark.django_db


def test_the_last_jobs_newest_first() -> None:
    make_devices("pe1")
    first, second = run_job(start(), {"pe1": failure()}), start()
    lines = Answer("status").out.splitlines()
    rows = [line.split() for line in lines if line.strip()[:1].isdigit()]
    assert [row[0] for row in rows] == [str(second.pk), str(first.pk)]
    assert "100 % (1/1, 1 failed)" in " ".join(lines)
    assert len(Answer("status", "--last", "1").out) < len("\n".join(lines))


def test_one_job_with_counts_failures_and_history() -> None:
    make_devices("pe1", "pe2")
    job = run_job(start(), {"pe1": failure()})
    out = Answer("status", str(job.pk)).out
    for text in (
        "100 % (2/2, 1 failed)",
        "2 (1 prestaged, 1 failed)",
        "unreachable",
        "No route to the device.",
        "In progress",
        "Submitted.",
    ):
        assert text in out


def test_names_cannot_control_the_terminal() -> None:
    make_devices("pe1")
    start(JobRequest(name="evil \x1b]0;title\x07"))
    assert "\x1b" not in Answer("status").out + Answer("status", str(the_job().pk)).out


def test_without_jobs_it_says_how_to_start_one() -> None:
    assert "manage.py prestage run" in Answer("status").out
