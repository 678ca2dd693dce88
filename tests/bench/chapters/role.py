"""From a commit on a device to its role in the database, with everything that is between them."""

import json
import subprocess
import sys
import tempfile
import time
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from nornir_tasks.lab import Fleet, LabProcess
from tests.bench import site
from tests.bench.chapter import Chapter, Table
from tests.bench.chapters.waiting import SHARES, distribution
from tests.ports import free_port

__all__ = ["measure"]

TRIES = 10
DEVICES = 20
LOOK_SECONDS = 0.05
GIVE_UP = 90.0
OTHER_KIND = "ce"


def measure(options: Namespace) -> Chapter:
    """Commit on one device after the other, and wait for its role each time."""
    tries = max(2, TRIES * options.scale // 100)
    port = free_port()
    fleet = Fleet.of({"npe": DEVICES})
    with (
        tempfile.TemporaryDirectory() as name,
        LabProcess(fleet, syslog=f"udp:127.0.0.1:{port}", host_key="ed25519") as lab,
    ):
        site.prepare(
            folder=Path(name),
            inventory=lab.inventory_directory,
            PRESTAGE_BENCH_SETTINGS=json.dumps({"AUTO": True}),
        )
        from tests.bench import job

        job.create_site()
        with site.worker(folder=Path(name)), _listener(port):
            job.run_job()
            seconds = [
                _change(lab, fleet.devices[number % DEVICES].name) for number in range(tries)
            ]
    chapter = Chapter(
        "From commit to role",
        f"{tries} commits, one after the other, that make a customer edge of a provider edge; told "
        "by syslog over UDP; default settings, so that a job starts when the device has been quiet "
        "for 10 s. Seconds from the commit to the role in the database.",
    )
    chapter.tables = [
        Table(
            ["", *(f"{share} %" for share in SHARES)],
            [distribution("from commit to role", seconds)],
        )
    ]
    return chapter


def _change(lab: LabProcess, name: str) -> float:
    from prestage_plugin.models import Device

    before = lab.control("show", name)["truth"]["role_csd"]
    lab.control("set-kind", name, OTHER_KIND)
    committed = time.monotonic()
    wanted = lab.control("show", name)["truth"]["role_csd"]
    assert wanted != before, "the role has to change to be seen"
    _until(lambda: Device.objects.get(name=name).recommended_role == wanted)
    return time.monotonic() - committed


@contextmanager
def _listener(port: int) -> Iterator[None]:
    process = subprocess.Popen(
        [sys.executable, "-m", "django", "prestage_listen", "--syslog-udp", f"127.0.0.1:{port}"],
        stderr=subprocess.DEVNULL,
    )
    try:
        _until_it_listens()
        yield
    finally:
        process.terminate()
        process.wait(30)


def _until_it_listens() -> None:
    """Wait for the listener's sign of life, and until all devices that are new have been read."""
    from prestage_plugin.models import DeviceChange, Job, ListenerStatus
    from prestage_plugin.states import JobState

    def settled() -> bool:
        busy = Job.objects.filter(state__in=JobState.active()).exists()
        pending = DeviceChange.objects.pending().exists()
        return ListenerStatus.objects.exists() and not busy and not pending

    _until(settled)


def _until(condition: Callable[[], bool]) -> None:
    give_up = time.monotonic() + GIVE_UP
    while not condition():
        if time.monotonic() > give_up:
            raise TimeoutError("nothing came of the commit")
        time.sleep(LOOK_SECONDS)
