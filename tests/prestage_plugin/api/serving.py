"""A real web server on the database of the running test, and streams that are read from it."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, Self

from django.db import connection

from tests.ports import free_port

START_SECONDS = 30


class Served(NamedTuple):
    """A server that runs.

    Attributes:
        port: Where it listens.
        pid: Of its process.
    """

    port: int
    pid: int


def memory_of(pid: int) -> int:
    """Return the most bytes of memory that a process has had at a time."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    [line] = [line for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1]) * 1024


@contextmanager
def running_uvicorn(log: Path) -> Iterator[Served]:
    """Serve the ready-made site under ASGI."""
    port = free_port()
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "PRESTAGE_TEST_DATABASE": str(connection.settings_dict["NAME"]),
    }
    command = [sys.executable, "-m", "uvicorn", "prestage_plugin.site.asgi:application"]
    command += ["--port", str(port), "--timeout-graceful-shutdown", "1", "--log-level", "warning"]
    with log.open("wb") as output:
        server = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
    try:
        give_up = time.monotonic() + START_SECONDS
        while not _listens(port):
            assert server.poll() is None, log.read_text()
            assert time.monotonic() < give_up, log.read_text()
            time.sleep(0.05)
        yield Served(port, server.pid)
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(20)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Stream:
    """One request of a program that reads events."""

    def __init__(self, port: int, path: str, **headers: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self._connection.request("GET", path, headers={"Accept": "text/event-stream"} | headers)
        self.response = self._connection.getresponse()
        self.status = self.response.status

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.response.close()
        self._connection.close()

    def blocks(self) -> Iterator[dict[str, str]]:
        """Yield the blocks of the stream: events, `retry`, and comments under the empty name."""
        block: dict[str, str] = {}
        for raw in self.response:
            line = raw.decode().rstrip("\n")
            if not line:
                yield block
                block = {}
                continue
            name, _colon, value = line.partition(":")
            block[name] = value.removeprefix(" ")

    def events(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield id and data of each event."""
        for block in self.blocks():
            if "data" in block:
                yield block["id"], json.loads(block["data"])

    def document(self) -> dict[str, Any]:
        """Return the body of an answer that is no stream."""
        found: dict[str, Any] = json.loads(self.response.read())
        return found
