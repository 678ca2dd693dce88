"""The main job on a real cluster against a fleet of 500 routers, some of them broken."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest
from django.db.models import Max
from django.utils import timezone

from nornir_tasks.evaluation import complete_document
from nornir_tasks.lab import FAULTS, Fleet, LabProcess
from prestage_plugin.inventory import forget_nornir
from prestage_plugin.models import Device, Job, JobDevice
from prestage_plugin.services.cancel import CancelOutcome, cancel_job
from prestage_plugin.services.inventory import sync_devices
from prestage_plugin.services.submit import JobRequest, submit_job
from prestage_plugin.states import DeviceState, JobState
from tests.prestage_plugin.cluster import running_cluster, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

LATENCY_MS = 50
LATEST_START = timedelta(seconds=1)
"""After the acknowledgement of a cancel. It holds on a busy machine as well: a worker that has not
looked for a cancel lately contacts nobody."""
SHORT_LIMITS = "      connect_timeout: 4\n      rpc_timeout: 6\n      reply_limit: 8000000\n"


def synchronise(settings: Any, lab: LabProcess) -> None:
    """Use the lab's inventory, with limits that broken devices run into soon."""
    with (lab.inventory_directory / "defaults.yaml").open("a") as defaults:
        defaults.write(SHORT_LIMITS)
    settings.PRESTAGE = {"NORNIR_CONFIG": str(lab.inventory_directory / "config.yaml")}
    forget_nornir()
    sync_devices()


Answer = tuple[str, str | None, tuple[str, ...]]
"""Role, loopback and the interfaces that can be UNI."""


def truth_of(fleet: Fleet) -> dict[str, Answer]:
    """The truth about the devices that can be read, logical systems included."""
    truths = {}
    for device in fleet.devices:
        if device.fault is None:
            truths[device.name] = device.truth
            for name, truth in device.truth.logical_systems.items():
                truths[f"{device.name}:{name}"] = truth
    return {
        name: (str(truth.role_csd), truth.loopback, truth.uni) for name, truth in truths.items()
    }


def found() -> dict[str, Answer]:
    """What the database says about the devices that were read."""
    answers = {}
    for device in Device.objects.exclude(recommended_role="").select_related("evaluation"):
        interfaces = complete_document(device.evaluation.result)["interfaces"]
        unis = sorted(each["name"] for each in interfaces if each["verdict"] == "recommended")
        answers[device.name] = (device.recommended_role, device.loopback, tuple(unis))
    return answers


def test_500_devices_every_fault_its_code_every_other_device_its_true_role(
    settings: Any, tmp_path: Path
) -> None:
    healthy = Fleet.generate(devices=500 - len(FAULTS), seed=7)
    kinds = Counter(device.kind for device in healthy.devices)
    fleet = Fleet.of(kinds, faults=dict.fromkeys(FAULTS, 1), seed=7)
    threads_before = threading.active_count()

    with LabProcess(fleet, latency_ms=LATENCY_MS, directory=tmp_path / "lab") as lab:
        synchronise(settings, lab)
        with running_cluster(inventory=lab.inventory_directory, log=tmp_path / "log") as cluster:
            job = wait_for(submit_job(request=JobRequest(), user=None))
            family = [cluster, *cluster.children(recursive=True)]
            connections = sockets_of(family, to_port=lab.port)
        open_sessions = lab.statistics()["sessions_open"]

    assert JobDevice.objects.filter(job=job).count() == job.total == len(fleet.devices) == 500
    errors = dict(job.devices.exclude(error_code="").values_list("device_name", "error_code"))
    assert errors == {
        device.name: str(device.truth.error_code) for device in fleet.devices if device.fault
    }
    assert found() == truth_of(fleet)
    assert (job.state, job.percent, job.failed) == (JobState.FAILURE, 100, len(FAULTS))
    assert job.prestaged == 500 - len(FAULTS)
    assert (open_sessions, connections) == (0, [])
    assert threading.active_count() == threads_before


def sockets_of(processes: list[psutil.Process], *, to_port: int) -> list[Any]:
    sockets = [c for process in processes for c in process.net_connections(kind="tcp")]
    # Those to the database and the broker stay open.
    return [each for each in sockets if each.raddr and each.raddr.port == to_port]


def test_cancelling_starts_no_new_device_and_lets_those_in_flight_finish(
    settings: Any, tmp_path: Path
) -> None:
    fleet = Fleet.of({"npe": 500})
    with LabProcess(fleet, latency_ms=400, directory=tmp_path / "lab") as lab:
        synchronise(settings, lab)
        with running_cluster(inventory=lab.inventory_directory, log=tmp_path / "log"):
            job = submit_job(request=JobRequest(), user=None)
            wait_until_some_are_done(job)

            assert cancel_job(job_id=job.pk, actor="bob") is CancelOutcome.CANCELLING
            promised = timezone.now() + LATEST_START
            assert cancel_job(job_id=job.pk, actor="bob") in CancelOutcome
            job = wait_for(job)
            statistics = lab.statistics()

    assert statistics["sessions_open"] == 0
    last_start = job.devices.aggregate(at=Max("started_at"))["at"]
    assert last_start < promised
    states = Counter(job.devices.values_list("state", flat=True))
    assert set(states) == {DeviceState.PRESTAGED, DeviceState.CANCELLED}
    assert (job.prestaged, job.cancelled) == (states["prestaged"], states["cancelled"])
    assert job.prestaged + job.cancelled == job.total == 500
    # Every device that was contacted finished and kept its result.
    assert job.prestaged == statistics["connections"]
    assert Device.objects.exclude(assigned_role="").count() == job.prestaged
    assert job.state == JobState.CANCELLED
    assert job.percent < 100
    assert job.cancel_requested_by == "bob"


def test_a_forced_stop_closes_the_sessions_in_flight(settings: Any, tmp_path: Path) -> None:
    """The devices never answer; without force they would be waited for."""
    fleet = Fleet.of({}, faults={"hang-rpc": 30})
    with LabProcess(fleet, directory=tmp_path / "lab") as lab:
        settings.PRESTAGE = {"NORNIR_CONFIG": str(lab.inventory_directory / "config.yaml")}
        forget_nornir()
        sync_devices()
        with running_cluster(inventory=lab.inventory_directory, log=tmp_path / "log"):
            job = submit_job(request=JobRequest(), user=None)
            wait_until(lambda: lab.statistics()["sessions_open"] == 30)
            cancel_job(job_id=job.pk, actor="bob")
            assert lab.statistics()["sessions_open"] == 30
            cancel_job(job_id=job.pk, actor="bob", force=True)
            job = wait_for(job, seconds=20)
        assert lab.statistics()["sessions_open"] == 0
    assert (job.state, job.cancelled, job.failed) == (JobState.CANCELLED, 30, 0)


def wait_until(condition: Callable[[], bool]) -> None:
    give_up = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < give_up, "not within a minute"
        time.sleep(0.05)


def wait_until_some_are_done(job: Job) -> None:
    give_up = time.monotonic() + 60
    while time.monotonic() < give_up:
        job.refresh_from_db()
        if job.finished:
            return
        time.sleep(0.05)
    raise AssertionError("no device was finished within a minute")
