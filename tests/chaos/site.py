"""A whole site for one test: database, broker, fleet, and worker hosts that can be killed."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import Error, connections
from django_q.conf import Conf

from nornir_tasks.lab import Fleet, LabProcess
from prestage_plugin.inventory import forget_nornir
from prestage_plugin.models import Job
from prestage_plugin.queue import CLUSTER_OPTIONS
from prestage_plugin.services.inventory import sync_devices
from prestage_plugin.site.services import broker_options, database
from tests.chaos.servers import PostgresServer, RedisServer

__all__ = ["Host", "Site", "running_site", "until"]

SETTINGS = {"SHARD_SIZE": 50, "WORKERS": 20, "MOST_WORKERS": 20}
"""Fewer in flight than devices in a shard, so that a busy worker always has some in flight."""
CLUSTER_WORKERS = 3
"""One more than a job of 100 devices keeps busy."""
SERVICES = 3
"""TCP connections of a worker that has no session, at most."""
STOP_SECONDS = 45.0
WARNINGS = "error"


class Host:
    """A worker host: one `prestage_worker` and all its processes.

    Args:
        environment: Of the processes.
        log: File for their output.
        prefix: What runs the command, e.g. in a network namespace.
    """

    def __init__(
        self, *, environment: dict[str, str], log: Path, prefix: Sequence[str] = ()
    ) -> None:
        self._environment = environment
        self._prefix = prefix
        self.log = log
        self.start()

    def start(self) -> None:
        """Start the supervisor; used again after everything was killed."""
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                [*self._prefix, sys.executable, "-m", "django", "prestage_worker"],
                env=self._environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        until(lambda: len(self._generation(3)) == CLUSTER_WORKERS + 2)

    @property
    def supervisor(self) -> psutil.Process:
        """The process of `prestage_worker`."""
        return psutil.Process(self._process.pid)

    @property
    def parent(self) -> psutil.Process:
        """The cluster's parent process."""
        return self._generation(1)[0]

    @property
    def sentinel(self) -> psutil.Process:
        """django-q2's sentinel."""
        return self._generation(2)[0]

    @property
    def monitor(self) -> psutil.Process:
        """The process that acknowledges messages; django-q2 starts it after the workers."""
        return self._members()[CLUSTER_WORKERS]

    @property
    def pusher(self) -> psutil.Process:
        """The process that takes messages from the broker; django-q2 starts it last."""
        return self._members()[CLUSTER_WORKERS + 1]

    def busy_workers(self) -> list[psutil.Process]:
        """Workers that have devices in flight."""
        return [each for each in self._members()[:CLUSTER_WORKERS] if _has_sessions(each)]

    def idle_worker(self) -> psutil.Process:
        """The one worker that waits for a message, while all others have devices in flight."""
        idle: list[psutil.Process] = []

        def is_alone() -> bool:
            workers = self._members()[:CLUSTER_WORKERS]
            idle[:] = [each for each in workers if not _has_sessions(each)]
            return len(idle) == 1

        # One that is busy has no session for a moment now and then, the idle one never has.
        until(is_alone)
        return idle[0]

    def family(self) -> list[psutil.Process]:
        """The supervisor and everything below it."""
        with suppress(psutil.NoSuchProcess):
            return [self.supervisor, *self.supervisor.children(recursive=True)]
        return []

    def kill(self) -> None:
        """End everything at once, as a power cut would."""
        family = self.family()
        for member in family:
            with suppress(psutil.NoSuchProcess):
                member.kill()
        self._process.wait()
        psutil.wait_procs(family, timeout=10)

    def reap(self) -> None:
        """Wait for a supervisor that was killed, and for what it takes with it."""
        self._process.wait(STOP_SECONDS)

    def stop(self) -> None:
        """End it in order, as an administrator would."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def _members(self) -> list[psutil.Process]:
        return sorted(self._generation(3), key=lambda each: each.pid)

    def _generation(self, depth: int) -> list[psutil.Process]:
        generation = [self.supervisor]
        for _step in range(depth):
            generation = [child for parent in generation for child in parent.children()]
        return generation


def _has_sessions(worker: psutil.Process) -> bool:
    """Whether a worker has more connections than those to the database and to the broker."""
    return len(worker.net_connections("tcp")) > SERVICES


class Site:
    """What a test needs of its site.

    Attributes:
        lab: The fleet.
        folder: The site's data folder.
        postgres: Its PostgreSQL; None on SQLite.
        redis: Its Redis; None when the broker is in the database.
    """

    def __init__(
        self,
        *,
        folder: Path,
        lab: LabProcess,
        postgres: PostgresServer | None,
        redis: RedisServer | None,
    ) -> None:
        self.folder, self.lab, self.postgres, self.redis = folder, lab, postgres, redis
        self.hosts: list[Host] = []
        folder.mkdir(exist_ok=True)

    @property
    def services(self) -> dict[str, str]:
        """The environment variables that name the database and the broker."""
        named = {}
        if self.postgres is not None:
            named["PRESTAGE_POSTGRES"] = self.postgres.keywords
        if self.redis is not None:
            named["PRESTAGE_REDIS"] = self.redis.url
        return named

    def environment(self) -> dict[str, str]:
        """The environment of the site's processes."""
        return os.environ | {
            "DJANGO_SETTINGS_MODULE": "tests.settings",
            "PRESTAGE_TEST_BACKEND": "sqlite",  # the services are named outright
            "PRESTAGE_TEST_FOLDER": str(self.folder),
            "PRESTAGE_TEST_SETTINGS": json.dumps(SETTINGS),
            "PRESTAGE_SECRET_KEY": settings.SECRET_KEY,
            "PRESTAGE_NORNIR_CONFIG": str(self.lab.inventory_directory / "config.yaml"),
            "PRESTAGE_CLUSTER_WORKERS": str(CLUSTER_WORKERS),
            "PYTHONWARNINGS": WARNINGS,
            **self.services,
        }

    def start_host(self, prefix: Sequence[str] = (), **variables: str) -> Host:
        """Start a `prestage_worker`; `variables` are added to its environment."""
        log = self.folder / f"host-{len(self.hosts)}.log"
        host = Host(environment=self.environment() | variables, log=log, prefix=prefix)
        self.hosts.append(host)
        return host

    def processes(self) -> list[psutil.Process]:
        """Every process of the site, orphans included."""
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                if process.environ().get("PRESTAGE_TEST_FOLDER") == str(self.folder):
                    found.append(process)
        return found

    def logs(self) -> str:
        """What the hosts have said."""
        return "\n".join(host.log.read_text()[-6000:] for host in self.hosts)


@contextmanager
def running_site(
    *, folder: Path, backend: str, fleet: Fleet, latency_ms: float, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Site]:
    """Run a site without a host; this process talks to its database and broker as well.

    At the end every host is stopped in order, and no process may be left.
    """
    with ExitStack() as stack:
        lab = stack.enter_context(
            LabProcess(fleet, latency_ms=latency_ms, host_key="ed25519", directory=folder / "lab")
        )
        postgres = redis = None
        if backend.startswith("postgres"):
            postgres = stack.enter_context(PostgresServer())
        if backend.endswith("redis"):
            redis = stack.enter_context(RedisServer())
        site = Site(folder=folder / "data", lab=lab, postgres=postgres, redis=redis)
        stack.enter_context(_at(site, monkeypatch))
        call_command("migrate", verbosity=0)
        sync_devices()
        try:
            yield site
            for host in site.hosts:
                host.stop()
            left = psutil.wait_procs(site.processes(), timeout=5)[1]
            assert left == [], site.logs()
        finally:
            for process in site.processes():
                with suppress(psutil.NoSuchProcess):
                    process.kill()


@contextmanager
def _at(site: Site, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Point this process to the site's database, broker and inventory."""
    options = CLUSTER_OPTIONS | broker_options(site.services)
    name = f"{site.folder.name}-{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    monkeypatch.setattr(settings, "Q_CLUSTER", options | {"name": name})
    monkeypatch.setattr(
        settings,
        "PRESTAGE",
        {
            "NORNIR_CONFIG": str(site.lab.inventory_directory / "config.yaml"),
            **SETTINGS,
        },
    )
    for key, value in {
        "ORM": options["orm"],
        "REDIS": options.get("redis", {}),
        "PREFIX": name,
        "CLUSTER_NAME": name,
    }.items():
        monkeypatch.setattr(Conf, key, value)
    forget_nornir()
    before = connections.databases["default"]
    chosen = {"default": database(site.services, folder=site.folder)}
    _use(connections.configure_settings(chosen)["default"])
    try:
        yield
    finally:
        _use(before)
        forget_nornir()


def _use(database_settings: dict[str, Any]) -> None:
    connections["default"].close()
    del connections["default"]
    connections.databases["default"] = database_settings


def until(condition: Callable[[], Any], seconds: float = 60) -> None:
    """Wait until the condition holds; a database that is away or a process that went is no."""
    give_up = time.monotonic() + seconds
    while True:
        with suppress(psutil.NoSuchProcess, Error):
            if condition():
                return
        for connection in connections.all():
            connection.close_if_unusable_or_obsolete()
        assert time.monotonic() < give_up, f"not within {seconds} seconds"
        time.sleep(0.1)


def has_results(job: Job, number: int = 1) -> bool:
    """Whether so many devices of the job have a result."""
    job.refresh_from_db()
    return job.finished >= number
