"""What survives when `prestage_listen` is killed in the middle of a storm (`kill -9`).

Promised is what docs/auto-prestaging.md says: everything that is in the inbox stays there, and what
was received and not written yet is lost, which is the newest of each connection and nothing else.
"""

import re
import secrets
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db.models.functions import Now

from prestage_plugin.models import ChangeEvent, ListenerStatus
from prestage_plugin.services.health import HealthStatus, health
from prestage_plugin.services.listeners import SEEN_WITHIN, silent_listeners
from tests.ports import free_port
from tests.prestage_plugin.events.listening import prestage_listen, until
from tests.prestage_plugin.events.syslog.samples import COMPLETED, structured
from tests.prestage_plugin.factories import make_device

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

KILLS = 3
AT_ONCE = 50
"""Messages; some 10,000 a second with the pauses between them."""


class Storm:
    """A device that commits all the time, and connects anew when its connection breaks.

    Attributes:
        handed: Messages that TCP has taken from the device, by connection.
    """

    def __init__(self, port: int) -> None:
        self.handed: Counter[int] = Counter()
        self._port = port
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    @property
    def newest(self) -> int:
        """The newest connection that has taken messages."""
        return max(dict(self.handed))

    def start(self) -> None:
        self._thread.start()

    def end(self) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        number = 0
        while not self._stop.is_set():
            try:
                device = socket.create_connection(("127.0.0.1", self._port))
            except ConnectionRefusedError:
                time.sleep(0.02)
                continue
            number += 1
            with device:
                try:
                    self._commit(device, number)
                except ConnectionError:
                    continue

    def _commit(self, device: socket.socket, number: int) -> None:
        while not self._stop.is_set():
            first = self.handed[number]
            users = (f"c{number}n{each}" for each in range(first, first + AT_ONCE))
            messages = (structured(COMPLETED, user=user) for user in users)
            device.sendall(b"".join(b"%d %b" % (len(each), each) for each in messages))
            self.handed[number] += AT_ONCE
            time.sleep(0.005)


@contextmanager
def storm(port: int) -> Iterator[Storm]:
    running = Storm(port)
    running.start()
    try:
        yield running
    finally:
        running.end()


def written() -> list[str]:
    return list(ChangeEvent.objects.order_by("pk").values_list("actor", flat=True))


def until_more_than(count: int) -> None:
    until(lambda: ChangeEvent.objects.count() > count)


def numbers_by_connection(actors: list[str]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for actor in actors:
        name = re.fullmatch(r"c(\d+)n(\d+)", actor)
        assert name, f"half a message became an event: {actor!r}"
        found.setdefault(int(name[1]), []).append(int(name[2]))
    return found


def test_a_kill_loses_nothing_that_is_written_and_writes_nothing_twice_or_by_half(
    tmp_path: Path,
) -> None:
    make_device("pe1", address="127.0.0.1")
    port = free_port()
    arguments = ("--syslog-tcp", f"127.0.0.1:{port}")
    with storm(port) as devices:
        for _kill in range(KILLS):
            already = len(written())
            with prestage_listen(*arguments, folder=tmp_path) as it:
                until_more_than(already)
                time.sleep(secrets.randbelow(500) / 1000)
                before = written()
                it.process.kill()
                it.process.wait()
            after = written()
            assert after[: len(before)] == before
        killed = devices.newest
        with prestage_listen(*arguments, folder=tmp_path) as it:
            until(lambda: devices.newest > killed)
            devices.end()
            assert it.end() == 0
    found = numbers_by_connection(written())
    for connection, numbers in found.items():
        # In order, each once, and without a gap: what is lost is the newest.
        assert numbers == list(range(len(numbers))), f"connection {connection}"
        assert len(numbers) <= devices.handed[connection] + AT_ONCE
    # The one that was told to end has written everything.
    assert len(found[devices.newest]) == devices.handed[devices.newest]
    assert set(ChangeEvent.objects.values_list("detail", "state")) == {(COMPLETED, "new")}


def test_a_listener_that_was_killed_is_silent_until_it_runs_again(tmp_path: Path) -> None:
    arguments = ("--syslog-tcp", f"127.0.0.1:{free_port()}")
    with prestage_listen(*arguments, folder=tmp_path) as it:
        until(ListenerStatus.objects.exists)
        it.process.kill()
        it.process.wait()
    assert not silent_listeners()
    ListenerStatus.objects.update(seen_at=Now() - 2 * SEEN_WITHIN)
    [silent] = silent_listeners()
    assert silent.name.endswith(f"tcp {arguments[1]}")
    assert status() == HealthStatus.DEGRADED
    seen_at = ListenerStatus.objects.get().seen_at
    with prestage_listen(*arguments, folder=tmp_path) as it:
        until(lambda: not silent_listeners())
        assert it.end() == 0
    row = ListenerStatus.objects.get()
    assert (row.died_at, row.ended_at is None) == (seen_at, False)
    # Somebody has to know that events may have been lost, although all is well again.
    assert status() == HealthStatus.DEGRADED


def status() -> HealthStatus:
    [found] = [check.status for check in health().checks if check.name == "listener"]
    return found
