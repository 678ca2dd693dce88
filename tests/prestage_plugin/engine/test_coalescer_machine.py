"""Any interleaving of events, reads, jobs, cancels and crashes keeps the guarantee of events.

After an event at time t, a read of that device that began after t completes, or its failure is
visible; and all events on a device inside a window cost one read (prestaging spec, section 6). The
model beside the real tables has each device's events and reads in the order in which they happened.
"""

import os
import time
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.db.models import F
from django.utils import timezone
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

from prestage_plugin.errors import Refused
from prestage_plugin.models import AutoSettings, ChangeEvent, DeviceChange, Job, JobDevice, Shard
from prestage_plugin.services.cancel import cancel_job
from prestage_plugin.services.coalesce import coalesce
from prestage_plugin.services.events import Heard, accept_events
from prestage_plugin.services.lifecycle import LeaseLostError, claim_shard
from prestage_plugin.services.reservation import reserve_devices
from prestage_plugin.services.results import DeviceResult, record, stop_signal
from prestage_plugin.services.scope import Scope
from prestage_plugin.services.submit import JobRequest, submit_job
from prestage_plugin.services.tick import tick
from prestage_plugin.states import (
    ChangeSource,
    ChangeState,
    DeviceState,
    EventState,
    JobType,
    ShardState,
)
from tests.prestage_plugin.engine.coalescer_model import (
    IDLE,
    WAIT,
    Event,
    History,
    KilledError,
    Read,
    SimulatedWorker,
    is_over,
    killed_at,
    may_be_over,
    raise_killed,
)
from tests.prestage_plugin.services.build import NOON, discovery, evaluation, failure, make_devices

DEVICES = ["pe1", "pe2", "pe3"]
ROUNDS = 30
PROFILE = settings(
    max_examples=int(os.environ.get("PRESTAGE_TEST_EXAMPLES", "60")),
    stateful_step_count=40,
    deadline=None,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
)


class CoalescerMachine(RuleBasedStateMachine):
    """Each rule is something that can happen at any time."""

    jobs = Bundle("jobs")
    workers = Bundle("workers")

    def __init__(self) -> None:
        super().__init__()
        self._transaction = transaction.atomic()
        self._transaction.__enter__()
        self._devices = {device.name: device.pk for device in make_devices(*DEVICES)}
        self._histories = {name: History() for name in DEVICES}
        self._order = 0
        self._passed = 0.0
        self._most_jobs = 0

    def teardown(self) -> None:
        try:
            self._bring_everything_to_an_end()
        finally:
            transaction.set_rollback(True)
            self._transaction.__exit__(None, None, None)

    def _next(self) -> int:
        self._order += 1
        return self._order

    def _now(self) -> float:
        return time.monotonic() + self._passed

    @rule(
        names=st.lists(st.sampled_from(DEVICES), min_size=1, max_size=4),
        source=st.sampled_from(ChangeSource),
    )
    def events_come(self, names: list[str], source: ChangeSource) -> None:
        earliest = self._now()
        accept_events(heard=self._heard(names, source))
        self._remember(names, earliest)

    @rule(names=st.lists(st.sampled_from(DEVICES), min_size=1), statement=st.integers(0, 4))
    def a_source_is_killed(self, names: list[str], statement: int) -> None:
        """What it had not acknowledged may be lost, and half of it is not there."""
        before, earliest = ChangeEvent.objects.count(), self._now()
        with suppress(KilledError), killed_at(statement):
            accept_events(heard=self._heard(names, ChangeSource.SYSLOG))
        if ChangeEvent.objects.count() != before:
            # The last statement was committed; the sender was not told, and may say it again.
            self._remember(names, earliest)
        assert ChangeEvent.objects.count() in {before, before + len(names)}

    @rule(seconds=st.sampled_from([1.0, 4.0, 11.0, 25.0]))
    def time_passes(self, seconds: float) -> None:
        past = timedelta(seconds=seconds)
        ChangeEvent.objects.update(received_at=F("received_at") - past)
        DeviceChange.objects.update(first_at=F("first_at") - past, last_at=F("last_at") - past)
        JobDevice.objects.update(read_after=F("read_after") - past)
        self._passed += seconds

    @rule()
    def tick(self) -> None:
        before = self._auto_jobs()
        waiting = {name: history.unanswered() for name, history in self._histories.items()}
        windows = {name: history.window() for name, history in self._histories.items()}
        busy = self._devices_under_way()
        at_work = Job.objects.active().filter(job_type=JobType.AUTO).count()
        over = {name for name, window in windows.items() if is_over(window, at=self._now())}
        tick()
        [*started] = [job for job in self._auto_jobs() if job not in before]
        assert len(started) <= 1, "devices whose window ends together form one job"
        assert not started or at_work < self._most_jobs, "more auto jobs at a time than allowed"
        read = {name for job in started for name in self._names_of(job)}
        for name, history in self._histories.items():
            if name in read:
                assert waiting[name], f"{name}: a needless read"
                assert windows[name], f"{name}: a read for events that had theirs"
                assert may_be_over(windows[name], at=self._now()), f"{name}: read too early"
                assert name not in busy, f"{name}: a read is under way"
            elif name in over and waiting[name] and name not in busy and at_work < self._most_jobs:
                raise AssertionError(f"{name}: its window is over and nothing was started")
            if name in read or not waiting[name]:
                history.settle()

    @rule(
        names=st.lists(st.sampled_from(DEVICES), min_size=1),
        seconds=st.sampled_from([IDLE + 1, WAIT + 1]),
    )
    def devices_change_and_their_windows_end(self, names: list[str], seconds: float) -> None:
        self.events_come(names, ChangeSource.NETCONF)
        self.time_passes(seconds)
        self.tick()

    @rule(statement=st.integers(0, 25))
    def the_coalescer_is_killed(self, statement: int) -> None:
        events = ChangeEvent.objects.count()
        jobs = Job.objects.count()
        with suppress(KilledError), transaction.atomic(), killed_at(statement):
            coalesce()
            raise_killed()
        assert (ChangeEvent.objects.count(), Job.objects.count()) == (events, jobs)

    @initialize(target=jobs, most_jobs=st.integers(1, 2), busy=st.booleans())
    def a_manual_job_may_be_in_progress(self, most_jobs: int, busy: bool) -> Any:
        AutoSettings.objects.create(pk=1, most_jobs=most_jobs)
        self._most_jobs = most_jobs
        return submit_job(request=JobRequest(), user=None).pk if busy else multiple()

    @rule(
        target=jobs,
        names=st.sets(st.sampled_from(DEVICES), min_size=1),
        job_type=st.sampled_from([JobType.MANUAL, JobType.DISCOVER_ONLY]),
        dry_run=st.booleans(),
    )
    def somebody_starts_a_job(self, names: set[str], job_type: JobType, dry_run: bool) -> int:
        scope = Scope(kind="devices", devices=tuple(sorted(names)))
        request = JobRequest(scope=scope, job_type=job_type, dry_run=dry_run)
        return submit_job(request=request, user=None).pk

    @rule(target=workers, position=st.integers(0, 100), contact=st.booleans())
    def a_message_is_delivered(self, position: int, contact: bool) -> Any:
        shard_ids = list(Shard.objects.open().order_by("pk").values_list("pk", flat=True))
        if not shard_ids:
            return multiple()
        claim = claim_shard(shard_id=shard_ids[position % len(shard_ids)], worker="simulated")
        if claim is None:
            return multiple()
        worker = SimulatedWorker(claim)
        if contact:
            self._contact(worker)
        return worker

    @rule(worker=workers)
    def devices_are_contacted(self, worker: SimulatedWorker) -> None:
        if worker.is_there():
            self._contact(worker)

    @rule(worker=workers)
    def devices_change_while_they_are_read(self, worker: SimulatedWorker) -> None:
        """As with `commit confirmed` and then `commit`."""
        if worker.reads:
            self.events_come(sorted(worker.reads), ChangeSource.SYSLOG)

    @rule(
        target=workers,
        name=st.sampled_from(DEVICES),
        during=st.booleans(),
        end=st.sampled_from(["works", "fails", "cancelled"]),
        dry_run=st.booleans(),
    )
    def a_changed_device_is_read(self, name: str, during: bool, end: str, dry_run: bool) -> Any:
        """The order that matters most; chance alone would hit it too rarely."""
        self.events_come([name], ChangeSource.WEBHOOK)
        scope = Scope(kind="devices", devices=(name,))
        job = submit_job(request=JobRequest(scope=scope, dry_run=dry_run), user=None)
        claim = claim_shard(shard_id=job.shards.get().pk, worker="simulated")
        assert claim is not None
        worker = SimulatedWorker(claim)
        self._contact(worker)
        if during:
            self.events_come([name], ChangeSource.SYSLOG)
        if end == "cancelled":
            cancel_job(job_id=job.pk, actor="bob")
            worker.end()
            return multiple()
        self._end_reads(worker, sorted(worker.reads), works=end == "works")
        return worker

    @rule(worker=workers, count=st.integers(1, 3), works=st.booleans())
    def reads_end(self, worker: SimulatedWorker, count: int, works: bool) -> None:
        if worker.is_there():
            self._end_reads(worker, sorted(worker.reads)[:count], works)

    @rule(worker=consumes(workers))
    def the_worker_ends(self, worker: SimulatedWorker) -> None:
        if worker.is_there():
            worker.end()

    @rule(worker=consumes(workers))
    def the_worker_is_killed(self, worker: SimulatedWorker) -> None:
        past = timezone.now() - timedelta(minutes=10)
        Shard.objects.filter(pk=worker.claim.shard_id, state=ShardState.RUNNING).update(
            lease_until=past
        )

    @rule(job=jobs, force=st.booleans())
    def somebody_cancels(self, job: int, force: bool) -> None:
        with suppress(Refused):  # it may have ended
            cancel_job(job_id=job, actor="bob", force=force)

    @rule(position=st.integers(0, 100))
    def somebody_cancels_an_auto_job(self, position: int) -> None:
        jobs = sorted(Job.objects.active().filter(job_type=JobType.AUTO).values_list("pk"))
        if jobs:
            with suppress(Refused):  # its last result is there, and this is what closes it
                cancel_job(job_id=jobs[position % len(jobs)][0], actor="bob")

    @invariant()
    def no_event_is_lost(self) -> None:
        accepted = sum(len(history.events) for history in self._histories.values())
        assert ChangeEvent.objects.count() == accepted
        assert not ChangeEvent.objects.filter(state=EventState.TAKEN).exists()
        for change in DeviceChange.objects.all():
            heard = change.heard.count()
            assert change.events == heard > 0
            newest = max(change.heard.values_list("received_at", flat=True))
            assert change.last_at == newest

    @invariant()
    def what_is_said_to_be_answered_was_read_afterwards(self) -> None:
        for name, history in self._histories.items():
            order = dict(zip(self._event_keys(name), history.events, strict=True))
            for change in DeviceChange.objects.filter(
                device__name=name, state=ChangeState.ABSORBED
            ):
                last = max(order[key].place for key in change.heard.values_list("pk", flat=True))
                assert any(
                    read.began > last and read.counts and read.ended for read in history.reads
                ), f"{name}: absorbed by a read that began too early"

    def _heard(self, names: list[str], source: ChangeSource) -> list[Heard]:
        return [Heard(source=source, device_id=self._devices[name]) for name in names]

    def _event_keys(self, name: str) -> list[int]:
        events = ChangeEvent.objects.filter(device__name=name).order_by("pk")
        return list(events.values_list("pk", flat=True))

    def _auto_jobs(self) -> list[int]:
        return list(Job.objects.filter(job_type=JobType.AUTO).values_list("pk", flat=True))

    def _names_of(self, job_id: int) -> list[str]:
        rows = JobDevice.objects.filter(job_id=job_id)
        return list(rows.values_list("device_name", flat=True))

    def _devices_under_way(self) -> set[str]:
        rows = JobDevice.objects.filter(state__in=DeviceState.open(), job__dry_run=False)
        return set(rows.values_list("device_name", flat=True))

    def _remember(self, names: list[str], earliest: float) -> None:
        for name in names:
            event = Event(self._next(), earliest, self._now())
            self._histories[name].events.append(event)

    def _contact(self, worker: SimulatedWorker) -> None:
        try:
            names = reserve_devices(claim=worker.claim)
        except LeaseLostError:
            return
        counts = not Job.objects.get(pk=worker.claim.job_id).dry_run
        for name in names:
            if name not in worker.reads:
                clock = stop_signal(claim=worker.claim).clock
                read = Read(began=self._next(), counts=counts)
                # What a worker remembers moves with the rest when time passes.
                contacted_at = clock.at(time.monotonic()) + timedelta(seconds=self._passed)
                worker.reads[name] = (read, contacted_at)
                self._histories[name].reads.append(read)

    def _end_reads(self, worker: SimulatedWorker, names: list[str], works: bool) -> None:
        reads = [(name, *worker.reads.pop(name)) for name in names]
        passed = timedelta(seconds=self._passed)
        results = [
            DeviceResult(
                device_name=name,
                started_at=NOON,
                ended_at=NOON,
                read_after=contacted_at - passed,
                outcome=discovery(evaluation(name)) if works else failure(),
            )
            for name, _read, contacted_at in reads
        ]
        record(claim=worker.claim, started={}, results=results)
        for _name, read, _contacted_at in reads:
            read.ended = True

    def _bring_everything_to_an_end(self) -> None:
        """Time passes, workers work; then every event is answered, visibly."""
        past = timezone.now() - timedelta(minutes=10)
        for _round in range(ROUNDS):
            Shard.objects.filter(state=ShardState.RUNNING).update(lease_until=past)
            self._work_off()
            self.time_passes(WAIT + 1)
            self.tick()
            idle = not (
                DeviceChange.objects.pending().exists()
                or ChangeEvent.objects.new().exists()
                or Job.objects.active().exists()
            )
            if idle:
                break
        assert not Job.objects.active().exists()
        assert not DeviceChange.objects.pending().exists(), "an event was never answered"
        for name, history in self._histories.items():
            assert not [
                event for event in history.unanswered() if not self._was_cancelled(name, event)
            ], f"{name}: no read that began after the event ended"
        self.no_event_is_lost()

    def _was_cancelled(self, name: str, event: Event) -> bool:
        """Whether a person cancelled, for all to see, the auto job that was to answer it."""
        position = self._histories[name].events.index(event)
        change = ChangeEvent.objects.get(pk=self._event_keys(name)[position]).change
        assert change is not None
        row = JobDevice.objects.get(job=change.job, device_name=name)
        return change.state == ChangeState.STARTED and row.state == DeviceState.CANCELLED

    def _work_off(self) -> None:
        for shard_id in list(Shard.objects.open().values_list("pk", flat=True)):
            claim = claim_shard(shard_id=shard_id, worker="last")
            if claim is not None:
                worker = SimulatedWorker(claim)
                self._contact(worker)
                self._end_reads(worker, sorted(worker.reads), works=True)
                worker.end()


# PostgreSQL on a busy machine takes its time for a thousand steps of several statements each.
@pytest.mark.timeout(900)
@pytest.mark.django_db
def test_any_interleaving_keeps_the_guarantee(settings: Any) -> None:
    settings.PRESTAGE = {
        "AUTO": True,
        "AUTO_WAIT": WAIT,
        "AUTO_IDLE": IDLE,
        "SHARD_SIZE": 2,
    }
    run_state_machine_as_test(CoalescerMachine, settings=PROFILE)
