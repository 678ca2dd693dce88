"""A web server as a process, on the database of the running test."""

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connection

from tests.ports import free_port

__all__ = ["running_server"]

_START_SECONDS = 60


@contextmanager
def running_server(*, inventory: Path, log: Path) -> Iterator[str]:
    """Run the site and yield its address.

    Args:
        inventory: Folder of the Nornir inventory.
        log: File for the server's output.
    """
    port = free_port()
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "tests.browser.site.settings",
        "PRESTAGE_TEST_DATABASE": str(connection.settings_dict["NAME"]),
        "PRESTAGE_NORNIR_CONFIG": str(inventory / "config.yaml"),
    }
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "django", "runserver", "--noreload", f"127.0.0.1:{port}"]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, env=environment, stdout=output, stderr=subprocess.STDOUT
        )
        try:
            _wait(process, address, log)
            yield address
        finally:
            process.terminate()
            process.wait(30)


def _wait(process: "subprocess.Popen[bytes]", address: str, log: Path) -> None:
    give_up = time.monotonic() + _START_SECONDS
    while time.monotonic() < give_up:
        assert process.poll() is None, log.read_text()
        try:
            urllib.request.urlopen(f"{address}/admin/login/", timeout=5).close()
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise AssertionError(log.read_text())
