"""The physical limit, `floor.c`: the same session as ours in C, looking at nothing."""

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from nornir_tasks.lab import Fleet

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
        FileNotFoundError: There is no C compiler.
        RuntimeError: It cannot be compiled; most likely libssh's headers are missing.
    """

    def __init__(self, folder: Path) -> None:
        compiler = shutil.which("cc")
        if compiler is None:
            raise FileNotFoundError("a C compiler is needed: apt-get install gcc libssh-dev")
        self._program = folder / "floor"
        built = subprocess.run(
            [compiler, "-O2", "-o", self._program, SOURCE, "-lssh", "-lpthread"],
            capture_output=True,
            text=True,
            check=False,
        )
        if built.returncode:
            raise RuntimeError(f"floor.c: {built.stderr}\nthe fix: apt-get install libssh-dev")

    def run(self, *, fleet: Fleet, port: int, key: Path, threads: int) -> FloorRun:
        """Ask every device of a lab.

        Raises:
            RuntimeError: A device failed.
        """
        done = subprocess.run(
            [self._program, str(port), str(threads), "lab", key],
            input="\n".join(device.address for device in fleet),
            capture_output=True,
            text=True,
            check=True,
        )
        result = json.loads(done.stdout)
        if result["failed"]:
            raise RuntimeError(f"{result['failed']} devices failed")
        return FloorRun(rate=result["devices"] / result["wall"], cpu_ms=result["cpu_ms"])
