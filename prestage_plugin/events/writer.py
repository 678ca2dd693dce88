"""The one thread that writes down what the sources heard, whatever the database does meanwhile."""

import logging
import threading
import time
from collections.abc import Callable

from django.db import Error as DatabaseFault
from django.db import connections

from prestage_plugin.events.handover import HandOver
from prestage_plugin.events.notice import Notice
from prestage_plugin.services.directory import get_directory
from prestage_plugin.services.events import accept_events

__all__ = ["Writer"]

logger = logging.getLogger(__name__)

REPORT_SECONDS = 5.0
"""How often the counters are written."""
FIRST_DELAY = 0.2
LONGEST_DELAY = 2.0
"""Seconds between two attempts while the database is away."""


class Writer:
    """Empties a queue into `accept_events`, batch by batch.

    A batch is tried until it is written: nothing that was handed over is lost while the process
    lives. One whose transaction was committed although the connection broke is written twice,
    which costs nothing (prestaging spec, section 6: events inside a window cost one read).

    Args:
        handover: The queue.
        report: Writes the counters; called every few seconds, and at the end with True. It may
            raise database errors.
    """

    def __init__(self, *, handover: HandOver, report: Callable[[bool], None]) -> None:
        self.accepted = 0
        self.unknown = 0
        self._handover = handover
        self._report = report
        self._reported_at: float | None = None
        self._in_hand = 0
        self._abandoned = threading.Event()
        # A daemon: a driver that hangs must not keep a process alive that was told to end.
        self._thread = threading.Thread(target=self._run, name="event-writer", daemon=True)

    @property
    def is_alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    @property
    def waiting(self) -> int:
        """Notices that are not written yet."""
        return self._handover.waiting + self._in_hand

    def counters(self) -> dict[str, int]:
        """Return what became of the notices so far."""
        return {"accepted": self.accepted, "unknown": self.unknown, "waiting": self.waiting}

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def finish(self, *, patience: float) -> int:
        """Write what is left and end the thread; nothing may be handed over any more.

        Args:
            patience: Seconds that a database that is away is waited for.

        Returns:
            Notices that could not be written, which are lost.
        """
        self._handover.close()
        self._thread.join(patience)
        self._abandoned.set()
        self._thread.join(LONGEST_DELAY)
        return self.waiting

    def _run(self) -> None:
        try:
            while not self._abandoned.is_set():
                batch = self._handover.take()
                if batch:
                    self._write(batch)
                elif self._handover.is_closed:
                    break
                self._report_when_due()
            self._try_report(ended=True)
        except Exception:
            # The listener sees that the thread has ended, and ends the process.
            logger.critical("the writer of events failed", exc_info=True)
        finally:
            connections.close_all()

    def _write(self, batch: list[Notice]) -> None:
        self._in_hand = len(batch)
        delay, is_away = FIRST_DELAY, False
        while not self._try(batch, quietly=is_away):
            is_away = True
            if self._abandoned.wait(delay):
                return
            delay = min(2 * delay, LONGEST_DELAY)
        self._in_hand = 0
        if is_away:
            logger.warning("the database answers again")

    def _try(self, batch: list[Notice], *, quietly: bool) -> bool:
        try:
            directory = get_directory()
            accepted = accept_events(heard=[notice.resolve(directory) for notice in batch])
        except DatabaseFault as error:
            connections.close_all()
            if not quietly:
                name = type(error).__name__
                logger.warning("the database does not answer (%s); events wait", name)
            return False
        self.accepted += accepted.known
        self.unknown += accepted.unknown
        return True

    def _report_when_due(self) -> None:
        now = time.monotonic()
        if self._reported_at is not None and now - self._reported_at < REPORT_SECONDS:
            return
        self._reported_at = now
        self._try_report(ended=False)

    def _try_report(self, *, ended: bool) -> None:
        try:
            self._report(ended)
        except DatabaseFault:
            connections.close_all()
