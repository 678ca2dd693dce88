"""`manage.py prestage_worker`: on time, orderly, and not to be wedged."""

import os
import signal
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest
from django.utils import timezone

from nornir_tasks.lab import Fleet, LabProcess
from prestage_plugin.models import Job, Worker
from prestage_plugin.services.submit import JobRequest, submit_job
from prestage_plugin.states import JobState
from tests.prestage_plugin.acceptance.test_main_job import synchronise, wait_until_some_are_done
from tests.prestage_plugin.cluster import of_role, running_cluster, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

WORKER = ("prestage_worker", "--processes", "2")
CLUSTER, SENTINEL, WORKERS = 1, 2, 3
"""Generations below the supervisor."""


def until(condition: Callable[[], Any], seconds: float = 60) -> None:
    give_up = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up, f"not within {seconds} seconds"
        time.sleep(0.1)


def test_a_job_for_later_starts_within_five_seconds_of_its_time(
    settings: Any, tmp_path: Path
) -> None:
    with LabProcess(Fleet.of({"npe": 2}), directory=tmp_path / "lab") as lab:
        synchronise(settings, lab)
        with running_cluster(
            inventory=lab.inventory_directory, log=tmp_path / "log", command=WORKER
        ):
            until(Worker.objects.exists)
            due = timezone.now() + timedelta(seconds=4)
            job = wait_for(submit_job(request=JobRequest(scheduled_for=due), user=None))
    assert job.state == JobState.SUCCESS
    assert job.started_at is not None
    assert timedelta() <= job.started_at - due < timedelta(seconds=5)


@pytest.mark.parametrize(
    ("number", "send"),
    [(signal.SIGINT, os.kill), (signal.SIGTERM, os.killpg)],
    ids=["SIGINT to the process", "SIGTERM to the group"],
)
def test_stopping_hands_the_work_back_and_leaves_nothing(
    settings: Any, tmp_path: Path, number: int, send: Callable[[int, int], None]
) -> None:
    with LabProcess(Fleet.of({"npe": 400}), latency_ms=800, directory=tmp_path / "lab") as lab:
        synchronise(settings, lab)
        with running_cluster(
            inventory=lab.inventory_directory,
            log=tmp_path / "log",
            command=WORKER,
            MOST_WORKERS=50,
        ) as supervisor:
            job = submit_job(request=JobRequest(), user=None)
            wait_until_some_are_done(job)
            family = [supervisor, *supervisor.children(recursive=True)]
            send(supervisor.pid, number)
            _gone, alive = psutil.wait_procs(family, timeout=30)
            assert alive == []
        job.refresh_from_db()
        assert job.state == JobState.IN_PROGRESS
        assert {shard.state for shard in job.shards.all()} == {"queued"}
        assert not Worker.objects.exists()
        assert lab.statistics()["sessions_open"] == 0
        with running_cluster(
            inventory=lab.inventory_directory, log=tmp_path / "log2", command=WORKER
        ):
            job = wait_for(job)
        contacts = lab.statistics()["connections"]
    assert (job.state, job.prestaged) == (JobState.SUCCESS, 400)
    assert contacts == 400  # nobody was contacted twice


def test_a_cluster_that_is_wedged_is_restarted(settings: Any, tmp_path: Path) -> None:
    """An idle worker that is killed while it waits for work takes the queue's lock with it."""
    with LabProcess(Fleet.of({"npe": 2}), directory=tmp_path / "lab") as lab:
        synchronise(settings, lab)
        with running_cluster(
            inventory=lab.inventory_directory, log=tmp_path / "log", command=WORKER
        ) as supervisor:
            assert wait_for(submit_job(request=JobRequest(), user=None)).state == "success"
            # Whichever of the two holds the lock: after both were killed, nobody gets it.
            for worker in of_role(supervisor, WORKERS)[:2]:
                worker.kill()
            job = wait_for(submit_job(request=JobRequest(), user=None), seconds=60)
            assert job.state == JobState.SUCCESS


@pytest.mark.parametrize("generation", [CLUSTER, SENTINEL], ids=["parent", "sentinel"])
def test_a_cluster_that_died_is_replaced_and_its_orphans_end(
    settings: Any, tmp_path: Path, generation: int
) -> None:
    with LabProcess(Fleet.of({"npe": 2}), directory=tmp_path / "lab") as lab:
        synchronise(settings, lab)
        with running_cluster(
            inventory=lab.inventory_directory, log=tmp_path / "log", command=WORKER
        ) as supervisor:
            until(lambda: len(of_role(supervisor, WORKERS)) == 4)  # two, a monitor, a pusher
            first = supervisor.children(recursive=True)
            of_role(supervisor, generation)[0].kill()
            job = submit_job(request=JobRequest(), user=None)
            assert wait_for(job).state == JobState.SUCCESS
            _gone, alive = psutil.wait_procs(first, timeout=10)
            assert alive == []


def test_a_supervisor_that_was_killed_takes_its_cluster_with_it(
    settings: Any, tmp_path: Path
) -> None:
    with LabProcess(Fleet.of({"npe": 2}), directory=tmp_path / "lab") as lab:
        synchronise(settings, lab)
        with running_cluster(
            inventory=lab.inventory_directory, log=tmp_path / "log", command=WORKER
        ) as supervisor:
            until(lambda: len(of_role(supervisor, WORKERS)) == 4)
            family = [supervisor, *supervisor.children(recursive=True)]
            supervisor.kill()
            _gone, alive = psutil.wait_procs(family, timeout=10)
            assert alive == []
    assert not Job.objects.exists()
