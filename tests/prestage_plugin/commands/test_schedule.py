"""`manage.py prestage schedule`, and `cancel` with and without `--series`."""

from datetime import timedelta

import pytest
from django.utils import timezone

from prestage_plugin.models import Job, Schedule
from prestage_plugin.services.lifecycle import claim_shard
from prestage_plugin.services.submit import JobRequest
from prestage_plugin.states import JobState
from tests.prestage_plugin.commands.calling import Answer, refusal_of, the_job
from tests.prestage_plugin.services.build import history_of, make_devices, make_user, run_job, start

pytestmark = pytest.mark.django_db


SENTENCE = "Every 2 weeks on Mon, Wed at 02:00 Europe/Berlin until 2099-01-31"
FORTNIGHTLY = (
    *("--repeat", "weekly", "--every", "2", "--on", "mon,wed"),
    *("--at", "2098-12-01 02:00", "--zone", "Europe/Berlin", "--ends-on", "2099-01-31"),
)


def test_it_says_the_sentence_and_the_next_five_times() -> None:
    make_devices("pe1")
    answer = Answer("schedule", *FORTNIGHTLY, "--discover-only")
    job = the_job()
    assert answer.out.splitlines() == [
        f"{SENTENCE}: Discover roles of all devices.",
        f"The first is job #{job.pk}. The next times are:",
        "- Mon 2098-12-01 02:00 CET",
        "- Wed 2098-12-03 02:00 CET",
        "- Mon 2098-12-15 02:00 CET",
        "- Wed 2098-12-17 02:00 CET",
        "- Mon 2098-12-29 02:00 CET",
    ]
    assert (job.state, job.job_type) == (JobState.SCHEDULED, "discover-only")


def test_it_can_end_after_a_number_of_runs() -> None:
    make_devices("pe1")
    answer = Answer(
        *("schedule", "--repeat", "daily", "--at", "2098-12-01 02:00", "--ends-after", "2")
    )
    assert answer.out.count("- ") == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ("--repeat", "daily", "--at", "soon"),
        ("--repeat", "daily", "--at", "2098-12-01 02:00", "--zone", "Mars/Base"),
        ("--repeat", "weekly", "--at", "2098-12-01 02:00", "--on", "monday"),
        ("--repeat", "daily", "--at", "2098-12-01 02:00", "--every", "0"),
    ],
)
def test_a_rule_that_cannot_be_is_refused(arguments: tuple[str, ...]) -> None:
    make_devices("pe1")
    assert refusal_of("schedule", *arguments).endswith("[bad-recurrence]")
    assert not Schedule.objects.exists()


def test_a_job_for_later_is_cancelled() -> None:
    make_devices("pe1")
    job = start(JobRequest(scheduled_for=timezone.now() + timedelta(hours=1)))
    answer = Answer("cancel", str(job.pk))
    assert answer.out == f"Job #{job.pk} is cancelled.\n"
    assert history_of(job)[-1] == ("scheduled", "cancelled", "system")


@pytest.mark.parametrize(
    ("force", "text"),
    [((), "those in flight finish"), (("--force",), "the sessions in flight are closed")],
)
def test_a_job_in_progress_is_stopping(force: tuple[str, ...], text: str) -> None:
    make_devices("pe1")
    job = start()
    claim_shard(shard_id=job.shards.get().pk, worker="test")
    assert text in Answer("cancel", str(job.pk), *force).out
    job.refresh_from_db()
    assert (job.cancelling, job.force_stop) == (True, bool(force))


def test_the_series_goes_with_its_job() -> None:
    make_devices("pe1")
    Answer("schedule", *FORTNIGHTLY)
    answer = Answer("cancel", str(the_job().pk), "--series")
    assert "is cancelled" in answer.out
    assert (the_job().state, Schedule.objects.get().state) == ("cancelled", "cancelled")


def test_without_series_the_next_occurrence_waits() -> None:
    make_devices("pe1")
    Answer("schedule", *FORTNIGHTLY)
    Answer("cancel", str(the_job().pk))
    assert Schedule.objects.get().state == "active"
    assert Job.objects.filter(state=JobState.SCHEDULED).count() == 1


def test_refusals() -> None:
    make_devices("pe1")
    make_user("bob")
    job = start()
    assert refusal_of("cancel", "99").endswith("[unknown-job]")
    assert refusal_of("cancel", str(job.pk), "--series").endswith("[not-recurring]")
    assert refusal_of("cancel", str(job.pk), "--user", "bob").endswith("[not-allowed]")
    run_job(job, {})
    assert refusal_of("cancel", str(job.pk)).endswith("[already-finished]")
