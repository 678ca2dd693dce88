"""The process that hears of changes: sources on one event loop, one writer, an orderly end."""

import asyncio
import logging
import signal
import socket
import time
from collections.abc import Callable, Sequence

from django.utils import timezone

from prestage_plugin.errors import Refused
from prestage_plugin.events.handover import HandOver
from prestage_plugin.events.source import LOST, Source
from prestage_plugin.events.writer import Writer
from prestage_plugin.services.listeners import ListenerReport, report

__all__ = ["GAVE_UP", "STOPPED", "Listener"]

logger = logging.getLogger(__name__)

STOPPED = 0
"""Exit status: it was asked to stop and did, and everything that it read is written."""
GAVE_UP = 1
"""Exit status: it cannot go on, or could not write all; a supervisor should start it anew."""

LOOK_SECONDS = 1.0
STATUS_SECONDS = 60.0
"""How often a line in the log says what has come."""
SOURCES_STOP_SECONDS = 20.0
"""Seconds that the sources get to hand over what they have read."""
STOP_SECONDS = 30.0
"""Seconds after that in which it has to be written, however the database is."""

_STATUS_LINE = (
    ("received", "received"),
    ("triggers", "triggers"),
    ("own", "by ourselves"),
    ("accepted", "accepted"),
    ("unknown", "of unknown senders"),
    (LOST, "dropped by the kernel"),
    ("malformed", "malformed"),
    ("connected", "devices subscribed to"),
    ("failed", "devices not subscribed to"),
    ("unsupported", "devices without notifications"),
    ("reconnects", "subscribed to again"),
    ("waiting", "waiting"),
)


class Listener:
    """Runs sources until it is told to stop, and writes down what they hear.

    Args:
        name: What tells this listener from others, the same when it is started anew.
        sources: What hears of changes.
        make_handover: Makes the queue; for tests.

    Attributes:
        writer: What writes, from when it serves.
    """

    def __init__(
        self,
        *,
        name: str,
        sources: Sequence[Source],
        make_handover: Callable[[], HandOver] = HandOver,
    ) -> None:
        self.name = f"{socket.gethostname()} {name}"[:255]
        self._sources = sources
        self._make_handover = make_handover
        self._started_at = timezone.now()
        self._stop = asyncio.Event()
        self.writer: Writer | None = None
        self._status_at = 0.0

    def run(self) -> int:
        """Listen until SIGTERM or SIGINT; return the exit status.

        Raises:
            Refused: A source cannot begin as it is configured.
        """
        return asyncio.run(self.serve())

    def stop(self) -> None:
        """Ask it to end; on its event loop only."""
        self._stop.set()

    async def serve(self) -> int:
        """Listen until a signal or `stop`; return the exit status.

        Raises:
            Refused: A source cannot begin as it is configured.
        """
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)
        handover = self._make_handover()
        self.writer = writer = Writer(handover=handover, report=self._report)
        runs = [asyncio.create_task(source.run(handover)) for source in self._sources]
        await asyncio.sleep(0)  # a source that cannot begin has said so after this
        if any(run.done() for run in runs):
            await self._end_sources(runs)
            _raise_refusal(runs)
            return GAVE_UP
        writer.start()
        self._status_at = time.monotonic()
        try:
            status = await self._watch(runs)
        finally:
            await self._end_sources(runs)
            lost = await asyncio.to_thread(writer.finish, patience=STOP_SECONDS)
            self._log_status()
        if lost:
            logger.critical("%d events could not be written and are lost", lost)
        return GAVE_UP if lost else status

    async def _watch(self, runs: Sequence[asyncio.Task[None]]) -> int:
        """Wait until somebody wants it to end, or something has ended that should not."""
        assert self.writer is not None
        stop = asyncio.create_task(self._stop.wait())
        try:
            while not self._stop.is_set():
                await asyncio.wait(
                    [stop, *runs], timeout=LOOK_SECONDS, return_when=asyncio.FIRST_COMPLETED
                )
                if any(run.done() for run in runs) or not self.writer.is_alive:
                    return GAVE_UP
                if time.monotonic() - self._status_at >= STATUS_SECONDS:
                    self._log_status()
        finally:
            stop.cancel()
        return STOPPED

    async def _end_sources(self, runs: Sequence[asyncio.Task[None]]) -> None:
        for source in self._sources:
            source.stop()
        _done, late = await asyncio.wait(runs, timeout=SOURCES_STOP_SECONDS)
        for run in late:
            run.cancel()
        ended = await asyncio.gather(*runs, return_exceptions=True)
        for source, error in zip(self._sources, ended, strict=True):
            if isinstance(error, Exception) and not isinstance(error, Refused):
                logger.critical("the source %s failed", source.name, exc_info=error)

    def _report(self, ended: bool) -> None:
        assert self.writer is not None
        counters = {source.name: source.counters() for source in self._sources}
        report(
            listener=ListenerReport(
                name=self.name,
                started_at=self._started_at,
                counters=counters | {"events": self.writer.counters()},
                lost=sum(counts.get(LOST, 0) for counts in counters.values()),
                ended=ended,
            )
        )

    def _log_status(self) -> None:
        assert self.writer is not None
        self._status_at = time.monotonic()
        totals = dict(self.writer.counters())
        for source in self._sources:
            for name, count in source.counters().items():
                totals[name] = totals.get(name, 0) + count
        words = (f"{totals[name]} {word}" for name, word in _STATUS_LINE if name in totals)
        logger.info("since the start: %s", ", ".join(words))


def _raise_refusal(runs: Sequence[asyncio.Task[None]]) -> None:
    for run in runs:
        error = None if run.cancelled() else run.exception()
        if isinstance(error, Refused):
            raise error
