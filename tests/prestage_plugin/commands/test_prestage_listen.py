"""`manage.py prestage_listen`, as a process."""

import signal
import socket
import time
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from nornir_tasks.lab import Fleet, LabProcess
from prestage_plugin.events.syslog.endpoint import parse_endpoint
from prestage_plugin.models import ChangeEvent, DeviceChange, ListenerStatus
from prestage_plugin.services.coalesce import coalesce
from tests.prestage_plugin.commands.calling import process
from tests.prestage_plugin.events.listening import (
    PATIENCE,
    prestage_listen,
    send_stream,
    until,
)
from tests.prestage_plugin.events.netconf.subscribing import use
from tests.prestage_plugin.events.outage import database_away
from tests.prestage_plugin.events.syslog.receiving import send
from tests.prestage_plugin.events.syslog.samples import classic
from tests.prestage_plugin.factories import make_device

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

ANYWHERE = "127.0.0.1:0"


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


def test_notifications_and_syslog_are_heard_by_one_process(settings: Any, tmp_path: Path) -> None:
    with LabProcess(Fleet.of({"npe": 2}), notifications=100, directory=tmp_path / "lab") as lab:
        use(settings, lab)
        arguments = ("--syslog-udp", ANYWHERE, "--netconf", "npe-00001")
        with prestage_listen(*arguments, folder=tmp_path, inventory=lab.inventory_directory) as it:
            until(ChangeEvent.objects.filter(source="netconf").exists)
            lab.control("commit", "npe-00001")
            address = lab.control("show", "npe-00001")["address"]
            send(address, classic(), parse_endpoint(f"127.0.0.1:{it.port('udp')}"))
            until(lambda: heard() == {"netconf": 2, "syslog": 1})
            assert it.end() == 0
            assert "0 devices subscribed to, 0 devices not subscribed to" in it.text()
        assert lab.statistics()["sessions_open"] == 0
    row = ListenerStatus.objects.get()
    # The same as without notifications, so that turning them on makes no second listener.
    assert row.name == f"{socket.gethostname()} udp 127.0.0.1:0"
    assert (row.counters["netconf"]["triggers"], row.counters["syslog"]["triggers"]) == (1, 1)
    assert row.ended_at is not None


def heard() -> dict[str, int]:
    sources = list(ChangeEvent.objects.exclude(source="platform").values_list("source", flat=True))
    return {source: sources.count(source) for source in sources}


def test_notifications_alone_need_no_port(settings: Any, tmp_path: Path) -> None:
    with LabProcess(Fleet.of({"npe": 1}), notifications=100, directory=tmp_path / "lab") as lab:
        use(settings, lab)
        with prestage_listen(
            "--no-syslog",
            folder=tmp_path,
            settings={"NETCONF_EVENTS": True},
            inventory=lab.inventory_directory,
        ) as it:
            until(lambda: heard() == {"netconf": 1})
            assert it.end(signal.SIGINT) == 0
    assert ListenerStatus.objects.get().name == f"{socket.gethostname()} netconf"


def test_killed_at_any_moment_it_keeps_what_it_wrote_and_each_start_reads_every_device_once(
    settings: Any, tmp_path: Path
) -> None:
    moments = (0.0, 0.3, 0.9)
    with LabProcess(Fleet.of({"npe": 3}), notifications=100, directory=tmp_path / "lab") as lab:
        use(settings, lab)
        settings.PRESTAGE |= {"AUTO": True}
        arguments = ("--syslog-udp", ANYWHERE, "--netconf")
        for moment in moments:
            before = subscribed()
            with prestage_listen(
                *arguments, folder=tmp_path, inventory=lab.inventory_directory
            ) as it:
                give_up = time.monotonic() + moment
                while time.monotonic() < give_up:
                    lab.control("commit", "npe-00001")
                written = set(ChangeEvent.objects.values_list("pk", flat=True))
                it.process.kill()
                it.process.wait()
            assert written <= set(ChangeEvent.objects.values_list("pk", flat=True))
            assert all(count - before[name] in {0, 1} for name, count in subscribed().items())
            until(lambda: lab.statistics()["sessions_open"] == 0)
        before = subscribed()
        with prestage_listen(*arguments, folder=tmp_path, inventory=lab.inventory_directory) as it:
            until(lambda: subscribed() == {name: count + 1 for name, count in before.items()})
            assert it.end() == 0
    coalesce()
    assert DeviceChange.objects.pending().count() == 3  # one read for each


def subscribed() -> dict[str, int]:
    """How often each device was subscribed to, as far as it was written."""
    events = ChangeEvent.objects.filter(source="netconf", detail="subscribed")
    names = list(events.values_list("device__name", flat=True))
    return {f"npe-{number:05}": names.count(f"npe-{number:05}") for number in range(1, 4)}


def test_nothing_to_hear_is_refused(tmp_path: Path) -> None:
    result = process("prestage_listen", "--no-syslog", "--no-netconf", folder=tmp_path)
    assert (result.returncode, "[nothing-to-hear]" in result.stderr) == (2, True)


def test_the_help_teaches(tmp_path: Path) -> None:
    result = process("prestage_listen", "--help", folder=tmp_path)
    assert result.returncode == 0
    for word in (
        "--syslog-udp ADDRESS:PORT",
        "--netconf [DEVICES]",
        "--no-netconf",
        "SYSLOG_RELAYS",
        "Exit status: 0",
        "\nexamples:\n  ",
    ):
        assert word in result.stdout
