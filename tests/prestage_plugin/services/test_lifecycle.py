"""Claims, leases and how a job ends (jobs spec, sections 2 and 4)."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError
from django.utils import timezone

from nornir_tasks.errors import ErrorCode
from prestage_plugin.models import Job, Shard
from prestage_plugin.services.lifecycle import (
    LeaseLostError,
    claim_shard,
    close_job,
    end_shard,
    release_shard,
    renew,
)
from prestage_plugin.services.submit import JobRequest
from prestage_plugin.services.transition import transition
from prestage_plugin.states import JOB_TRANSITIONS, JobState, ShardState
from tests.prestage_plugin.services.build import (
    claim_all,
    discovery,
    evaluation,
    failure,
    finish,
    history_of,
    make_devices,
    run_job,
    start,
    states_of,
)

pytestmark = pytest.mark.django_db


def let_the_lease_run_out(shard_id: int) -> None:
    Shard.objects.filter(pk=shard_id).update(lease_until=timezone.now() - timedelta(seconds=1))


def test_a_shard_is_claimed_once_and_its_job_is_in_progress_from_then_on() -> None:
    make_devices("pe1")
    job = start()
    [claim] = claim_all(job)
    assert claim.attempt == 1
    assert claim_shard(shard_id=claim.shard_id, worker="late delivery") is None
    job.refresh_from_db()
    assert job.state == JobState.IN_PROGRESS
    assert job.started_at is not None
    assert history_of(job) == [
        ("", "scheduled", "system"),
        ("scheduled", "in-progress", "system"),
    ]


def test_a_message_for_a_shard_that_is_gone_or_done_does_nothing() -> None:
    make_devices("pe1")
    job = start()
    run_job(job, {})
    shard = job.shards.get()
    assert claim_shard(shard_id=shard.pk, worker="test") is None
    assert claim_shard(shard_id=shard.pk + 1, worker="test") is None


def test_a_shard_whose_lease_ran_out_is_taken_over_and_the_stale_worker_is_refused() -> None:
    make_devices("pe1", "pe2")
    job = start()
    [stale] = claim_all(job)
    finish(stale, {"pe1": discovery(evaluation("pe1"))})
    let_the_lease_run_out(stale.shard_id)

    fresh = claim_shard(shard_id=stale.shard_id, worker="other")

    assert fresh is not None
    assert fresh.attempt == 2
    with pytest.raises(LeaseLostError):
        finish(stale, {"pe2": failure()})
    with pytest.raises(LeaseLostError):
        renew(claim=stale)
    finish(fresh, {"pe2": discovery(evaluation("pe2"))})
    end_shard(shard_id=fresh.shard_id, state=ShardState.DONE)
    job.refresh_from_db()
    assert states_of(job) == {"pe1": "prestaged", "pe2": "prestaged"}
    assert (job.state, job.prestaged, job.failed) == (JobState.SUCCESS, 2, 0)


def test_a_device_with_a_result_keeps_it_when_a_second_one_arrives() -> None:
    make_devices("pe1", "pe2")
    job = start()
    [claim] = claim_all(job)
    finish(claim, {"pe1": discovery(evaluation("pe1"))})
    finish(claim, {"pe1": failure()})
    job.refresh_from_db()
    assert states_of(job)["pe1"] == "prestaged"
    assert (job.prestaged, job.failed) == (1, 0)


def test_percent_rises_with_the_results_and_is_100_only_at_the_end(settings: Any) -> None:
    settings.PRESTAGE = {"SHARD_SIZE": 1}
    make_devices("pe1", "pe2", "pe3")
    job = start()
    seen = [job.percent]
    for claim in claim_all(job):
        name = Shard.objects.get(pk=claim.shard_id).devices.get().device_name
        finish(claim, {name: discovery(evaluation(name))})
        job.refresh_from_db()
        seen.append(job.percent)
        end_shard(shard_id=claim.shard_id, state=ShardState.DONE)
        job.refresh_from_db()
        seen.append(job.percent)
    assert seen == [0, 33, 33, 66, 66, 99, 100]
    assert job.state == JobState.SUCCESS


@pytest.mark.parametrize(
    ("failing", "threshold", "state"),
    [
        (0, 0, JobState.SUCCESS),
        (1, 0, JobState.FAILURE),
        (1, 24, JobState.FAILURE),
        (1, 25, JobState.SUCCESS),
        (4, 99, JobState.FAILURE),
        (4, 100, JobState.SUCCESS),
    ],
)
def test_more_failed_devices_than_the_threshold_make_a_failure(
    failing: int, threshold: int, state: JobState
) -> None:
    names = ["pe1", "pe2", "pe3", "pe4"]
    make_devices(*names)
    job = start(JobRequest(failure_threshold=threshold))
    run_job(job, {name: failure() for name in names[:failing]})
    assert (job.state, job.percent, job.failed) == (state, 100, failing)


def test_the_summary_counts_and_names_the_causes() -> None:
    make_devices("a", "b", "c", "d", "e")
    job = start()
    run_job(
        job,
        {
            "a": failure(ErrorCode.UNREACHABLE),
            "b": failure(ErrorCode.UNREACHABLE),
            "c": failure(ErrorCode.AUTHENTICATION),
        },
    )
    assert job.summary == ("2 of 5 devices prestaged, 3 failed (2 unreachable, 1 authentication)")


def test_closing_a_job_again_changes_nothing() -> None:
    make_devices("pe1")
    job = run_job(start(), {})
    before = history_of(job)
    close_job(job_id=job.pk)
    assert history_of(job) == before


@pytest.mark.parametrize("old", JobState)
@pytest.mark.parametrize("new", JobState)
def test_only_legal_transitions_happen(old: JobState, new: JobState) -> None:
    make_devices("pe1")
    job = start()
    now = timezone.now()
    Job.objects.filter(pk=job.pk).update(
        state=old, started_at=now, ended_at=now if old in JobState.terminal() else None
    )
    happened = transition(job_id=job.pk, to_state=new, actor="test")
    assert happened == (new in JOB_TRANSITIONS[old])
    job.refresh_from_db()
    assert job.state == (new if happened else old)
    assert job.transitions.filter(actor="test").count() == int(happened)


@pytest.mark.parametrize(
    "values",
    [
        {"state": "lost"},
        {"state": "success"},
        {"state": "in-progress"},
        {"ended_at": timezone.now()},
        {"failed": 2},
    ],
)
def test_the_database_refuses_what_cannot_be(values: dict[str, Any]) -> None:
    make_devices("pe1")
    job = start()
    with pytest.raises(IntegrityError):
        Job.objects.filter(pk=job.pk).update(**values)


def test_a_shard_that_ended_three_workers_fails_its_remaining_devices() -> None:
    make_devices("pe1", "pe2")
    job = start()
    [claim] = claim_all(job)
    finish(claim, {"pe1": discovery(evaluation("pe1"))})
    for _crash in range(2):
        let_the_lease_run_out(claim.shard_id)
        assert claim_shard(shard_id=claim.shard_id, worker="next") is not None
    let_the_lease_run_out(claim.shard_id)

    assert claim_shard(shard_id=claim.shard_id, worker="next") is None

    job.refresh_from_db()
    assert states_of(job) == {"pe1": "prestaged", "pe2": "failed"}
    assert job.devices.get(device_name="pe2").error_code == "worker-lost"
    assert (job.state, job.prestaged, job.failed) == (JobState.FAILURE, 1, 1)


def test_handing_a_shard_back_is_not_a_crash() -> None:
    make_devices("pe1")
    job = start()
    for _time in range(5):
        [claim] = claim_all(job)
        release_shard(claim=claim)
    assert job.shards.get().crashes == 0
    assert run_job(job, {}).state == JobState.SUCCESS


def test_a_shard_that_was_handed_back_is_no_longer_the_workers() -> None:
    make_devices("pe1")
    [claim] = claim_all(start())
    release_shard(claim=claim)
    with pytest.raises(LeaseLostError):
        release_shard(claim=claim)
