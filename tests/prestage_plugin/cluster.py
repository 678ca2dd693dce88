"""A real django-q2 cluster on the database of the running test."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from django.db import connection

from prestage_plugin.models import Job

STOP_SECONDS = 20


@contextmanager
def running_cluster(*, inventory: Path, log: Path, workers: int = 2) -> Iterator[psutil.Process]:
    """Run `manage.py qcluster` for a test and see that it leaves no process behind.

    Args:
        inventory: Folder of the Nornir inventory.
        log: File for the cluster's output.
        workers: Worker processes.
    """
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "PRESTAGE_TEST_DATABASE": str(connection.settings_dict["NAME"]),
        "PRESTAGE_NORNIR_CONFIG": str(inventory / "config.yaml"),
        "PRESTAGE_CLUSTER_WORKERS": str(workers),
    }
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "django", "qcluster"],
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        cluster = psutil.Process(process.pid)
        try:
            yield cluster
        finally:
            family = [cluster, *cluster.children(recursive=True)]
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(STOP_SECONDS)
                _gone, alive = psutil.wait_procs(family, timeout=5)
            finally:
                for member in family:
                    if member.is_running():
                        member.kill()
            assert alive == [], log.read_text()


def wait_for(job: Job, *, seconds: float = 120) -> Job:
    """Wait until the job has ended and return it as it is then."""
    give_up = time.monotonic() + seconds
    while time.monotonic() < give_up:
        job.refresh_from_db()
        if job.is_terminal:
            return job
        time.sleep(0.1)
    raise AssertionError(f"{job} is still {job.state} at {job.percent} % after {seconds} s")
