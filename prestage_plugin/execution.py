"""The bridge: one shard becomes one Nornir run, whose results become batches for the services.

Nornir's worker threads never touch Django; everything here runs in the django-q2 worker's main
thread, which writes results, renews the lease and looks at the cancel flag (decisions 3 and 4).
"""

import logging
import os
import socket
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from django.db import InterfaceError, OperationalError, close_old_connections, transaction
from nornir.core import Nornir
from nornir.core.inventory import Hosts, Inventory
from nornir.core.state import GlobalState
from nornir.core.task import MultiResult

from nornir_tasks import CancelToken, PrestageRunner, StartPermit, discover_role
from nornir_tasks.errors import ErrorCode, PrestageError
from nornir_tasks.outcome import Discovery, HostError, NotStarted, Unchanged, outcome_of
from nornir_tasks.tasks.discover import DISCOVERY
from prestage_plugin.conf import get_settings
from prestage_plugin.inventory import get_nornir
from prestage_plugin.models import Job, JobDevice
from prestage_plugin.services.knowledge import Knowledge, knowledge_of
from prestage_plugin.services.lifecycle import (
    Claim,
    LeaseLostError,
    claim_shard,
    end_shard,
    release_shard,
    renew,
)
from prestage_plugin.services.reservation import reserve_devices
from prestage_plugin.services.results import DeviceResult, StopSignal, record, stop_signal
from prestage_plugin.services.workers import current_worker
from prestage_plugin.states import DeviceState, ShardState

__all__ = ["run_shard"]

logger = logging.getLogger(__name__)

WAIT_FOR_DEVICES = 5.0
"""Seconds that a worker waits for devices that another job holds before it turns to other work."""

_LOOK_INTERVAL = 0.25
_LOOK_COUNTS = 0.7
"""Seconds for which a look that found no cancel lets devices be contacted. The promise is that
none is contacted later than 1 s after a cancel; the rest is for the threads to get their turn."""
_RETRY_INTERVAL = 1.0
_SILENCE = 0.75
"""Share of a lease without a renewal after which a worker lets go of its devices by itself."""
_AWAY = (OperationalError, InterfaceError)
"""What a database raises that is busy, restarting or gone."""
_Answer = TypeVar("_Answer")
_NOT_IN_INVENTORY = PrestageError(
    ErrorCode.NOT_IN_INVENTORY, "The device is not in the Nornir inventory."
)


def run_shard(shard_id: int) -> None:
    """Claim a shard and handle its devices; do nothing when there is nothing to claim.

    Args:
        shard_id: Primary key of the shard.
    """
    close_old_connections()
    worker = current_worker() or f"{socket.gethostname()}:{os.getpid()}"
    claim = claim_shard(shard_id=shard_id, worker=worker)
    if claim is None:
        return
    try:
        ShardRun(claim).run()
    except LeaseLostError:
        logger.warning("shard %d was taken over; attempt %d ends", claim.shard_id, claim.attempt)


class ShardRun:
    """One attempt at one shard.

    Args:
        claim: The hold on the shard.
    """

    def __init__(self, claim: Claim) -> None:
        self._claim = claim
        self._settings = get_settings()
        self._job = Job.objects.get(pk=claim.job_id)
        self._cancel = CancelToken()
        self._permit = StartPermit(_LOOK_COUNTS)
        self._signal: StopSignal | None = None
        self._started: dict[str, datetime] = {}
        self._contacted: dict[str, float] = {}
        self._unwritten_starts: dict[str, datetime] = {}
        self._unwritten_results: list[DeviceResult] = []
        self._written_at = time.monotonic()
        self._box_ends_at = time.monotonic() + self._settings.shard_seconds
        self._hand_back = False
        self._silent = False
        self._hosts = Hosts()
        self._knowledge = Knowledge(exceptions={}, rules_keys={}, known={})

    def run(self) -> None:
        """Handle every device of the shard that has no result yet, then end the shard.

        Raises:
            LeaseLostError: Somebody else has the shard; nothing more was written.
        """
        give_up = time.monotonic() + WAIT_FOR_DEVICES
        while not self._cancel.cancelled:
            names = self._patiently(lambda: reserve_devices(claim=self._claim))
            if names:
                self._handle(names)
            elif self._patiently(self._is_finished):
                break
            elif time.monotonic() > give_up:
                self._hand_back = True
                break
            else:
                # Another job has sessions with what is left.
                time.sleep(_LOOK_INTERVAL)
                self._patiently(self._write)
        self._patiently(self._end)

    def _handle(self, names: Sequence[str]) -> None:
        """Discover these devices and write everything about them."""
        try:
            nornir = self._nornir(names)
        except PrestageError as error:
            self._fail(names, error)
        else:
            self._hosts = nornir.inventory.hosts
            missing = [name for name in names if name not in self._hosts]
            self._fail(missing, _NOT_IN_INVENTORY)
            self._knowledge = self._patiently(lambda: knowledge_of(job=self._job, names=names))
            # Loading an inventory takes a while; a cancel that came meanwhile stops it here.
            self._patiently(self._write)
            self._discover(nornir)
        self._patiently(self._write)

    def _nornir(self, names: Sequence[str]) -> Nornir:
        loaded = get_nornir(generation=self._job.pk)
        known = loaded.inventory.hosts
        # A state of its own: Nornir remembers failed hosts there and would skip them next time.
        return Nornir(
            inventory=Inventory(
                hosts=Hosts({name: known[name] for name in names if name in known}),
                groups=loaded.inventory.groups,
                defaults=loaded.inventory.defaults,
            ),
            config=loaded.config,
            data=GlobalState(),
            runner=PrestageRunner(
                workers=self._settings.workers,
                most_workers=self._settings.most_workers,
                logins=self._settings.logins,
                deadline=self._settings.device_deadline,
                cancel=self._cancel,
                permit=self._permit,
                on_start=self._on_start,
                on_contact=self._on_contact,
                on_result=self._on_result,
                on_tick=self._on_tick,
                tick=_LOOK_INTERVAL,
                keep_results=False,
            ),
        )

    def _discover(self, nornir: Nornir) -> None:
        nornir.run(
            discover_role,
            profile=self._job.profile,
            capability_policy=self._job.capability_policy,
            exceptions=self._knowledge.exceptions,
            known=self._knowledge.known,
        )

    def _on_start(self, name: str) -> None:
        now = datetime.now(UTC)
        self._started[name] = self._unwritten_starts[name] = now

    def _on_contact(self, name: str, moment: float) -> None:
        self._contacted[name] = moment

    def _on_result(self, name: str, result: MultiResult) -> None:
        outcome = outcome_of(name, result)
        # The inventory outlives the job; what was found about its hosts must not pile up in it.
        self._hosts[name].data.pop(DISCOVERY, None)
        if isinstance(outcome, NotStarted) or (self._silent and isinstance(outcome, HostError)):
            # Without a result, a device is left to whoever goes on with the shard.
            return
        self._take(name, outcome)

    def _take(self, name: str, outcome: Discovery | Unchanged | HostError) -> None:
        now = datetime.now(UTC)
        started_at, read_after = self._started.pop(name, now), None
        self._unwritten_starts.pop(name, None)
        contacted = self._contacted.pop(name, None)
        if contacted is not None and self._signal is not None:
            started_at = now - timedelta(seconds=time.monotonic() - contacted)
            read_after = self._signal.clock.at(contacted)
        self._unwritten_results.append(
            DeviceResult(
                device_name=name,
                started_at=started_at,
                ended_at=now,
                read_after=read_after,
                rules_key=self._knowledge.rules_keys.get(name, ""),
                outcome=outcome,
            )
        )

    def _fail(self, names: Sequence[str], error: PrestageError) -> None:
        for name in names:
            self._take(name, HostError(error.code, error.text))

    def _on_tick(self) -> None:
        try:
            if time.monotonic() - self._written_at < self._settings.batch_interval:
                # Between two batches only a look: a cancel is to take effect within a second.
                self._obey(stop_signal(claim=self._claim))
            else:
                self._write()
        except _AWAY:
            # What is unwritten waits for the next tick.
            logger.warning("could not write results yet", exc_info=True)
            close_old_connections()
            self._let_go_in_time()

    def _let_go_in_time(self) -> None:
        """End all sessions before the lease runs out and another worker opens its own."""
        if time.monotonic() - self._written_at > self._settings.lease * _SILENCE:
            self._silent = True
            self._cancel.force()

    def _write(self) -> None:
        signal = record(
            claim=self._claim, started=self._unwritten_starts, results=self._unwritten_results
        )
        self._unwritten_starts, self._unwritten_results = {}, []
        self._written_at = time.monotonic()
        self._obey(signal)

    def _obey(self, signal: StopSignal) -> None:
        self._signal = signal
        time_is_up = time.monotonic() > self._box_ends_at
        self._hand_back = (signal.drain or self._silent or time_is_up) and not signal.cancel
        if signal.force:
            self._cancel.force()
        elif signal.cancel or self._hand_back:
            self._cancel.cancel()
        else:
            self._permit.renew(seen_at=signal.looked_at)

    def _patiently(self, action: Callable[[], _Answer]) -> _Answer:
        """Repeat it while the database is away; away for less than a lease loses nothing."""
        give_up = time.monotonic() + self._settings.lease
        while True:
            try:
                return action()
            except _AWAY:
                if time.monotonic() > give_up:
                    raise
                logger.warning("the database does not answer yet", exc_info=True)
                close_old_connections()
                time.sleep(_RETRY_INTERVAL)

    def _end(self) -> None:
        if self._hand_back and not self._is_finished():
            release_shard(claim=self._claim)
            return
        with transaction.atomic():
            renew(claim=self._claim)
            end_shard(shard_id=self._claim.shard_id, state=ShardState.DONE)

    def _is_finished(self) -> bool:
        rows = JobDevice.objects.filter(shard_id=self._claim.shard_id)
        return not rows.filter(state__in=DeviceState.open()).exists()
