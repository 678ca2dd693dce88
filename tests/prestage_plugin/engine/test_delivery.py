"""A message may arrive late, twice or never, and that is not visible (jobs spec, section 4)."""

from datetime import timedelta

import pytest
from django.utils import timezone
from django_q.brokers import Broker

from prestage_plugin import queue
from prestage_plugin.models import Job, Shard, Worker
from prestage_plugin.services import workers
from prestage_plugin.services.cancel import cancel_job
from prestage_plugin.services.lifecycle import claim_shard
from prestage_plugin.services.plan import plan_job
from prestage_plugin.services.submit import JobRequest
from prestage_plugin.services.tick import tick
from tests.prestage_plugin.services.build import (
    claim_all,
    make_devices,
    run_job,
    start,
    states_of,
)

LONG_AGO = timedelta(minutes=5)


def let_time_pass() -> None:
    Shard.objects.update(enqueued_at=timezone.now() - LONG_AGO)


def let_leases_run_out() -> None:
    Shard.objects.filter(state="running").update(lease_until=timezone.now() - LONG_AGO)


def test_an_accepted_job_is_in_the_queue_once(broker: Broker) -> None:
    make_devices("pe1", "pe2")
    start()
    assert broker.queue_size() == 1
    tick()
    assert broker.queue_size() == 1


def test_a_message_that_was_lost_is_sent_again_once(broker: Broker) -> None:
    make_devices("pe1")
    job = start()
    broker.purge_queue()
    let_time_pass()
    tick()
    tick()
    assert broker.queue_size() == 1
    assert run_job(job, {}).state == "success"


def test_a_dead_workers_shard_is_sent_again_though_others_wait_in_the_queue(
    broker: Broker,
) -> None:
    """Those others may wait for the very devices that the dead worker's shard holds."""
    make_devices("pe1")
    start()
    [dead] = [claim for job in Job.objects.all() for claim in claim_all(job)]
    let_leases_run_out()
    let_time_pass()  # as if it had been sent again before, and that message was lost as well
    Shard.objects.update(enqueued_at=timezone.now() - timedelta(minutes=1))
    broker.purge_queue()
    start()
    assert broker.queue_size() == 1
    tick()
    tick()
    assert broker.queue_size() == 2
    assert claim_shard(shard_id=dead.shard_id, worker="next") is not None


def test_a_second_delivery_and_one_after_the_end_do_nothing(broker: Broker) -> None:
    make_devices("pe1")
    job = start()
    [claim] = claim_all(job)
    assert claim_shard(shard_id=claim.shard_id, worker="twice") is None
    cancel_job(job_id=job.pk, actor="bob")
    let_leases_run_out()
    tick()
    assert states_of(job) == {"pe1": "cancelled"}
    assert claim_shard(shard_id=claim.shard_id, worker="late") is None


def test_a_job_is_accepted_while_its_broker_is_away(
    broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_shard_ids: list[int]) -> None:
        raise ConnectionError("the broker does not answer")

    make_devices("pe1")
    with monkeypatch.context() as patch:
        patch.setattr(queue, "_broker_shares_the_database", lambda: False)
        patch.setattr(queue, "_send", away)
        job = start()
    let_time_pass()
    tick()
    assert broker.queue_size() == 1
    assert run_job(job, {}).state == "success"


def test_a_job_that_was_cancelled_before_its_start_is_never_planned(broker: Broker) -> None:
    make_devices("pe1")
    job = start(JobRequest(scheduled_for=timezone.now() + LONG_AGO))
    cancel_job(job_id=job.pk, actor="bob")
    # The tick had read the job before it was cancelled.
    assert plan_job(job=job) is False
    assert (broker.queue_size(), job.shards.count()) == (0, 0)


def test_a_host_whose_clock_is_off_does_not_take_a_cluster_at_work_for_wedged(
    broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_devices("pe1")
    workers.register(name="host")
    job = start()
    claim_shard(shard_id=job.shards.get().pk, worker="host")
    later = timezone.now() + LONG_AGO
    monkeypatch.setattr(timezone, "now", lambda: later)
    Worker.objects.update(proof_at=later - LONG_AGO)
    assert not workers.is_wedged(name="host", patience=5)
    monkeypatch.undo()
    let_leases_run_out()
    Worker.objects.update(proof_at=timezone.now() - LONG_AGO)
    assert workers.is_wedged(name="host", patience=5)
