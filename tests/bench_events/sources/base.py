"""What a source of events is to the benchmark: who receives, and who sends."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import psutil

__all__ = ["Plan", "Served", "Source", "running"]

START_SECONDS = 60.0
STOP_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is asked of a source.

    Attributes:
        events: How many are sent.
        devices: Of how many devices, which take turns.
        folder: For files of the receiving process.
    """

    events: int
    devices: int
    folder: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A receiver that is ready.

    Attributes:
        root: The process that was started; its whole family's CPU counts.
        worker: The process that receives, whose memory counts.
        port: Where it receives, on 127.0.0.1, or sends from.
        sender: Whose family's CPU is the sender's; None when the sender's process sends itself.
    """

    root: psutil.Process
    worker: psutil.Process
    port: int
    sender: psutil.Process | None = None


class Source(Protocol):
    """A way by which events come; `tests.bench_events.sources.SOURCES` lists them."""

    @property
    def name(self) -> str:
        """What it is called on the command line and in the table."""

    @property
    def settings(self) -> Mapping[str, Any]:
        """Keys of `PRESTAGE` that it needs."""

    @property
    def is_lossy(self) -> bool:
        """Whether not all that is sent has to be written, and the listener counts the rest."""

    @property
    def sender(self) -> str:
        """Module of the process that sends, see `tests.bench_events.senders.sending`."""

    def options(self, plan: Plan, served: Served | None) -> dict[str, Any]:
        """Return what the sender is told."""

    def serving(self, plan: Plan) -> AbstractContextManager[Served | None]:
        """Run the receiver; None when the sender writes down events itself.

        Events that become of its start must be written down when it is ready.
        """


@contextmanager
def running(
    command: Sequence[str],
    *,
    log: Path,
    is_ready: Callable[[str], bool],
    environment: Mapping[str, str] | None = None,
) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a process of ours until the block ends; then it ends in order.

    Args:
        command: Arguments of the interpreter that runs this.
        log: Where it prints.
        is_ready: Whether it is, by what it has printed so far.
        environment: Variables besides our own.

    Raises:
        RuntimeError: It did not start.
    """
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, *command],
            stdout=output,
            stderr=output,
            env={**os.environ, **(environment or {})},
        )
    try:
        give_up = time.monotonic() + START_SECONDS
        while not is_ready(log.read_text()):
            if process.poll() is not None or time.monotonic() > give_up:
                raise RuntimeError(f"{command} did not start:\n{log.read_text()}")
            time.sleep(0.05)
        yield process
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
