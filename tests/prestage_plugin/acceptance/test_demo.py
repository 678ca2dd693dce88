"""`make demo`: all of it at work, and nothing left of it."""

import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from tests.ports import free_port

pytestmark = [pytest.mark.slow]

SECONDS = 120


@contextmanager
def demo(tmp_path: Path, *arguments: str) -> Iterator["subprocess.Popen[str]"]:
    """Run the demo, and see that none of its processes is left."""
    own = ("DJANGO_", "PRESTAGE_")
    process = subprocess.Popen(
        [sys.executable, "-m", "prestage_plugin.demo", "--folder", tmp_path / "demo", *arguments],
        env={name: value for name, value in os.environ.items() if not name.startswith(own)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
        process.communicate(timeout=30)
        assert left_in(tmp_path) == []
    finally:
        for left in left_in(tmp_path):
            left.kill()
        process.communicate()


def left_in(folder: Path) -> list[psutil.Process]:
    """The processes that still know the demo's folder."""
    found = []
    for process in psutil.process_iter():
        try:
            known = str(folder) in str(process.environ()) + str(process.cmdline())
        except psutil.Error:
            continue
        if known and process.pid != os.getpid():
            found.append(process)
    return found


def test_once_shows_the_roles_and_ends_with_0_when_they_are_true(tmp_path: Path) -> None:
    with demo(tmp_path, "--once", "--devices", "30") as process:
        output, _errors = process.communicate(timeout=SECONDS)
    assert process.returncode == 0, output
    assert re.search(r"N-PE \d+ / P \d+ / UNKNOWN \d+", output)
    assert "roles equal the lab's truth" in output


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_the_admin_until_it_is_stopped(tmp_path: Path, number: int) -> None:
    port = free_port()
    with demo(tmp_path, "--devices", "4", "--port", str(port)) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if "Ctrl-C" in line:
                break
        assert "Prestaging" in page(f"http://127.0.0.1:{port}/admin/login/")
        os.killpg(process.pid, number)
        process.wait(30)
    assert process.returncode == 0


def page(url: str) -> str:
    give_up = time.monotonic() + SECONDS
    while time.monotonic() < give_up:
        try:
            with urllib.request.urlopen(url, timeout=10) as response:
                text: str = response.read().decode()
                return text
        except OSError:
            time.sleep(0.2)
    raise AssertionError(f"{url} did not answer")


def test_a_port_that_is_taken_is_told_before_anything_is_started(tmp_path: Path) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        with demo(tmp_path, "--port", port) as process:
            output, _errors = process.communicate(timeout=SECONDS)
    assert process.returncode == 2
    assert f"Port {port} is taken" in output
