"""A lab on a terminal: `python -m nornir_tasks lab`."""

import asyncio
import logging
import sys
from collections.abc import Mapping
from pathlib import Path

from nornir_tasks.lab.fleet import Fleet
from nornir_tasks.lab.options import LabOptions
from nornir_tasks.lab.server import Lab
from nornir_tasks.lab.serving import run_until_signalled

__all__ = ["LabOptions", "fleet_of", "run"]


def fleet_of(
    *, devices: int, kinds: Mapping[str, int] | None, seed: int, faulty: float, size: int
) -> Fleet:
    """Return a mixed fleet, or exact numbers when `kinds` names them.

    Raises:
        PrestageError: Code `inventory`; an argument is out of range.
    """
    if kinds is None:
        return Fleet.generate(devices=devices, seed=seed, faulty=faulty, size=size)
    return Fleet.of(kinds, seed=seed, size=size)


def run(fleet: Fleet, options: LabOptions, directory: Path) -> None:
    """Run a lab until SIGINT or SIGTERM and say how to use it.

    Raises:
        PrestageError: Code `inventory`; the port or the directory cannot be used.
    """
    # Faults make asyncssh warn about exactly what they are there for.
    logging.getLogger("asyncssh").setLevel(logging.CRITICAL)

    def ready(lab: Lab, _: asyncio.Event) -> None:
        sys.stdout.write(
            f"{len(fleet)} routers listen on port {lab.port}; try: python -m nornir_tasks "
            f"discover --inventory {directory / 'config.yaml'} (Ctrl-C ends the lab)\n"
        )
        sys.stdout.flush()

    asyncio.run(run_until_signalled(fleet, options, directory, ready))
