"""What sources hear is written down, whatever the database does meanwhile."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from typing import Any

import pytest
from django.db import connection

from prestage_plugin.errors import Refused
from prestage_plugin.events import listener as listening
from prestage_plugin.events import writer
from prestage_plugin.events.handover import HandOver
from prestage_plugin.events.listener import GAVE_UP, STOPPED, Listener
from prestage_plugin.events.notice import Notice
from prestage_plugin.events.syslog.endpoint import Endpoint
from prestage_plugin.events.syslog.limits import Limits
from prestage_plugin.events.syslog.source import SyslogOptions, SyslogSource
from prestage_plugin.models import ChangeEvent, ListenerStatus, UnknownSender
from prestage_plugin.services.directory import forget_directory
from prestage_plugin.states import ChangeSource
from tests.prestage_plugin.events.outage import database_away
from tests.prestage_plugin.events.syslog.receiving import LOCAL, send, until
from tests.prestage_plugin.events.syslog.receiving import connection as tcp_connection
from tests.prestage_plugin.events.syslog.samples import REQUESTED, classic, structured
from tests.prestage_plugin.factories import make_device

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def fresh_directory() -> Iterator[None]:
    forget_directory()
    yield
    forget_directory()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let writers fail at once when the database is locked."""
    if connection.vendor == "sqlite":
        monkeypatch.setitem(connection.settings_dict["OPTIONS"], "timeout", 0.01)
    monkeypatch.setattr(writer, "LONGEST_DELAY", 0.1)


class Site:
    """A listener with one syslog source."""

    def __init__(self, listener: Listener, source: SyslogSource) -> None:
        self.listener = listener
        self.source = source

    @property
    def udp(self) -> Endpoint:
        return dict(self.source.endpoints)["udp"]

    @property
    def tcp(self) -> Endpoint:
        return dict(self.source.endpoints)["tcp"]

    async def until(self, **counts: int) -> None:
        await until(lambda: all(self.counters()[name] == count for name, count in counts.items()))

    def counters(self) -> dict[str, int]:
        assert self.listener.writer is not None
        return self.source.counters() | self.listener.writer.counters()


def listen(
    scenario: Callable[[Site], Awaitable[None]], *, capacity: int = 50_000, **options: Any
) -> int:
    """Run a listener for a scenario and return its exit status."""

    async def run() -> int:
        source = SyslogSource(SyslogOptions(udp=[LOCAL], tcp=[LOCAL], **options))
        listener = Listener(
            name="test", sources=[source], make_handover=partial(HandOver, capacity=capacity)
        )
        serving = asyncio.create_task(listener.serve())
        await asyncio.wait_for(source.is_listening.wait(), 10)
        try:
            await scenario(Site(listener, source))
        finally:
            listener.stop()
            status = await serving
        return status

    # Of this thread outside of the event loop, which has another; a scenario may cut all of them.
    connection.close()
    return asyncio.run(run())


def heard() -> list[tuple[str, str, str]]:
    return sorted(ChangeEvent.objects.values_list("device__name", "actor", "detail"))


def unknown() -> dict[str, int]:
    return dict(UnknownSender.objects.values_list("sender", "events"))


def test_commits_of_known_devices_become_events() -> None:
    make_device("pe1", address="127.0.0.11")
    make_device("pe2", address="192.0.2.2", loopback="127.0.0.12")

    async def scenario(at: Site) -> None:
        send("127.0.0.11", classic(REQUESTED, user="jdoe"), at.udp)
        send("127.0.0.11", classic(), at.udp)
        async with tcp_connection(at.tcp, "127.0.0.12") as device:
            await device.send(structured("UI_COMMIT_NOT_CONFIRMED") + b"\n")
        await at.until(accepted=2)

    assert listen(scenario) == STOPPED
    assert heard() == [
        ("pe1", "jdoe", "UI_COMMIT_COMPLETED"),
        ("pe2", "", "UI_COMMIT_NOT_CONFIRMED"),
    ]
    event = ChangeEvent.objects.get(device__name="pe1")
    assert (event.source, event.sender, event.state) == ("syslog", "127.0.0.11", "new")


def test_a_sender_that_no_device_is_is_counted_and_nothing_more() -> None:
    """Whatever name it gives, and only when it speaks of a commit."""
    make_device("pe1", address="192.0.2.1")

    async def scenario(at: Site) -> None:
        for _each in range(3):
            send("127.0.0.66", classic(host="pe1"), at.udp)
        send("127.0.0.67", classic("UI_NETCONF_CMD", host="pe1"), at.udp)
        await at.until(received=4, unknown=3)

    listen(scenario)
    assert (heard(), unknown()) == ([], {"127.0.0.66": 3})


def test_a_relay_speaks_for_the_device_that_it_names() -> None:
    make_device("pe1", address="192.0.2.1")
    make_device("pe2", address="192.0.2.2")
    make_device("relay", address="127.0.0.99")

    async def scenario(at: Site) -> None:
        for host in ("PE1.example.net", "192.0.2.2", "pe3"):
            send("127.0.0.99", classic(host=host), at.udp)
        await at.until(accepted=2, unknown=1)

    listen(scenario, relays=["127.0.0.99"])
    assert [name for name, *_rest in heard()] == ["pe1", "pe2"]
    assert unknown() == {"pe3 by 127.0.0.99": 1}


def test_own_commits_and_own_reads_never_become_events() -> None:
    make_device("pe1", address="127.0.0.11")

    async def scenario(at: Site) -> None:
        for write in (classic, structured):
            for tag in ("UI_NETCONF_CMD", REQUESTED, "UI_COMMIT_PROGRESS", "UI_COMMIT_COMPLETED"):
                send("127.0.0.11", write(tag, user="prestage"), at.udp)
        await at.until(received=8, own=2)

    listen(scenario, ignored_users=["prestage"])
    assert (heard(), unknown()) == ([], {})


@pytest.mark.usefixtures("impatient")
def test_events_wait_for_a_database_that_is_away(caplog: pytest.LogCaptureFixture) -> None:
    make_device("pe1", address="127.0.0.11")

    async def scenario(at: Site) -> None:
        send("127.0.0.11", classic(), at.udp)
        await at.until(accepted=1)
        with database_away():
            for _each in range(3):
                send("127.0.0.11", classic(), at.udp)
                await until(lambda: "the database does not answer" in caplog.text)
            await at.until(received=4)
            assert (at.counters()["accepted"], at.counters()["waiting"]) == (1, 3)
        await at.until(accepted=4, waiting=0)

    with caplog.at_level(logging.WARNING):
        assert listen(scenario) == STOPPED
    assert len(heard()) == 4
    assert caplog.text.count("the database does not answer") == 1  # not once for each attempt
    assert "the database answers again" in caplog.text


@pytest.mark.usefixtures("impatient")
def test_a_queue_that_is_full_is_bounded_and_loses_nothing() -> None:
    make_device("pe1", address="127.0.0.11")
    sent = 3000

    async def scenario(at: Site) -> None:
        async with tcp_connection(at.tcp, "127.0.0.11") as device:
            with database_away():
                await device.send((classic() + b"\n") * sent)
                await until(lambda: at.counters()["waiting"] >= 100)
                await asyncio.sleep(0.05)
                assert at.counters()["received"] <= 200  # the queue, and what the writer has
            await at.until(accepted=sent)

    assert listen(scenario, capacity=100) == STOPPED
    assert len(heard()) == sent


@pytest.mark.usefixtures("impatient")
def test_what_cannot_be_written_at_the_end_is_told(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening, "STOP_SECONDS", 0.3)
    make_device("pe1", address="127.0.0.11")

    connection.close()
    with database_away():

        async def scenario(at: Site) -> None:
            for _each in range(3):
                send("127.0.0.11", classic(), at.udp)
            await at.until(received=3)

        with caplog.at_level(logging.CRITICAL):
            assert listen(scenario) == GAVE_UP
    assert "3 events could not be written and are lost" in caplog.text


def test_counters_are_written_for_others() -> None:
    make_device("pe1", address="127.0.0.11")

    async def scenario(at: Site) -> None:
        send("127.0.0.11", classic(), at.udp)
        send("127.0.0.66", classic(), at.udp)
        await at.until(accepted=1, unknown=1)

    listen(scenario)
    row = ListenerStatus.objects.get()
    assert row.name.endswith(" test")
    assert row.ended_at is not None
    assert (row.lost, row.lost_at) == (0, None)
    assert row.counters["syslog"]["received"] == 2
    assert row.counters["events"] == {"accepted": 1, "unknown": 1, "waiting": 0}


def test_the_log_says_now_and_then_what_has_come(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening, "STATUS_SECONDS", 0.0)
    monkeypatch.setattr(listening, "LOOK_SECONDS", 0.01)
    make_device("pe1", address="127.0.0.11")

    async def scenario(at: Site) -> None:
        send("127.0.0.11", classic(), at.udp)
        await until(lambda: "since the start: 1 received, 1 triggers" in caplog.text)

    with caplog.at_level(logging.INFO):
        listen(scenario)


def test_what_the_kernel_dropped_is_written_for_others() -> None:
    async def scenario(at: Site) -> None:
        for _each in range(300):
            send("127.0.0.66", classic(), at.udp)

    listen(scenario, limits=Limits(receive_buffer=1))
    row = ListenerStatus.objects.get()
    assert row.lost == row.counters["syslog"]["dropped"] > 0
    assert row.lost_at is not None


class Scripted:
    """A source that hands over one notice and then does what it is told."""

    name = "scripted"

    def __init__(self, device_id: int, error: Exception | None = None) -> None:
        self._device_id = device_id
        self._error = error
        self._stop = asyncio.Event()

    async def run(self, handover: HandOver) -> None:
        await asyncio.sleep(0)
        handover.put(Notice(source=ChangeSource.NETCONF, device_id=self._device_id))
        if self._error is not None:
            raise self._error
        await self._stop.wait()

    def stop(self) -> None:
        self._stop.set()

    def counters(self) -> dict[str, int]:
        return {"received": 1}


def serve(*sources: Any) -> int:
    async def run() -> int:
        return await Listener(name="test", sources=sources).serve()

    return asyncio.run(run())


def test_a_source_that_fails_ends_the_listener_and_nothing_is_lost(
    caplog: pytest.LogCaptureFixture,
) -> None:
    device = make_device("pe1")
    sources = [Scripted(device.pk), Scripted(device.pk, RuntimeError("the wire is cut"))]
    with caplog.at_level(logging.CRITICAL):
        assert serve(*sources) == GAVE_UP
    assert ChangeEvent.objects.filter(source="netconf").count() == 2
    assert "the source scripted failed" in caplog.text


def test_a_writer_that_fails_ends_the_listener(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**_arguments: object) -> None:
        raise TypeError("a defect")

    monkeypatch.setattr(writer, "accept_events", fail)
    with caplog.at_level(logging.CRITICAL):
        assert serve(Scripted(make_device("pe1").pk)) == GAVE_UP
    assert "1 events could not be written" in caplog.text


def test_a_source_that_is_refused_leaves_no_trace() -> None:
    device = make_device("pe1")

    class Refusing(Scripted):
        async def run(self, handover: HandOver) -> None:
            raise Refused("no-port", "No.")

    with pytest.raises(Refused, match="No"):
        serve(Scripted(device.pk), Refusing(device.pk))
    assert not ListenerStatus.objects.exists()
