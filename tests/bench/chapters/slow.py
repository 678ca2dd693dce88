"""Slow routers, which want hundreds in flight."""

from argparse import Namespace

from tests.bench.chapter import Chapter, Promise, Table
from tests.bench.stand import median, stand

__all__ = ["measure"]

LATENCY_MS = 1000.0
LEAST_RATE = 300


def measure(options: Namespace) -> Chapter:
    """Let every reply take a second; a device takes three, for closing is answered late as well."""
    devices = options.devices * 5
    with stand(devices=devices, latency_ms=LATENCY_MS) as built:
        runs = [built.job() for _ in range(options.turns)]
    chapter = Chapter(
        "Slow routers",
        f"{devices} devices, 30 KB, 1 s before each reply, that is 3 s for a device, 2 worker "
        f"processes, default settings, {options.turns} turns.",
    )
    rate = median(run.rate for run in runs)
    chapter.tables = [
        Table(
            [
                "devices/s",
                "client CPU, ms/device",
                "of that, the machine's two cores",
                "others' CPU",
            ],
            [
                [
                    f"{run.rate:.0f}",
                    f"{run.client_ms:.2f}",
                    f"{run.rate * (run.client_ms + run.server_ms) / 20:.0f} %",
                    f"{run.other:.0%}",
                ]
                for run in runs
            ],
        )
    ]
    chapter.promises = [
        Promise.at_least("devices a second, 1 s for each reply", LEAST_RATE, rate, "/s")
    ]
    return chapter
