"""The one poller of this process: it asks the database for all streams together.

However many follow, it costs two statements a second at most. Its thread runs while there are
streams, and ends with the last of them.
"""

import logging
import threading
from collections.abc import Iterable

from django.contrib.auth.models import User
from django.db import Error as DatabaseFault
from django.db import connection

from prestage_plugin.api.core.conditional import digest_of_row
from prestage_plugin.api.jobs.documents import with_running
from prestage_plugin.api.streams.subscriptions import Subscription, Subscriptions
from prestage_plugin.models import ApiToken, Job

__all__ = ["INTERVAL", "follow", "unfollow", "version_of"]

logger = logging.getLogger(__name__)

INTERVAL = 1.0
"""Seconds between two looks at the jobs."""

_LOOKS = 5
"""Whether everybody may still look is asked with every so many looks at the jobs."""

_subscriptions = Subscriptions()
_lock = threading.Lock()
_thread: threading.Thread | None = None
_wake = threading.Event()


def version_of(job: Job) -> str:
    """Return the version of a job that was read `with_running`."""
    return digest_of_row(job)


def follow(subscription: Subscription) -> None:
    """Tell a stream of every change of its job from now on.

    Raises:
        TooManyStreams: `too-many-streams`.
    """
    global _thread  # noqa: PLW0603 - there is one in a process
    _subscriptions.add(subscription)
    with _lock:
        if _thread is None:
            _thread = threading.Thread(target=_run, name="prestage-progress", daemon=True)
            _thread.start()


def unfollow(subscription: Subscription) -> None:
    """Free the place of a stream; repeating it changes nothing."""
    _subscriptions.remove(subscription)
    _wake.set()


def _run() -> None:
    global _thread  # noqa: PLW0603 - there is one in a process
    looks = 0
    try:
        while True:
            with _lock:
                if not _subscriptions.all():
                    _thread = None
                    return
            _look(ask_permission=looks % _LOOKS == 0)
            looks += 1
            if _wake.wait(INTERVAL):
                _wake.clear()
    finally:
        connection.close()


def _look(*, ask_permission: bool) -> None:
    streams = _subscriptions.all()
    try:
        if ask_permission:
            _end_forbidden(streams)
        _tell(streams)
    except DatabaseFault as error:
        logger.warning("the jobs of streams cannot be read: %s", type(error).__name__)
        connection.close()
    except Exception:
        logger.exception("the jobs of streams could not be read")


def _tell(streams: Iterable[Subscription]) -> None:
    wanted = {stream.job_id for stream in streams}
    jobs = {job.pk: job for job in with_running(Job.objects.filter(pk__in=wanted))}
    versions = {job_id: version_of(job) for job_id, job in jobs.items()}
    for stream in streams:
        job = jobs.get(stream.job_id)
        if job is None or not (stream.sees_all_jobs or job.user_id == stream.user_id):
            stream.end()
        else:
            stream.tell(job, versions[job.pk])


def _end_forbidden(streams: Iterable[Subscription]) -> None:
    tokens = {stream.token_id for stream in streams if stream.token_id is not None}
    usable = set(ApiToken.objects.usable().filter(pk__in=tokens).values_list("pk", flat=True))
    users = {stream.user_id for stream in streams}
    active = set(User.objects.filter(pk__in=users, is_active=True).values_list("pk", flat=True))
    for stream in streams:
        ended = stream.token_id is not None and stream.token_id not in usable
        if ended or stream.user_id not in active:
            stream.end()
