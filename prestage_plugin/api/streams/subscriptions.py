"""Who follows which job: a place for each stream, and word when its job has changed.

The poller's thread writes, the event loops of the streams read.
"""

import asyncio
import threading
import weakref
from collections import Counter
from http import HTTPStatus

from rest_framework.exceptions import APIException

from prestage_plugin.models import Job

__all__ = ["MOST_STREAMS", "MOST_STREAMS_OF_A_USER", "Subscription", "Subscriptions"]

MOST_STREAMS = 200
"""Streams that one web process carries."""

MOST_STREAMS_OF_A_USER = 10
"""Of these, streams of one user."""


class TooManyStreams(APIException):
    """503: poll, or come back when somebody has gone."""

    status_code = HTTPStatus.SERVICE_UNAVAILABLE
    default_code = "too-many-streams"
    default_detail = "Too many streams are open; poll the job, or try again later."
    wait = 30
    """Seconds."""


class Subscription:
    """One stream.

    Attributes:
        job_id: The job that it follows.
        user_id: Whose stream it is.
        sees_all_jobs: Whether the user sees the jobs of others.
        token_id: Token that opened it; None for a session.
        version: Of what it was told last.
        ended: Whether there will be no more news: nobody may look any more.
    """

    def __init__(
        self, *, job_id: int, user_id: int, sees_all_jobs: bool, token_id: int | None
    ) -> None:
        self.job_id = job_id
        self.user_id = user_id
        self.sees_all_jobs = sees_all_jobs
        self.token_id = token_id
        self.version = ""
        self.ended = False
        self._lock = threading.Lock()
        self._news: tuple[str, Job] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._changed = asyncio.Event()

    def tell(self, job: Job, version: str) -> None:
        """Hand over the job as it is now, unless that is known; called by any thread."""
        with self._lock:
            if version == self.version:
                return
            self.version, self._news = version, (version, job)
        self._wake()

    def end(self) -> None:
        """Let the stream end; called by any thread."""
        self.ended = True
        self._wake()

    async def news(self, *, patience: float) -> tuple[str, Job] | None:
        """Wait for the newest version of the job.

        Args:
            patience: Seconds.

        Returns:
            The version and the job; None when there is nothing new for so long, or at the end.
        """
        self._loop = asyncio.get_running_loop()
        if self._news is None and not self.ended:
            try:
                async with asyncio.timeout(patience):
                    await self._changed.wait()
            except TimeoutError:
                return None
        self._changed.clear()
        with self._lock:
            news, self._news = self._news, None
        return news

    def _wake(self) -> None:
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._changed.set)


class Subscriptions:
    """All streams of this process.

    They are held weakly: the place of a stream that its server dropped on the way is free again
    without anybody having said so.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: weakref.WeakSet[Subscription] = weakref.WeakSet()

    def add(self, subscription: Subscription) -> None:
        """Give a stream its place.

        Raises:
            TooManyStreams: `too-many-streams`.
        """
        with self._lock:
            users = Counter(each.user_id for each in self._open)
            own = users[subscription.user_id]
            if len(self._open) >= MOST_STREAMS or own >= MOST_STREAMS_OF_A_USER:
                raise TooManyStreams
            self._open.add(subscription)

    def remove(self, subscription: Subscription) -> None:
        """Free the place of a stream; repeating it changes nothing."""
        with self._lock:
            self._open.discard(subscription)

    def all(self) -> list[Subscription]:
        """Return the streams that are open now."""
        with self._lock:
            return list(self._open)
