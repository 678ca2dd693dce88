"""Any interleaving of what can happen to jobs keeps the promises (jobs spec, sections 2 to 7)."""

import os
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from django_q.models import OrmQ
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from nornir_tasks.evaluation import Role
from nornir_tasks.outcome import Discovery, HostError
from prestage_plugin.errors import Refused
from prestage_plugin.models import Device, Job, JobDevice, JobTransition, Shard
from prestage_plugin.services.cancel import CancelOutcome, cancel_job
from prestage_plugin.services.lifecycle import (
    Claim,
    LeaseLostError,
    claim_shard,
    end_shard,
    release_shard,
    renew,
)
from prestage_plugin.services.reservation import reserve_devices
from prestage_plugin.services.retry import retry_failed
from prestage_plugin.services.scope import Scope
from prestage_plugin.services.submit import JobRequest, submit_job
from prestage_plugin.services.tick import tick
from prestage_plugin.states import DeviceState, JobState, JobType, ShardState
from tests.prestage_plugin.engine.invariants import Watch, check_tables
from tests.prestage_plugin.services.build import (
    discovery,
    evaluation,
    failure,
    finish,
    make_devices,
)

pytestmark = pytest.mark.skipif(
    os.environ.get("PRESTAGE_TEST_BACKEND") == "postgres-redis",
    reason="the machine looks into the ORM broker's table",
)

DEVICES = [f"pe{number}" for number in range(1, 5)]
SHARD_SIZE = 2
DRAINING_ROUNDS = 30
PAST = timedelta(minutes=10)
PROFILE = settings(
    max_examples=int(os.environ.get("PRESTAGE_TEST_EXAMPLES", "60")),
    stateful_step_count=40,
    deadline=None,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
)


@dataclass(eq=False)
class SimulatedWorker:
    """A worker that has claimed a shard, as `execution.ShardRun` behaves, one step at a time."""

    claim: Claim
    devices: set[str] = field(default_factory=set)

    @property
    def holds_its_shard(self) -> bool:
        return Shard.objects.filter(
            pk=self.claim.shard_id, attempt=self.claim.attempt, state=ShardState.RUNNING
        ).exists()

    def work(self, action: Any) -> bool:
        """Do what writes; a worker that lost its shard must be refused and change nothing."""
        if self.holds_its_shard:
            action()
            return True
        before = snapshot()
        with pytest.raises(LeaseLostError):
            action()
        assert snapshot() == before, "a worker that had lost its shard wrote"
        return False

    def reserve(self) -> None:
        self.devices |= set(reserve_devices(claim=self.claim))

    def end(self) -> None:
        with transaction.atomic():
            renew(claim=self.claim)
            end_shard(shard_id=self.claim.shard_id, state=ShardState.DONE)

    @property
    def has_finished(self) -> bool:
        rows = JobDevice.objects.filter(shard_id=self.claim.shard_id)
        return not rows.filter(state__in=DeviceState.open()).exists()

    @property
    def is_cancelled(self) -> bool:
        return Job.objects.filter(pk=self.claim.job_id, cancel_requested_at__isnull=False).exists()


def snapshot() -> list[Any]:
    models = (Job, Shard, JobDevice, JobTransition, Device)
    return [list(model.objects.order_by("pk").values_list()) for model in models]


class LifecycleMachine(RuleBasedStateMachine):
    """Jobs, messages and workers; each rule is something that can happen at any time."""

    jobs = Bundle("jobs")
    workers = Bundle("workers")

    def __init__(self) -> None:
        super().__init__()
        self._transaction = transaction.atomic()
        self._transaction.__enter__()
        make_devices(*DEVICES)
        self._watch = Watch()

    def teardown(self) -> None:
        try:
            self._bring_everything_to_an_end()
        finally:
            transaction.set_rollback(True)
            self._transaction.__exit__(None, None, None)

    @rule(
        target=jobs,
        names=st.sets(st.sampled_from(DEVICES), min_size=1),
        job_type=st.sampled_from(JobType),
        threshold=st.sampled_from([0, 50, 100]),
        later=st.booleans(),
    )
    def submit(self, names: set[str], job_type: JobType, threshold: int, later: bool) -> int:
        request = JobRequest(
            scope=Scope(kind="devices", devices=tuple(sorted(names))),
            job_type=job_type,
            failure_threshold=threshold,
            scheduled_for=timezone.now() + PAST if later else None,
        )
        return submit_job(request=request, user=None).pk

    @initialize(target=jobs)
    def submit_one_for_all(self) -> int:
        return submit_job(request=JobRequest(), user=None).pk

    @rule(job=jobs)
    def its_time_comes(self, job: int) -> None:
        Job.objects.filter(pk=job).update(scheduled_for=timezone.now() - PAST)

    @rule()
    def tick(self) -> None:
        tick()

    @rule(target=workers, position=st.integers(0, 100), acknowledged=st.booleans())
    def deliver(self, position: int, acknowledged: bool) -> Any:
        messages = list(OrmQ.objects.order_by("pk"))
        if not messages:
            return multiple()
        message = messages[position % len(messages)]
        [shard_id] = message.task["args"]
        if acknowledged:
            message.delete()
        return self._claim(shard_id)

    @rule(target=workers, position=st.integers(0, 100))
    def deliver_late_or_again(self, position: int) -> Any:
        shard_ids = list(Shard.objects.order_by("pk").values_list("pk", flat=True))
        if not shard_ids:
            return multiple()
        return self._claim(shard_ids[position % len(shard_ids)])

    @rule(lost=st.booleans())
    def messages_wait_long(self, lost: bool) -> None:
        Shard.objects.update(enqueued_at=timezone.now() - PAST)
        if lost:
            OrmQ.objects.all().delete()

    @rule(worker=workers)
    def reserve(self, worker: SimulatedWorker) -> None:
        worker.work(worker.reserve)

    @rule(
        worker=workers,
        count=st.integers(1, SHARD_SIZE),
        role=st.sampled_from([*Role, None]),
    )
    def devices_finish(self, worker: SimulatedWorker, count: int, role: Role | None) -> None:
        outcomes: dict[str, Discovery | HostError] = {
            name: failure() if role is None else discovery(evaluation(name, role))
            for name in sorted(worker.devices)[:count]
        }
        worker.work(lambda: finish(worker.claim, outcomes))

    @rule(worker=consumes(workers))
    def the_worker_ends(self, worker: SimulatedWorker) -> None:
        over = worker.has_finished or worker.is_cancelled
        worker.work(worker.end if over else lambda: release_shard(claim=worker.claim))

    @rule(worker=consumes(workers))
    def the_worker_is_killed(self, worker: SimulatedWorker) -> None:
        pass

    @rule(worker=workers)
    def a_lease_runs_out(self, worker: SimulatedWorker) -> None:
        self._expire(Shard.objects.filter(pk=worker.claim.shard_id))

    @rule(target=workers, worker=workers)
    def another_takes_over(self, worker: SimulatedWorker) -> Any:
        self._expire(Shard.objects.filter(pk=worker.claim.shard_id))
        return self._claim(worker.claim.shard_id)

    @rule(job=jobs, force=st.booleans())
    def cancel(self, job: int, force: bool) -> None:
        state = Job.objects.get(pk=job).state
        if state in {JobState.SUCCESS, JobState.FAILURE}:
            with pytest.raises(Refused, match="already ended"):
                cancel_job(job_id=job, actor="bob", force=force)
            return
        outcome = cancel_job(job_id=job, actor="bob", force=force)
        after = Job.objects.get(pk=job)
        if outcome is CancelOutcome.CANCELLED:
            assert after.state == JobState.CANCELLED
        else:
            assert after.cancelling
            assert after.force_stop >= force

    @rule(target=jobs, job=jobs)
    def retry(self, job: int) -> Any:
        old = Job.objects.get(pk=job)
        failed = set(
            old.devices.filter(state=DeviceState.FAILED).values_list("device_name", flat=True)
        )
        if not old.is_terminal or not failed:
            with pytest.raises(Refused):
                retry_failed(job_id=job, user=None)
            return multiple()
        new = retry_failed(job_id=job, user=None)
        assert set(new.devices.values_list("device_name", flat=True)) == failed
        return new.pk

    @invariant()
    def the_promises_hold(self) -> None:
        check_tables()
        self._watch.look()

    def _claim(self, shard_id: int) -> Any:
        claim = claim_shard(shard_id=shard_id, worker="simulated")
        return multiple() if claim is None else SimulatedWorker(claim)

    def _expire(self, shards: Any) -> None:
        shards.filter(state=ShardState.RUNNING).update(lease_until=timezone.now() - PAST)

    def _bring_everything_to_an_end(self) -> None:
        """A cluster that works brings every job to an end, whatever was before."""
        Job.objects.update(scheduled_for=timezone.now() - PAST)
        for _round in range(DRAINING_ROUNDS):
            if not Job.objects.active().exists():
                break
            self._expire(Shard.objects.all())
            self.messages_wait_long(lost=False)
            tick()
            self._work_off_the_queue()
        assert not Job.objects.active().exists(), "a job was not brought to an end"
        assert not Shard.objects.open().exists()
        self.the_promises_hold()

    def _work_off_the_queue(self) -> None:
        messages = list(OrmQ.objects.order_by("pk"))
        OrmQ.objects.all().delete()
        for message in messages:
            claim = claim_shard(shard_id=message.task["args"][0], worker="last")
            if claim is None:
                continue
            worker = SimulatedWorker(claim)
            worker.reserve()
            finish(claim, {name: discovery(evaluation(name)) for name in worker.devices})
            if worker.has_finished:
                worker.end()
            else:
                release_shard(claim=claim)


@pytest.mark.django_db
def test_any_interleaving_keeps_the_promises(settings: Any) -> None:
    settings.PRESTAGE = {"SHARD_SIZE": SHARD_SIZE}
    run_state_machine_as_test(LifecycleMachine, settings=PROFILE)
