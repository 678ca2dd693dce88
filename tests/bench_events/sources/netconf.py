"""NETCONF: one `manage.py prestage_listen` that is subscribed to every router of a lab."""

import resource
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from nornir_tasks.lab import Fleet, LabProcess, SimulatedDevice
from tests.bench_events.fleet import address_of, name_of
from tests.bench_events.sources.base import Plan, Served, running

__all__ = ["NetconfSource"]

OPENING_SECONDS = 0.2
"""For one device, at most: it takes the two sides some milliseconds of CPU."""
PATIENCE_SECONDS = 60.0
LOOK_SECONDS = 0.5
OTHER_FILES = 500


class NetconfSource:
    """Notifications over SSH, one session for each device, which stays open."""

    name = "netconf"
    sender = "tests.bench_events.senders.netconf"
    # A device has one event at a time in a queue that is full.
    is_lossy = True

    # As fast as it can: opening sessions is not what is measured.
    settings: Mapping[str, Any] = {"NETCONF_EVENTS_RATE": 1000}

    def options(self, plan: Plan, served: Served | None) -> dict[str, Any]:
        """Return what the sender is told."""
        del served
        return {"lab": str(_inventory(plan)), "events": plan.events}

    @contextmanager
    def serving(self, plan: Plan) -> Iterator[Served]:
        """Run the lab and the listener, until it is subscribed to all devices and that is written.

        Raises:
            RuntimeError: The listener has died, or could not subscribe to all.
        """
        _allow_files(plan.devices + OTHER_FILES)
        folder, log = _inventory(plan), plan.folder / "listener.log"
        lab = LabProcess(
            fleet_of(plan.devices), host_key="ed25519", notifications=100, directory=folder
        )
        with (
            lab,
            running(
                ["-m", "django", "prestage_listen", "--netconf", "--no-syslog"],
                log=log,
                is_ready=lambda text: "listening for" in text,
                environment={"PRESTAGE_NORNIR_CONFIG": str(folder / "config.yaml")},
            ) as process,
        ):
            _wait_for_subscriptions(plan, process, log)
            listener = psutil.Process(process.pid)
            yield Served(
                root=listener, worker=listener, port=lab.port, sender=psutil.Process(lab.pid)
            )


def fleet_of(devices: int) -> Fleet:
    """Return the routers that are the devices of the benchmark, by name and address."""
    return Fleet(
        tuple(
            SimulatedDevice(
                name=name_of(number), kind="npe", address=address_of(number), index=number, seed=1
            )
            for number in range(devices)
        )
    )


def _inventory(plan: Plan) -> Path:
    return plan.folder / "lab"


def _wait_for_subscriptions(plan: Plan, process: "subprocess.Popen[bytes]", log: Path) -> None:
    """Wait until every subscription's own event is written down."""
    # Django is not set up yet when the sources are listed.
    from prestage_plugin.models import ChangeEvent

    give_up = time.monotonic() + PATIENCE_SECONDS + plan.devices * OPENING_SECONDS
    while (count := ChangeEvent.objects.count()) < plan.devices:
        if process.poll() is not None or time.monotonic() > give_up:
            raise RuntimeError(f"{count} of {plan.devices} subscriptions:\n{log.read_text()}")
        time.sleep(LOOK_SECONDS)


def _allow_files(wanted: int) -> None:
    """Raise the soft limit of open files, which the listener inherits."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if resource.RLIM_INFINITY not in (soft, hard) and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, hard), hard))
