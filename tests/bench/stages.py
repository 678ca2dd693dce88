"""What a device costs between its bytes and its rows: `python -m tests.bench.stages`.

Nothing goes over a network: the lab's replies are made first. The stages take turns over the whole
fleet; what counts is the median of the turns, in CPU time of this process. Wall time would tell
what else the machine does. CPU of a database server is nothing that this process can see.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from nornir_tasks.evaluation import compact_document
from nornir_tasks.facts import facts_to_dict
from nornir_tasks.lab import Fleet, SimulatedDevice
from nornir_tasks.lab.device import ReplyCache, RunningDevice
from nornir_tasks.lab.events import Caller
from nornir_tasks.lab.messages import reply
from nornir_tasks.lab.rpcs import answer
from nornir_tasks.outcome import Discovery
from nornir_tasks.platforms import get_platform
from nornir_tasks.reply import Reply
from nornir_tasks.rules import evaluate
from tests.bench.api.databases import BACKENDS, site_environment

PLATFORM = get_platform("junos")
READING = ("facts", "evaluate")
WRITING = ("prepare", "rows of new devices", "rows of the same again")
INSIDE = ("documents", "JSON")


class Stopwatch:
    """Milliseconds of CPU for a device, by stage, one for each turn.

    Args:
        devices: Number of devices that a turn handles.
    """

    def __init__(self, devices: int) -> None:
        self._devices = devices
        self._now: dict[str, float] = {}
        self._turns: dict[str, list[float]] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Add the block to a stage of this turn."""
        began = time.process_time()
        yield
        self._now[name] = self._now.get(name, 0.0) + time.process_time() - began

    def turn(self) -> None:
        """End the turn of every stage that was measured since the last one."""
        for name, took in self._now.items():
            self._turns.setdefault(name, []).append(took * 1000 / self._devices)
        self._now = {}

    def median(self, name: str) -> float:
        """Return what a stage costs."""
        return statistics.median(self._turns[name])


def main() -> None:
    """Measure and print."""
    arguments = parse()
    fleet = Fleet.generate(devices=arguments.devices, size=arguments.size)
    replies = {device.name: replies_of(device) for device in fleet}
    watch = Stopwatch(len(fleet))
    with (
        tempfile.TemporaryDirectory(prefix="bench-stages-") as folder,
        site_environment(arguments.backend, Path(folder)) as environment,
    ):
        os.environ |= environment | {"DJANGO_SETTINGS_MODULE": "tests.bench.settings"}
        from tests.bench import rows  # sets Django up

        site = rows.Site(list(replies))
        try:
            for _turn in range(arguments.turns):
                discoveries = read_all(replies, watch)
                encode_all(discoveries, watch)
                site.write(discoveries, watch)
        finally:
            site.close()
    report(watch, arguments)


def parse() -> argparse.Namespace:
    """Read the command line."""
    summary = "CPU between the bytes of replies and the rows of a database, by stage."
    parser = argparse.ArgumentParser(prog="python -m tests.bench.stages", description=summary)
    add = parser.add_argument
    add("--devices", type=int, default=100, help="routers, all of them in one batch (100)")
    add("--size", type=int, default=30_000, help="bytes of a configuration (30000)")
    add("--turns", type=int, default=9, help="turns (9)")
    add("--backend", choices=BACKENDS, default=BACKENDS[0], help=f"({BACKENDS[0]})")
    return parser.parse_args()


def replies_of(device: SimulatedDevice) -> list[bytes]:
    """Return what the lab answers to the requests of the platform."""
    running = RunningDevice(device, observe=lambda _: None, cache=ReplyCache())
    caller = Caller(1, "lab")
    return [reply("1", answer(running, caller, request)) for request in PLATFORM.requests()]


def read_all(replies: Mapping[str, Sequence[bytes]], watch: Stopwatch) -> list[Discovery]:
    """Do what the threads of the sessions do, one device after the other."""
    discoveries = [read(name, some, watch) for name, some in replies.items()]
    watch.turn()
    return discoveries


def read(name: str, replies: Sequence[bytes], watch: Stopwatch) -> Discovery:
    """Do for one device what its session's thread does, stage by stage."""
    with watch.stage("facts"):
        facts = PLATFORM.facts(name, list(map(Reply, replies)))
    with watch.stage("evaluate"):
        evaluations = tuple(map(evaluate, facts))
    now = datetime.now(UTC)
    return Discovery(name, evaluations, facts, now, now)


def encode_all(discoveries: Iterable[Discovery], watch: Stopwatch) -> None:
    """Make and encode the documents; the rows need them, so this is measured there as well."""
    from prestage_plugin.services.documents import digest, encode

    for each in discoveries:
        with watch.stage("documents"):
            results = [compact_document(evaluation) for evaluation in each.evaluations]
            documents = [facts_to_dict(facts) for facts in each.facts]
        with watch.stage("JSON"):
            for result in results:
                digest(encode(result))
            for document in documents:
                encode(document)
    watch.turn()


def report(watch: Stopwatch, arguments: argparse.Namespace) -> None:
    """Print the medians."""
    write = sys.stdout.write
    write(
        f"{arguments.devices} devices in one batch, {arguments.size / 1000:g} KB, "
        f"{arguments.backend}, median of {arguments.turns} turns\n\n"
        "| stage | CPU ms/device |\n|---|---|\n"
    )
    for name in (*READING, *WRITING):
        write(f"| {name} | {watch.median(name):.3f} |\n")
    for name in INSIDE:
        write(f"| {name}, part of the rows of new devices | {watch.median(name):.3f} |\n")
    for name in WRITING[1:]:
        whole = sum(map(watch.median, (*READING, WRITING[0], name)))
        write(f"| all of it, with {name} | {whole:.3f} |\n")


if __name__ == "__main__":
    main()
