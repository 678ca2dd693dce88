"""What a test must not leave behind: threads, sockets, child processes."""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

__all__ = ["leaving_nothing"]

PATIENCE = 5.0
"""Seconds in which what is ending may end."""


@contextmanager
def leaving_nothing() -> Iterator[None]:
    """Fail when the block leaves a thread, a socket or a child process behind."""
    process = psutil.Process()
    threads = set(threading.enumerate())
    sockets = _sockets()
    children = _children(process)
    yield
    give_up = time.monotonic() + PATIENCE
    while time.monotonic() < give_up and (
        set(threading.enumerate()) - threads
        or _sockets() - sockets
        or _children(process) - children
    ):
        time.sleep(0.02)
    assert not [thread.name for thread in set(threading.enumerate()) - threads]
    assert not _sockets() - sockets
    assert not _children(process) - children


def _children(process: psutil.Process) -> set[int]:
    return {child.pid for child in process.children(recursive=True)}


def _sockets() -> set[str]:
    # Connections to a database or broker server outlive a test, as they should.
    if os.environ.get("PRESTAGE_TEST_BACKEND", "sqlite") != "sqlite":
        return set()
    found = set()
    for descriptor in Path("/proc/self/fd").iterdir():
        try:
            target = str(descriptor.readlink())
        except OSError:
            continue
        if target.startswith("socket:"):
            found.add(target)
    return found
