"""`manage.py prestage_listen` as a process, and who sends to it."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db import connection

from tests.prestage_plugin.commands.calling import ROOT

PATIENCE = 60.0


class Listening:
    """A `prestage_listen` that runs."""

    def __init__(self, running: "subprocess.Popen[bytes]", log: Path) -> None:
        self.process = running
        self.log = log
        until(lambda: "listening" in self.text() or running.poll() is not None)

    def text(self) -> str:
        return self.log.read_text()

    def port(self, kind: str) -> int:
        [port] = re.findall(rf"listening for syslog at {kind} 127\.0\.0\.1:(\d+)", self.text())
        return int(port)

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and return the exit status."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)


@contextmanager
def prestage_listen(
    *arguments: str,
    folder: Path,
    settings: dict[str, Any] | None = None,
    inventory: Path = ROOT / "inventory",
) -> Iterator[Listening]:
    """Run the command on the test's database.

    Args:
        arguments: Its options.
        folder: For its log.
        settings: Keys of `PRESTAGE`.
        inventory: Folder of the Nornir inventory.
    """
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "PRESTAGE_TEST_DATABASE": str(connection.settings_dict["NAME"]),
        "PRESTAGE_TEST_SETTINGS": json.dumps(settings or {}),
        "PRESTAGE_NORNIR_CONFIG": str(inventory / "config.yaml"),
        "PYTHONPATH": str(ROOT),
    }
    log = folder / "log"
    with log.open("wb") as output:
        running = subprocess.Popen(
            [sys.executable, "-W", "error", "-m", "django", "prestage_listen", *arguments],
            cwd=folder,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield Listening(running, log)
    finally:
        if running.poll() is None:
            running.kill()
        running.wait(PATIENCE)


def until(condition: Callable[[], Any]) -> None:
    give_up = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < give_up, "it did not come to that"
        time.sleep(0.05)


def send_stream(address: str, port: int, data: bytes) -> None:
    with socket.create_connection(("127.0.0.1", port), source_address=(address, 0)) as device:
        device.sendall(data)
