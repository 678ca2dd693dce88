"""The physical limit, `floor.c`: the same session as ours in C, looking at nothing."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

from nornir_tasks.lab import Fleet
from tests.bench.program import compile_program

__all__ = ["Floor", "FloorRun"]

SOURCE = Path(__file__).with_name("floor.c")


@dataclass(frozen=True, slots=True)
class FloorRun:
    """One run.

    Attributes:
        rate: Devices per second.
        cpu_ms: Milliseconds of CPU for each device.
    """

    rate: float
    cpu_ms: float


class Floor:
    """The compiled client.

    Args:
        folder: Where the program goes.

    Raises:
        FileNotFoundError: See `compile_program`, as the next.
        RuntimeError: It cannot be compiled.
    """

    def __init__(self, folder: Path) -> None:
        self._program = compile_program(SOURCE, folder)

    def run(self, *, fleet: Fleet, port: int, threads: int) -> FloorRun:
        """Ask every device of a lab.

        Raises:
            RuntimeError: A device failed.
        """
        done = subprocess.run(
            [self._program, str(port), str(threads), "lab"],
            input="\n".join(device.address for device in fleet),
            capture_output=True,
            text=True,
            check=True,
        )
        result = json.loads(done.stdout)
        if result["failed"]:
            raise RuntimeError(f"{result['failed']} devices failed")
        return FloorRun(rate=result["devices"] / result["wall"], cpu_ms=result["cpu_ms"])
