"""`manage.py prestage_listen`, as a process."""

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

import pytest
from django.db import connection

from prestage_plugin.events.syslog.endpoint import parse_endpoint
from prestage_plugin.models import ChangeEvent, ListenerStatus
from tests.prestage_plugin.commands.calling import ROOT, process
from tests.prestage_plugin.events.outage import database_away
from tests.prestage_plugin.events.syslog.receiving import send
from tests.prestage_plugin.events.syslog.samples import classic
from tests.prestage_plugin.factories import make_device

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

PATIENCE = 60.0
ANYWHERE = "127.0.0.1:0"


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
    *arguments: str, folder: Path, settings: dict[str, Any] | None = None
) -> Iterator[Listening]:
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "PRESTAGE_TEST_DATABASE": str(connection.settings_dict["NAME"]),
        "PRESTAGE_TEST_SETTINGS": json.dumps(settings or {}),
        "PRESTAGE_NORNIR_CONFIG": str(ROOT / "inventory" / "config.yaml"),
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


def nobody_listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def count_events() -> int:
    return ChangeEvent.objects.count()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_listens_until_it_is_told_to_stop(tmp_path: Path, number: signal.Signals) -> None:
    make_device("pe1", address="127.0.0.11")
    arguments = ("--syslog-udp", ANYWHERE, "--syslog-tcp", ANYWHERE)
    with prestage_listen(*arguments, folder=tmp_path) as it:
        send("127.0.0.11", classic(), parse_endpoint(f"127.0.0.1:{it.port('udp')}"))
        send_stream("127.0.0.11", it.port("tcp"), classic() + b"\n")
        until(lambda: count_events() == 2)
        until(ListenerStatus.objects.filter(ended_at=None).exists)
        assert it.end(number) == 0
        assert "since the start: 2 received, 2 triggers, 0 by ourselves, 2 accepted" in it.text()
    row = ListenerStatus.objects.get()
    assert row.ended_at is not None
    assert row.name == f"{socket.gethostname()} tcp 127.0.0.1:0, udp 127.0.0.1:0"


def test_nothing_is_lost_at_sigterm_although_the_database_comes_back_later(tmp_path: Path) -> None:
    make_device("pe1", address="127.0.0.11")
    arguments = ("--syslog-udp", ANYWHERE, "--syslog-tcp", ANYWHERE)
    with prestage_listen(*arguments, folder=tmp_path) as it:
        until(ListenerStatus.objects.exists)
        port = it.port("tcp")
        connection.close()
        with database_away():
            send_stream("127.0.0.11", port, (classic() + b"\n") * 3000)
            for _each in range(100):
                send("127.0.0.11", classic(), parse_endpoint(f"127.0.0.1:{it.port('udp')}"))
            it.process.send_signal(signal.SIGTERM)
            until(lambda: nobody_listens(port))
            time.sleep(2)
            assert it.process.poll() is None
        assert it.process.wait(PATIENCE) == 0
    assert count_events() == 3100


def test_without_options_the_settings_say_where(tmp_path: Path) -> None:
    settings = {"SYSLOG_UDP": [], "SYSLOG_TCP": [ANYWHERE], "SYSLOG_RELAYS": ["127.0.0.1"]}
    make_device("pe1", address="192.0.2.1")
    with prestage_listen(folder=tmp_path, settings=settings) as it:
        send_stream("127.0.0.1", it.port("tcp"), classic(host="pe1") + b"\n")
        until(lambda: count_events() == 1)
        assert it.end() == 0


def test_a_port_that_another_listener_has_is_refused_and_that_one_goes_on(tmp_path: Path) -> None:
    with prestage_listen("--syslog-tcp", ANYWHERE, folder=tmp_path) as it:
        until(ListenerStatus.objects.exists)
        taken = f"127.0.0.1:{it.port('tcp')}"
        result = process("prestage_listen", "--syslog-tcp", taken, folder=tmp_path)
        assert result.returncode == 2
        assert "another process has this port" in result.stderr
        assert "[port-in-use]" in result.stderr
        assert "Traceback" not in result.stderr
        assert ListenerStatus.objects.get().ended_at is None
        assert it.end() == 0


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--syslog-udp", "514"), "bad-address"),
        (("--syslog-tcp", "192.0.2.1:0"), "not-our-address"),
    ],
)
def test_an_address_that_cannot_be_is_refused(
    tmp_path: Path, arguments: tuple[str, ...], code: str
) -> None:
    result = process("prestage_listen", *arguments, folder=tmp_path)
    assert (result.returncode, f"[{code}]" in result.stderr) == (2, True)
    assert "Traceback" not in result.stderr


def test_the_help_teaches(tmp_path: Path) -> None:
    result = process("prestage_listen", "--help", folder=tmp_path)
    assert result.returncode == 0
    for word in ("--syslog-udp ADDRESS:PORT", "SYSLOG_RELAYS", "Exit status: 0", "\nexamples:\n  "):
        assert word in result.stdout
