"""What it costs to look at devices whose configurations have not changed."""

from argparse import Namespace
from dataclasses import dataclass

from tests.bench.chapter import Chapter, Promise, Table
from tests.bench.stand import Run, Stand, median, stand

__all__ = ["measure"]

LARGE = 1_000_000
"""Bytes of a large configuration."""
MOST_BYTES = 1024
SHARE_OF_FIRST = 1 / 3
SHARE_CHANGED = 0.01
TOLERANCE = 1.10


@dataclass(frozen=True, slots=True)
class Look:
    """A run, and the bytes of configuration that each device sent."""

    run: Run
    sent: float


def measure(options: Namespace) -> Chapter:
    """Read everything, then only what changed, in turns; with small or with large devices."""
    devices = options.devices if options.size < LARGE else max(100, options.devices // 10)
    with stand(devices=devices, size=options.size) as built:
        built.job(read_all=True)
        turns = [_turn(built) for _ in range(options.turns)]
    return _chapter(options, devices, {name: [turn[name] for turn in turns] for name in turns[0]})


def _turn(built: Stand) -> dict[str, Look]:
    looks = {"everything read": _look(built, read_all=True), "unchanged": _look(built)}
    fleet = built.routers.fleet.devices
    built.routers.commit(device.name for device in fleet[:: round(1 / SHARE_CHANGED)])
    return looks | {"1 % changed": _look(built)}


def _look(built: Stand, *, read_all: bool = False) -> Look:
    before = built.routers.sent
    run = built.job(read_all=read_all)
    return Look(run, (built.routers.sent - before) / len(built.routers.fleet))


def _chapter(options: Namespace, devices: int, looks: dict[str, list[Look]]) -> Chapter:
    size = f"{options.size // 1000} KB" if options.size < LARGE else "1 MB"
    chapter = Chapter(
        f"Cost that follows change: configurations of {size}",
        f"{devices} devices, 50 ms before each reply, 2 worker processes, {options.turns} turns, "
        "medians. A device whose last commit is the one that was evaluated says so in a reply to "
        "a request for its host name, and is asked no more.",
    )
    head = ["what", "devices/s", "client CPU, ms/device", "configuration sent, bytes/device"]
    rows = [
        [
            name,
            f"{median(each.run.rate for each in group):.0f}",
            f"{median(each.run.client_ms for each in group):.2f}",
            f"{median(each.sent for each in group):.0f}",
        ]
        for name, group in looks.items()
    ]
    chapter.tables = [Table(head, rows)]
    chapter.promises = _promises(options, size, looks)
    return chapter


def _promises(options: Namespace, size: str, looks: dict[str, list[Look]]) -> list[Promise]:
    all_, same, some = looks.values()

    def ratio(ours: list[Look], theirs: list[Look], figure: str) -> float:
        pairs = zip(ours, theirs, strict=True)
        return median(getattr(a.run, figure) / getattr(b.run, figure) for a, b in pairs)

    promises = [
        Promise.at_most(
            f"configuration sent by an unchanged device, {size}",
            MOST_BYTES,
            median(each.sent for each in same),
            " bytes",
        ),
        Promise.at_most(
            f"1 % changed against unchanged, time, {size}",
            TOLERANCE,
            ratio(some, same, "wall"),
            " x",
        ),
    ]
    if options.size >= LARGE:
        promises += [
            Promise.at_most(
                f"unchanged against everything read, {word}, {size}",
                round(SHARE_OF_FIRST, 2),
                ratio(same, all_, figure),
                " x",
            )
            for word, figure in (("time", "wall"), ("client CPU", "client_ms"))
        ]
    return promises
