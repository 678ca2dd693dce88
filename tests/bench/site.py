"""A ready-made site with a worker, for as long as a benchmark takes.

Importing `django_part` of it sets Django up, so the environment has to be made first.
"""

import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

__all__ = ["prepare", "worker"]

PROCESSES = 2
STOP_SECONDS = 45.0
START_SECONDS = 30.0


def prepare(*, folder: Path, inventory: Path, **settings: str) -> None:
    """Make this process and its children one site; call it before Django is set up.

    Args:
        folder: For the database, the cache and the log.
        inventory: Folder of the Nornir inventory.
        **settings: Further environment variables of the ready-made site.
    """
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "tests.bench.settings",
        "PRESTAGE_DATA": str(folder),
        "PRESTAGE_DEVELOPMENT": "1",
        "PRESTAGE_SECRET_KEY": secrets.token_urlsafe(60),
        "PRESTAGE_NORNIR_CONFIG": str(inventory / "config.yaml"),
        **settings,
    }


@contextmanager
def worker(*, folder: Path, processes: int = PROCESSES) -> Iterator[psutil.Process]:
    """Run `prestage_worker` and return its process, whose family carries the jobs."""
    log = folder / "worker.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "django", "prestage_worker", "--processes", str(processes)],
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        family = psutil.Process(process.pid)
        try:
            _wait_for_workers(family, processes + 2)
            yield family
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(STOP_SECONDS)


def _wait_for_workers(family: psutil.Process, count: int) -> None:
    """Wait until the sentinel has started its workers, monitor and pusher."""
    give_up = time.monotonic() + START_SECONDS
    while len(family.children(recursive=True)) < count + 2:
        if time.monotonic() > give_up:
            raise TimeoutError("the worker did not start")
        time.sleep(0.1)
    time.sleep(1)
