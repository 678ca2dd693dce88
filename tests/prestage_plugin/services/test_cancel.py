"""Cancelling (jobs spec, section 5)."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from nornir_tasks.errors import ErrorCode
from prestage_plugin.errors import Refused
from prestage_plugin.models import Device, Job, Shard
from prestage_plugin.services.cancel import CancelOutcome, cancel_job
from prestage_plugin.services.lifecycle import claim_shard, end_shard
from prestage_plugin.services.scope import Scope
from prestage_plugin.services.submit import JobRequest
from prestage_plugin.states import JobState, ShardState
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


def test_a_job_for_later_is_cancelled_at_once() -> None:
    make_devices("pe1")
    job = start(JobRequest(scheduled_for=timezone.now() + timedelta(hours=1)))
    assert cancel_job(job_id=job.pk, actor="bob") is CancelOutcome.CANCELLED
    job.refresh_from_db()
    assert (job.state, job.summary) == ("cancelled", "Ended before its devices were fixed")
    assert history_of(job)[-1] == ("scheduled", "cancelled", "bob")


def test_a_due_job_that_waits_for_a_worker_is_cancelled_and_never_starts() -> None:
    make_devices("pe1", "pe2")
    job = start()
    assert cancel_job(job_id=job.pk, actor="bob") is CancelOutcome.CANCELLED
    assert claim_all(job) == []
    job.refresh_from_db()
    assert states_of(job) == {"pe1": "cancelled", "pe2": "cancelled"}
    assert (job.state, job.cancelled, job.started_at) == ("cancelled", 2, None)
    assert job.summary == "0 of 2 devices prestaged, 2 cancelled"


def test_in_progress_the_devices_in_flight_finish_and_the_rest_is_cancelled(
    settings: Any,
) -> None:
    settings.PRESTAGE = {"SHARD_SIZE": 2}
    make_devices("pe1", "pe2", "pe3", "pe4")
    job = start()
    first, second = job.shards.order_by("number")
    claim = claim_shard(shard_id=first.pk, worker="test")
    assert claim is not None
    in_flight, not_started = first.devices.order_by("device_name")

    assert cancel_job(job_id=job.pk, actor="bob") is CancelOutcome.CANCELLING
    job.refresh_from_db()
    assert (job.state, job.cancelling) == (JobState.IN_PROGRESS, True)
    assert claim_shard(shard_id=second.pk, worker="other") is None

    name = in_flight.device_name
    signal = finish(claim, {name: discovery(evaluation(name))})
    assert (signal.cancel, signal.force) == (True, False)
    end_shard(shard_id=claim.shard_id, state=ShardState.DONE)

    job.refresh_from_db()
    assert states_of(job)[name] == "prestaged"
    assert states_of(job)[not_started.device_name] == "cancelled"
    assert (job.state, job.prestaged, job.cancelled, job.percent) == ("cancelled", 1, 3, 25)
    assert history_of(job)[-1] == ("in-progress", "cancelled", "bob")


def test_what_was_written_before_a_cancel_stays() -> None:
    make_devices("pe1", "pe2")
    job = start()
    [claim] = claim_all(job)
    finish(claim, {"pe1": discovery(evaluation("pe1"))})
    cancel_job(job_id=job.pk, actor="bob")
    end_shard(shard_id=claim.shard_id, state=ShardState.DONE)
    assert Device.objects.get(name="pe1").assigned_role == "N-PE"
    assert Device.objects.get(name="pe2").assigned_role == ""


def test_cancelling_twice_gives_the_same_answer_and_one_history_row() -> None:
    make_devices("pe1")
    job = start()
    first = cancel_job(job_id=job.pk, actor="bob")
    second = cancel_job(job_id=job.pk, actor="carol")
    assert first is second is CancelOutcome.CANCELLED
    assert [row for row in history_of(job) if row[1] == "cancelled"] == [
        ("scheduled", "cancelled", "bob")
    ]


def test_a_job_that_ended_by_itself_cannot_be_cancelled() -> None:
    make_devices("pe1")
    job = run_job(start(), {})
    with pytest.raises(Refused, match="already ended as Success") as refusal:
        cancel_job(job_id=job.pk, actor="bob")
    assert (refusal.value.code, refusal.value.conflict) == ("already-finished", True)


def test_a_job_whose_worker_died_is_cancelled_without_a_cluster() -> None:
    make_devices("pe1")
    job = start()
    [claim] = claim_all(job)
    Shard.objects.filter(pk=claim.shard_id).update(
        lease_until=timezone.now() - timedelta(seconds=1)
    )
    assert cancel_job(job_id=job.pk, actor="bob") is CancelOutcome.CANCELLED


def test_a_cancel_that_came_after_the_last_device_leaves_the_job_a_success() -> None:
    make_devices("pe1")
    job = start()
    [claim] = claim_all(job)
    finish(claim, {"pe1": discovery(evaluation("pe1"))})
    cancel_job(job_id=job.pk, actor="bob")
    end_shard(shard_id=claim.shard_id, state=ShardState.DONE)
    job.refresh_from_db()
    assert (job.state, job.percent) == (JobState.SUCCESS, 100)


def test_a_shard_that_is_claimed_while_its_job_is_being_cancelled_is_ended() -> None:
    make_devices("pe1", "pe2")
    job = start(JobRequest(scope=Scope(kind="devices", devices=("pe1",))))
    # The cancel has been stored, and its process died before it ended the waiting shards.
    now = timezone.now()
    Job.objects.filter(pk=job.pk).update(cancel_requested_at=now, cancel_requested_by="bob")
    assert claim_all(job) == []
    job.refresh_from_db()
    assert (job.state, states_of(job)) == ("cancelled", {"pe1": "cancelled"})


def test_a_forced_stop_tells_the_worker_to_cut_off_its_sessions() -> None:
    make_devices("pe1")
    job = start()
    [claim] = claim_all(job)
    cancel_job(job_id=job.pk, actor="bob", force=True)
    assert finish(claim, {}).force


def test_a_device_that_was_cut_off_is_cancelled_not_failed() -> None:
    make_devices("pe1")
    job = start()
    [claim] = claim_all(job)
    cancel_job(job_id=job.pk, actor="bob", force=True)
    finish(claim, {"pe1": failure(ErrorCode.ABORTED)})
    end_shard(shard_id=claim.shard_id, state=ShardState.DONE)
    job.refresh_from_db()
    row = job.devices.get()
    assert (row.state, row.error_code) == ("cancelled", "aborted")
    assert (job.state, job.cancelled, job.failed) == ("cancelled", 1, 0)
