"""A lab with its inventory and its control socket, for as long as it is wanted."""

import asyncio
import contextlib
import resource
import signal
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path

from nornir_tasks.lab.commands import execute
from nornir_tasks.lab.control import ControlSocket
from nornir_tasks.lab.fleet import Fleet
from nornir_tasks.lab.inventory import LabInventory
from nornir_tasks.lab.options import LabOptions
from nornir_tasks.lab.server import Lab

__all__ = ["run_until_signalled", "serving"]

FILES_WANTED = 65_536


@contextlib.asynccontextmanager
async def serving(fleet: Fleet, options: LabOptions, directory: Path) -> AsyncIterator[Lab]:
    """Run a lab, write its inventory, listen for commands; remove all of it in the end.

    Raises:
        PrestageError: The port or the directory cannot be used.
    """
    inventory = LabInventory(directory)
    async with Lab(fleet, options) as lab:
        inventory.claim()
        try:
            async with ControlSocket(directory, partial(execute, lab, inventory)):
                try:
                    inventory.write(lab)
                    lab.observers.append(inventory.follow(lab))
                    yield lab
                finally:
                    # A rollback from now on must not write a file anew.
                    lab.observers.clear()
                    inventory.remove()
        finally:
            inventory.release()


async def run_until_signalled(
    fleet: Fleet,
    options: LabOptions,
    directory: Path,
    ready: Callable[[Lab, asyncio.Event], None],
) -> None:
    """Run a lab until SIGINT or SIGTERM.

    Args:
        fleet: The devices.
        options: How they behave.
        directory: Where the inventory goes.
        ready: Called when the lab listens; setting the event ends the lab as well.

    Raises:
        PrestageError: The port or the directory cannot be used.
    """
    _allow_many_sockets()
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    async with serving(fleet, options, directory) as lab:
        ready(lab, ended)
        await ended.wait()


def _allow_many_sockets() -> None:
    """Raise the soft limit of open files: shells start with 1,024, a session takes one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and (hard == resource.RLIM_INFINITY or soft < hard):
        wanted = FILES_WANTED if hard == resource.RLIM_INFINITY else min(FILES_WANTED, hard)
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
