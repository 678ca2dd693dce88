"""Somebody else at the same database, at the same time."""

import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Self

from django.db import connection


def together(*calls: Callable[[], object]) -> None:
    """Make the calls at the same moment, each in a thread of its own."""
    barrier = threading.Barrier(len(calls), timeout=30)

    def at_once(call: Callable[[], object]) -> None:
        try:
            barrier.wait()
            call()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        for future in [pool.submit(at_once, call) for call in calls]:
            future.result(timeout=60)


class Elsewhere:
    """A thread with a connection of its own."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1)
        self._backend: queue.Queue[int] = queue.Queue()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._pool.shutdown()

    def do(self, act: Callable[[], object]) -> Future[object]:
        return self._pool.submit(self._do, act)

    def until_it_waits(self) -> None:
        """Return when what it does waits for somebody's lock; on PostgreSQL only."""
        backend = self._backend.get(timeout=30)
        give_up = time.monotonic() + 30
        with connection.cursor() as cursor:
            while True:
                cursor.execute("SELECT cardinality(pg_blocking_pids(%s))", [backend])
                if cursor.fetchone()[0]:
                    return
                assert time.monotonic() < give_up, "it never waited"
                time.sleep(0.01)

    def _do(self, act: Callable[[], object]) -> object:
        try:
            if connection.vendor == "postgresql":
                self._introduce()
            return act()
        finally:
            connection.close()

    def _introduce(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            self._backend.put(cursor.fetchone()[0])
            cursor.execute("SET lock_timeout = '5s'")
