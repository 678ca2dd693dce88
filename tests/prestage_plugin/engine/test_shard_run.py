"""What a worker does when it is cancelled early or cannot reach its database (spec, 4 and 5)."""

from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError
from django_q.brokers import Broker
from nornir.core import Nornir

from nornir_tasks.lab import Fleet, LabProcess
from prestage_plugin import execution
from prestage_plugin.inventory import forget_nornir, get_nornir
from prestage_plugin.services.cancel import cancel_job
from prestage_plugin.services.inventory import sync_devices
from prestage_plugin.services.results import StopSignal, record
from prestage_plugin.services.submit import JobRequest, submit_job

LEASE = 4
TURNS = 30
"""Enough for six devices, two at a time, on a machine that is busy with other tests."""


def use(lab: LabProcess, settings: Any) -> None:
    settings.PRESTAGE = {
        "NORNIR_CONFIG": str(lab.inventory_directory / "config.yaml"),
        "LEASE": LEASE,
    }
    forget_nornir()
    sync_devices()


def test_a_cancel_while_the_inventory_is_loaded_starts_no_device(
    broker: Broker, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten thousand hosts take seconds to load; a cancel is acknowledged in between."""

    def load_and_be_cancelled(*, generation: object) -> Nornir:
        cancel_job(job_id=job.pk, actor="bob")
        return get_nornir(generation=generation)

    with LabProcess(Fleet.of({"npe": 3}), directory=tmp_path / "lab") as lab:
        use(lab, settings)
        job = submit_job(request=JobRequest(), user=None)
        monkeypatch.setattr(execution, "get_nornir", load_and_be_cancelled)
        execution.run_shard(job.shards.get().pk)
        assert lab.statistics()["connections"] == 0
    job.refresh_from_db()
    assert (job.state, job.cancelled) == ("cancelled", 3)


def test_a_worker_without_its_database_ends_its_sessions_before_its_lease_does(
    broker: Broker, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or the worker that takes the shard over would have second sessions with its devices."""

    def away_while_sessions_are_open(**batch: Any) -> StopSignal:
        if lab.statistics()["sessions_open"]:
            raise OperationalError("the database does not answer")
        return record(**batch)

    hanging = Fleet.of({}, faults={"hang-rpc": 3})
    with LabProcess(hanging, directory=tmp_path / "lab") as lab:
        use(lab, settings)
        job = submit_job(request=JobRequest(), user=None)
        monkeypatch.setattr(execution, "record", away_while_sessions_are_open)
        execution.run_shard(job.shards.get().pk)
    job.refresh_from_db()
    shard = job.shards.get()
    # Nobody had taken it over yet, so it was handed back, and no device was given a result.
    assert (job.finished, shard.state, shard.crashes) == (0, "queued", 0)


def test_a_shard_whose_time_is_up_is_handed_back_until_every_device_had_its_turn(
    broker: Broker, settings: Any, tmp_path: Path
) -> None:
    with LabProcess(Fleet.of({"npe": 6}), latency_ms=200, directory=tmp_path / "lab") as lab:
        use(lab, settings)
        in_flight = {"WORKERS": 2, "MOST_WORKERS": 2}
        settings.PRESTAGE |= in_flight | {"SHARD_SECONDS": 0.3, "BATCH_INTERVAL": 0.1}
        job = submit_job(request=JobRequest(), user=None)
        shard = job.shards.get()
        execution.run_shard(shard.pk)
        job.refresh_from_db()
        shard.refresh_from_db()
        assert job.finished < 6
        assert shard.state == "queued"
        for _turn in range(TURNS):
            execution.run_shard(shard.pk)
        contacts = lab.statistics()["connections"]
    job.refresh_from_db()
    shard.refresh_from_db()
    assert (job.state, job.prestaged, contacts, shard.crashes) == ("success", 6, 6, 0)
