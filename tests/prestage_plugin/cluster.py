"""A real django-q2 cluster on the database of the running test."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
from django.db import connection

from prestage_plugin.models import Job

STOP_SECONDS = 45


@contextmanager
def running_cluster(
    *,
    inventory: Path,
    log: Path,
    workers: int = 2,
    command: tuple[str, ...] = ("qcluster",),
    **settings: Any,
) -> Iterator[psutil.Process]:
    """Run a cluster for a test and see that it leaves no process behind.

    Args:
        inventory: Folder of the Nornir inventory.
        log: File for the cluster's output.
        workers: Worker processes.
        command: The management command that runs it.
        **settings: Keys of its `PRESTAGE` beside those of `tests.settings`.
    """
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "PRESTAGE_TEST_DATABASE": str(connection.settings_dict["NAME"]),
        "PRESTAGE_NORNIR_CONFIG": str(inventory / "config.yaml"),
        "PRESTAGE_CLUSTER_WORKERS": str(workers),
    }
    if settings:
        environment["PRESTAGE_TEST_SETTINGS"] = json.dumps(settings)
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "django", *command],
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        cluster = psutil.Process(process.pid)
        try:
            yield cluster
        finally:
            alive = stop(process, cluster)
        assert alive == [], log.read_text()


def stop(process: "subprocess.Popen[bytes]", cluster: psutil.Process) -> list[psutil.Process]:
    """End a cluster in order, and return the processes that were left nevertheless."""
    family = family_of(cluster)
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_SECONDS)
    finally:
        _gone, alive = psutil.wait_procs(family, timeout=5)
        for member in alive:
            member.kill()
    return alive


def family_of(cluster: psutil.Process) -> list[psutil.Process]:
    """The process and everything below it."""
    if not cluster.is_running():
        return []
    return [cluster, *cluster.children(recursive=True)]


def of_role(cluster: psutil.Process, depth: int) -> list[psutil.Process]:
    """The processes that stand so many generations below the given one; none while one ends."""
    generation = [cluster]
    with suppress(psutil.NoSuchProcess):
        for _step in range(depth):
            generation = [child for parent in generation for child in parent.children()]
        return generation
    return []


def wait_for(job: Job, *, seconds: float = 120) -> Job:
    """Wait until the job has ended and return it as it is then."""
    give_up = time.monotonic() + seconds
    while time.monotonic() < give_up:
        job.refresh_from_db()
        if job.is_terminal:
            return job
        time.sleep(0.1)
    raise AssertionError(f"{job} is still {job.state} at {job.percent} % after {seconds} s")
