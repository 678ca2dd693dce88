"""How the site is: database, broker, workers, clock and what waits for them.

`down` means that jobs can neither be accepted nor carried; `degraded` that somebody should look.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.db import Error as DatabaseFault
from django.db import connection
from django.db.models import Min
from django.utils import timezone

from prestage_plugin import queue
from prestage_plugin.conf import get_settings
from prestage_plugin.models import Job, ListenerStatus, Notification, Shard, Worker
from prestage_plugin.services.listeners import (
    count_running_listeners,
    lossy_listeners,
    revived_listeners,
    silent_listeners,
)
from prestage_plugin.services.workers import wedged_workers
from prestage_plugin.states import JobState, NotificationState, ShardState

__all__ = ["Health", "HealthCheck", "HealthStatus", "health"]

logger = logging.getLogger(__name__)

SEEN_WITHIN = timedelta(seconds=15)
"""A worker that was not seen for longer is taken for dead."""

PATIENCE = timedelta(seconds=60)
"""Work that waits for longer than this although somebody should have taken it is a fault."""

_WEDGED_SECONDS = 30.0
_RECENTLY = timedelta(days=1)


class HealthStatus(StrEnum):
    """How well something is, from good to bad."""

    OK = "ok"
    DEGRADED = "degraded"
    DOWN = "down"


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthCheck:
    """One thing that was looked at.

    Attributes:
        name: E.g. `database`.
        status: How it is.
        text: One sentence; when it is not well, what to do.
        values: The numbers behind it; ages are in seconds, None where there is nothing to age.
    """

    name: str
    status: HealthStatus
    text: str
    values: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """Everything that was looked at; when the database is down, that is all there is."""

    checks: tuple[HealthCheck, ...]

    @property
    def status(self) -> HealthStatus:
        """The worst of the checks."""
        order = list(HealthStatus)
        return max((check.status for check in self.checks), key=order.index)

    def as_dict(self) -> dict[str, Any]:
        """Return the document of the view and of `prestage_health --json`."""
        return {
            "status": str(self.status),
            "checks": {
                check.name: {"status": str(check.status), "text": check.text, **check.values}
                for check in self.checks
            },
        }


def health() -> Health:
    """Look at everything; raises nothing, whatever is broken."""
    try:
        checks = [_database()]
        found = (check() for check in _CHECKS)
        checks += [check for check in found if check is not None]
    except DatabaseFault as error:
        logger.warning("the database does not answer: %s", type(error).__name__)
        return Health(checks=(_broken_database(),))
    return Health(checks=tuple(checks))


def _database() -> HealthCheck:
    connection.ensure_connection()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return _ok("database", "The database answers.")


def _broken_database() -> HealthCheck:
    text = "The database does not answer, or its tables are missing (manage.py migrate)."
    return HealthCheck(name="database", status=HealthStatus.DOWN, text=text, values={})


def _broker() -> HealthCheck:
    try:
        size = queue.size()
    except DatabaseFault:
        raise
    except Exception as error:  # noqa: BLE001 - each broker has errors of its own
        text = f"The queue's broker does not answer ({type(error).__name__})."
        return HealthCheck(name="broker", status=HealthStatus.DOWN, text=text, values={})
    return _ok("broker", f"The queue's broker answers; {size} messages wait.", queue_size=size)


def _workers() -> HealthCheck:
    now = timezone.now()
    alive = list(Worker.objects.filter(seen_at__gte=now - SEEN_WITHIN))
    stuck = wedged_workers(patience=_WEDGED_SECONDS)
    wedged = [each.name for each in alive if each.name in stuck]
    values: dict[str, Any] = {
        "running": len(alive),
        "draining": sum(worker.draining for worker in alive),
        "restarts": sum(worker.restarts for worker in alive),
        "silent": Worker.objects.filter(seen_at__lt=now - SEEN_WITHIN).count(),
        "clusters": _clusters(),
    }
    if wedged:
        text = "A cluster carries no messages; its worker restarts it."
        return _degraded("workers", text, **values)
    if any(not worker.draining for worker in alive):
        return _ok("workers", f"{len(alive)} workers run.", **values)
    if values["clusters"]:
        return _ok("workers", "No prestage_worker runs, but a plain qcluster does.", **values)
    text = "No worker runs; start manage.py prestage_worker."
    if _oldest_wait(now) > PATIENCE:
        return HealthCheck(name="workers", status=HealthStatus.DOWN, text=text, values=values)
    return _degraded("workers", text, **values)


def _clusters() -> int:
    try:
        return queue.count_clusters()
    except DatabaseFault:
        raise
    except Exception:  # noqa: BLE001 - as the broker's; the check of the broker tells about it
        return 0


def _leases() -> HealthCheck:
    lease = timedelta(seconds=get_settings().lease)
    running = Shard.objects.filter(state=ShardState.RUNNING)
    age = _age(running.aggregate(at=Min("lease_until"))["at"], timezone.now() + lease)
    overdue = age is not None and age > (lease + PATIENCE).total_seconds()
    if overdue and Shard.objects.abandoned().exists():
        text = "Work of a dead worker waits for another one to take it over."
        return _degraded("leases", text, oldest_lease_seconds=age)
    return _ok("leases", "No work has lost its worker.", oldest_lease_seconds=age)


def _due_jobs() -> HealthCheck:
    age = _age(_oldest_due(), timezone.now())
    if age is not None and age > PATIENCE.total_seconds():
        text = "A due job has not started: nothing ticks; start manage.py prestage_worker."
        return _degraded("due-jobs", text, oldest_due_seconds=age)
    return _ok("due-jobs", "Due jobs start in time.", oldest_due_seconds=age)


def _waiting_work() -> HealthCheck:
    age = _age(_oldest_queued(), timezone.now())
    text = "No work waits for a worker." if age is None else "Work waits for a free worker."
    return _ok("waiting-work", text, oldest_queued_seconds=age)


def _clock() -> HealthCheck:
    if queue.has_clock():
        return _ok("clock", "The schedule that ticks on a plain qcluster is there.")
    return _degraded(
        "clock", "The schedule 'prestage tick' is missing; manage.py migrate makes it."
    )


def _notifications() -> HealthCheck:
    since = timezone.now() - _RECENTLY
    lost = Notification.objects.filter(state=NotificationState.GIVEN_UP, ended_at__gte=since)
    values = {"pending": Notification.objects.pending().count(), "given_up": lost.count()}
    if not values["given_up"]:
        return _ok("notifications", "No notification was given up in the last day.", **values)
    newest = lost.order_by("-ended_at").values_list("error", flat=True).first()
    text = f"{values['given_up']} notifications were given up in the last day: {newest}"
    return _degraded("notifications", text, **values)


def _listener() -> HealthCheck | None:
    if not ListenerStatus.objects.exists():
        return None  # a site that listens to nothing is well
    silent, lossy, revived = silent_listeners(), lossy_listeners(), revived_listeners()
    values = {
        "running": count_running_listeners(),
        "silent": len(silent),
        "lost": sum(row.lost for row in lossy),
        "died": len(revived),
    }
    if silent:
        names = ", ".join(row.name for row in silent)
        text = f"A listener has died ({names}); start manage.py prestage_listen there again."
        return _degraded("listener", text, **values)
    if lossy:
        text = (
            f"{values['lost']} messages were lost before they were read, the last of them within "
            "the hour, so changes may have been missed: see Lost messages in the documentation."
        )
        return _degraded("listener", text, **values)
    if revived:
        names = ", ".join(row.name for row in revived)
        text = (
            f"A listener died within the hour and runs again ({names}); what it had received and "
            "not written is lost, so changes may have been missed: see Lost messages in the "
            "documentation."
        )
        return _degraded("listener", text, **values)
    return _ok("listener", f"{values['running']} listeners run.", **values)


_CHECKS: tuple[Callable[[], HealthCheck | None], ...] = (
    _broker,
    _workers,
    _leases,
    _due_jobs,
    _waiting_work,
    _clock,
    _notifications,
    _listener,
)


def _oldest_due() -> datetime | None:
    due = Job.objects.waiting().filter(scheduled_for__lte=timezone.now())
    oldest: datetime | None = due.aggregate(at=Min("scheduled_for"))["at"]
    return oldest


def _oldest_queued() -> datetime | None:
    queued = Shard.objects.filter(state=ShardState.QUEUED, job__state__in=JobState.active())
    oldest: datetime | None = queued.aggregate(at=Min("enqueued_at"))["at"]
    return oldest


def _oldest_wait(now: datetime) -> timedelta:
    waits = [now - at for at in (_oldest_due(), _oldest_queued()) if at is not None]
    return max(waits, default=timedelta())


def _age(at: datetime | None, now: datetime) -> float | None:
    return None if at is None else round(max(0.0, (now - at).total_seconds()), 1)


def _ok(name: str, text: str, **values: Any) -> HealthCheck:
    return HealthCheck(name=name, status=HealthStatus.OK, text=text, values=values)


def _degraded(name: str, text: str, **values: Any) -> HealthCheck:
    return HealthCheck(name=name, status=HealthStatus.DEGRADED, text=text, values=values)
