"""Ten thousand devices in one job: memory, descriptors, threads, and what each one takes then."""

from argparse import Namespace
from dataclasses import dataclass

import psutil

from tests.bench.chapter import Bars, Chapter, Curve, Promise, Table
from tests.bench.stand import Run, median, stand

__all__ = ["measure"]

SIZES = (100, 1_000, 10_000)
SETTLED = 1_000
"""Devices after which nothing may grow any more."""
MOST_MEMORY_MB = 250
FLAT = 1.05
SPREAD = 1.15
REPEATS = 5
"""Of jobs that are over in no time."""
LEFT = 3
"""Descriptors and threads that may be there afterwards which were not there before."""


@dataclass(frozen=True, slots=True)
class Sample:
    """How the largest of the worker's processes is, for each figure.

    Attributes:
        done: Devices that the job has done.
        memory_mb: Resident, in MB.
        descriptors: Open files and sockets.
        threads: Threads.
    """

    done: int
    memory_mb: float
    descriptors: int
    threads: int

    @classmethod
    def take(cls, family: psutil.Process, done: int) -> "Sample":
        """Look at all processes."""
        processes = family.children(recursive=True)
        return cls(
            done=done,
            memory_mb=max(each.memory_info().rss for each in processes) / 1e6,
            descriptors=max(each.num_fds() for each in processes),
            threads=max(each.num_threads() for each in processes),
        )


def measure(options: Namespace) -> Chapter:
    """Run jobs over ever more of the same devices, and watch the largest."""
    sizes = [size * options.scale // 100 for size in SIZES]
    runs: dict[int, list[Run]] = {size: [] for size in sizes}
    with stand(devices=sizes[-1]) as built:
        samples = [Sample.take(built.family, 0)]
        watched = built.job(observe=lambda done: samples.append(Sample.take(built.family, done)))
        samples.append(Sample.take(built.family, sizes[-1]))
        runs[sizes[-1]].append(watched)
        for turn in range(options.turns):
            for size in sizes[: -1 if turn == 0 else None]:
                repeats = REPEATS if size == sizes[0] else 1
                runs[size] += [built.job(devices=size) for _ in range(repeats)]
    return _chapter(options, runs, samples)


def _chapter(options: Namespace, runs: dict[int, list[Run]], samples: list[Sample]) -> Chapter:
    largest = max(runs)
    chapter = Chapter(
        f"{largest:,} devices in one job",
        f"30 KB, 50 ms before each reply, 2 worker processes, {options.turns} turns, medians. "
        "Memory, descriptors and threads are those of the process that has the most, looked at "
        "twice a second during the first job.",
    )
    walls = {size: median(run.wall / size * 1000 for run in each) for size, each in runs.items()}
    cpus = {size: median(run.client_ms for run in each) for size, each in runs.items()}
    rows = [[f"{size:,}", f"{walls[size]:.1f}", f"{cpus[size]:.2f}"] for size in runs]
    settled = [each for each in samples if each.done >= min(SETTLED, largest // 10)]
    chapter.tables = [
        Table(["devices", "time, ms/device", "client CPU, ms/device"], rows),
        _table_of_figures(samples),
    ]
    chapter.promises = [*_of_one_job(samples, settled), *_of_growth(walls, cpus)]
    chapter.bars = [
        Bars("Time for a device, ms", {f"{size:,} devices": wall for size, wall in walls.items()})
    ]
    memory = [(float(each.done), each.memory_mb) for each in samples]
    title = "Resident memory of the largest worker process"
    chapter.curves = [Curve(title, "devices done", "MB", {"memory": memory})]
    return chapter


def _table_of_figures(samples: list[Sample]) -> Table:
    figures = {
        "resident memory, MB": "memory_mb",
        "descriptors": "descriptors",
        "threads": "threads",
    }
    rows = []
    for name, figure in figures.items():
        looked_at = (samples[0], _most(samples, figure), samples[-1])
        rows.append([name, *(f"{getattr(each, figure):.0f}" for each in looked_at)])
    return Table(["", "before", "most", "after"], rows)


def _of_one_job(samples: list[Sample], settled: list[Sample]) -> list[Promise]:
    first, last = samples[0], samples[-1]
    most = _most(samples, "memory_mb").memory_mb
    growth = _most(settled, "memory_mb").memory_mb / settled[0].memory_mb
    return [
        Promise.at_most("resident memory of a worker", MOST_MEMORY_MB, most, " MB"),
        Promise.at_most(
            "resident memory at its most, against the 1,000th device", FLAT, growth, " x"
        ),
        Promise.at_most("descriptors left open", LEFT, last.descriptors - first.descriptors),
        Promise.at_most("threads left running", LEFT, last.threads - first.threads),
    ]


def _of_growth(walls: dict[int, float], cpus: dict[int, float]) -> list[Promise]:
    figures = {
        "time for a device, longest against shortest": walls,
        "client CPU for a device, most against least": cpus,
    }
    return [
        Promise.at_most(what, SPREAD, max(each.values()) / min(each.values()), " x")
        for what, each in figures.items()
    ]


def _most(samples: list[Sample], figure: str) -> Sample:
    return max(samples, key=lambda each: float(getattr(each, figure)))
