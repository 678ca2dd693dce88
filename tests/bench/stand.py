"""The test stand: simulated routers, a site and its worker, whose jobs are measured."""

import json
import statistics
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import ruamel.yaml

from nornir_tasks.lab import Fleet
from tests.bench import site
from tests.bench.machine import Cost, measured
from tests.bench.routers import Routers

__all__ = ["Run", "Stand", "median", "stand"]

WARM_UP = 40
"""Devices that a job reads before anything is measured, so that every process has its inventory."""


@dataclass(frozen=True, slots=True)
class Run:
    """One measurement.

    Attributes:
        rate: Devices a second.
        client_ms: Milliseconds of CPU for each device.
        server_ms: The routers' for each device.
        other: Share of the machine's CPU that others took.
        wall: Seconds.
    """

    rate: float
    client_ms: float
    server_ms: float
    other: float
    wall: float

    @classmethod
    def of(cls, cost: Cost, devices: int) -> "Run":
        """Divide a cost by the number of devices."""
        return cls(
            rate=devices / cost.wall,
            client_ms=cost.client / devices * 1000,
            server_ms=cost.server / devices * 1000,
            other=cost.other_share,
            wall=cost.wall,
        )


@dataclass(frozen=True, slots=True)
class Stand:
    """What is there to measure with.

    Attributes:
        routers: The simulated routers.
        family: The worker's process.
        server: The routers' process.
        folder: For files.
    """

    routers: Routers
    family: psutil.Process
    server: psutil.Process
    folder: Path

    def job(
        self,
        *,
        read_all: bool = True,
        devices: int | None = None,
        observe: Callable[[int], object] | None = None,
    ) -> Run:
        """Measure a job from its submission to Success.

        Args:
            read_all: Also read configurations that have not changed.
            devices: The first so many; None for all.
            observe: See `tests.bench.job.wait`.
        """
        from tests.bench import job

        fleet = self.routers.fleet
        names = None if devices is None else [each.name for each in fleet.devices[:devices]]
        with measured(self.family, self.server) as cost:
            job.run_job(read_all=read_all, names=names, observe=observe)
        return Run.of(cost, devices or len(fleet))

    def choose_engine(self, engine: str) -> None:
        """Have the next jobs use an engine, and every process load the inventory again."""
        yaml = ruamel.yaml.YAML()
        path = self.routers.inventory_directory / "defaults.yaml"
        defaults = yaml.load(path)
        defaults["connection_options"]["netconf"]["extras"]["engine"] = engine
        yaml.dump(defaults, path)
        self.job(devices=min(WARM_UP, len(self.routers.fleet)))


@contextmanager
def stand(
    *,
    devices: int,
    size: int = 30_000,
    latency_ms: float = 50.0,
    settings: Mapping[str, Any] | None = None,
) -> Iterator[Stand]:
    """Build a test stand; once in a process, because Django is set up in it.

    Args:
        devices: Routers.
        size: Bytes of each one's configuration, roughly.
        latency_ms: Milliseconds before each of their replies.
        settings: Of `PRESTAGE`.
    """
    fleet = Fleet.generate(devices=devices, size=size)
    with (
        tempfile.TemporaryDirectory() as name,
        Routers(fleet, Path(name), latency_ms=latency_ms) as routers,
    ):
        folder = Path(name)
        site.prepare(
            folder=folder,
            inventory=routers.inventory_directory,
            PRESTAGE_BENCH_SETTINGS=json.dumps(settings or {}),
        )
        from tests.bench import job

        job.create_site()
        with site.worker(folder=folder) as family:
            built = Stand(routers, family, psutil.Process(routers.pid), folder)
            built.job(devices=min(WARM_UP, devices))
            yield built


def median(values: Iterable[float]) -> float:
    """Return the median."""
    return statistics.median(values)
