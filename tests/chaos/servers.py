"""A PostgreSQL and a Redis of a test's own, to be killed, restarted and emptied at will."""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg
import redis

from tests.ports import free_port

__all__ = ["PostgresServer", "RedisServer"]

POSTGRES_PROGRAMS = Path(os.environ.get("PRESTAGE_TEST_PG_BIN", "/usr/lib/postgresql/15/bin"))
START_SECONDS = 20.0


class PostgresServer:
    """A PostgreSQL cluster in a temporary folder, on a port of its own."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="prestage-pg-"))
        self.port = free_port()
        self._server: subprocess.Popen[bytes] | None = None
        # PostgreSQL refuses to run as root.
        self._as_user = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []

    @property
    def keywords(self) -> str:
        """How to connect, as libpq keywords."""
        return f"dbname=postgres host=127.0.0.1 port={self.port} user=postgres"

    def __enter__(self) -> Self:
        if self._as_user:
            owner = pwd.getpwnam("postgres")
            os.chown(self._folder, owner.pw_uid, owner.pw_gid)
        self._run("initdb", "-U", "postgres", "-A", "trust", "--no-sync", "-D", self._data)
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
        shutil.rmtree(self._folder)

    def start(self) -> None:
        """Start the server and wait until it answers."""
        self._server = subprocess.Popen(
            [
                *self._as_user,
                str(POSTGRES_PROGRAMS / "postgres"),
                *("-D", self._data, "-p", str(self.port), "-h", "127.0.0.1"),
                *("-k", str(self._folder), "-c", "fsync=off", "-c", "max_connections=200"),
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        give_up = time.monotonic() + START_SECONDS
        while True:
            try:
                psycopg.connect(self.keywords).close()
            except psycopg.OperationalError:
                assert time.monotonic() < give_up, "PostgreSQL did not start"
                time.sleep(0.1)
            else:
                return

    def stop(self, mode: str = "immediate") -> None:
        """Stop the server; every connection to it is lost."""
        if self._server is not None and self._server.poll() is None:
            self._run("pg_ctl", "-D", self._data, "-m", mode, "-w", "stop")
            self._server.wait()

    @property
    def _data(self) -> str:
        return str(self._folder / "data")

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [*self._as_user, str(POSTGRES_PROGRAMS / program), *arguments],
            check=True,
            capture_output=True,
            cwd=self._folder,
        )


class RedisServer:
    """A Redis that keeps nothing on disk, on a port of its own."""

    def __init__(self) -> None:
        self.port = free_port()
        self._server: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """How to connect."""
        return f"redis://127.0.0.1:{self.port}/0"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill()

    def start(self) -> None:
        """Start the server, empty, and wait until it answers."""
        self._server = subprocess.Popen(
            [
                *("redis-server", "--port", str(self.port), "--bind", "127.0.0.1"),
                *("--save", "", "--appendonly", "no"),
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        give_up = time.monotonic() + START_SECONDS
        with redis.Redis.from_url(self.url) as client:
            while True:
                try:
                    client.ping()
                except redis.ConnectionError:
                    assert time.monotonic() < give_up, "Redis did not start"
                    time.sleep(0.05)
                else:
                    return

    def kill(self) -> None:
        """End the server at once; what was in it is gone."""
        if self._server is not None:
            self._server.kill()
            self._server.wait()

    def empty(self) -> None:
        """Forget every message."""
        with redis.Redis.from_url(self.url) as client:
            client.flushall()
