"""The loop of `manage.py prestage_worker`: tick, life signs, canary, restart, orderly end."""

import logging
import os
import signal
import socket
import threading
import time
from types import FrameType

from django.db import DatabaseError, close_old_connections

from prestage_plugin import queue
from prestage_plugin.services import workers
from prestage_plugin.services.tick import tick
from prestage_plugin.worker.child import ClusterProcess

__all__ = ["GAVE_UP", "STOPPED", "Supervisor"]

logger = logging.getLogger(__name__)

STOPPED = 0
"""Exit status: it was asked to stop and did."""
GAVE_UP = 1
"""Exit status: the cluster cannot be kept running; a supervisor of ours should start us anew."""

TICK_SECONDS = 1.0
CANARY_SECONDS = 5.0
"""Seconds without a proof of work after which canaries are sent, one with every tick."""
WEDGED_SECONDS = 25.0
"""Seconds without a proof of work after which the cluster is killed and started anew."""
STOP_SECONDS = 30.0
"""Seconds that the cluster gets to end in order."""
QUICK_DEATH_SECONDS = 10.0
QUICK_DEATHS = 5
"""So many clusters in a row that died so soon after their start make us give up."""


class Supervisor:
    """Runs a cluster and the clockwork beside it until it is told to stop.

    Args:
        processes: Number of worker processes; 0 for what `Q_CLUSTER` says.
    """

    def __init__(self, *, processes: int = 0) -> None:
        self.name = f"{socket.gethostname()}:{os.getpid()}"
        self._processes = processes
        self._stop = threading.Event()
        self._restarts = 0
        self._quick_deaths = 0
        self._started_at = 0.0
        self._proof_asked_at = 0.0
        self._cluster: ClusterProcess | None = None

    def run(self) -> int:
        """Supervise until SIGTERM or SIGINT; return the exit status."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)
        self._register()
        self._start()
        try:
            while not self._stop.wait(TICK_SECONDS):
                self._look()
                if self._quick_deaths >= QUICK_DEATHS:
                    logger.critical("the cluster died %d times in a row", self._quick_deaths)
                    return GAVE_UP
        finally:
            self._end()
        return STOPPED

    def _register(self) -> None:
        try:
            workers.register(name=self.name, processes=self._processes)
        except DatabaseError:
            # The next beat writes the row, as soon as there is a database.
            logger.warning("the database does not answer yet")

    def _look(self) -> None:
        assert self._cluster is not None
        if self._cluster.ended:
            self._restart("its parent process has ended")
        try:
            close_old_connections()
            workers.beat(name=self.name, restarts=self._restarts, processes=self._processes)
            tick()
            self._watch()
        except Exception:
            # A database or broker that restarts; the next tick may find it again. Each broker's
            # library raises errors of its own.
            logger.warning("the database or the broker does not answer", exc_info=True)

    def _watch(self) -> None:
        """Ask for a proof of work where there is none, and restart a cluster that gives none."""
        if not workers.is_wedged(name=self.name, patience=CANARY_SECONDS):
            self._proof_asked_at = 0.0
            return
        queue.send_canary()
        now = time.monotonic()
        self._proof_asked_at = self._proof_asked_at or now
        if now - max(self._proof_asked_at, self._started_at) > WEDGED_SECONDS - CANARY_SECONDS:
            self._restart("it carries no message although the queue has some")

    def _start(self) -> None:
        self._cluster = ClusterProcess(worker=self.name, processes=self._processes)
        self._started_at = time.monotonic()
        self._proof_asked_at = 0.0

    def _restart(self, reason: str) -> None:
        assert self._cluster is not None
        logger.error("restarting the cluster: %s", reason, extra={"action": "cluster-restart"})
        self._cluster.kill()
        quick = time.monotonic() - self._started_at < QUICK_DEATH_SECONDS
        self._quick_deaths = self._quick_deaths + 1 if quick else 0
        self._restarts += 1
        self._start()

    def _end(self) -> None:
        assert self._cluster is not None
        try:
            workers.drain(name=self.name)
        except DatabaseError:
            logger.warning("the database does not answer; stopping without hand-over")
        if not self._cluster.stop(patience=STOP_SECONDS):
            logger.warning("the cluster did not end in %d s and was killed", STOP_SECONDS)
        try:
            workers.forget(name=self.name)
        except DatabaseError:
            logger.warning("the database does not answer; the worker's row stays for an hour")

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._stop.set()
