"""The life signs and counters of the processes that hear of changes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from prestage_plugin.models import ListenerStatus
from prestage_plugin.states import ListenerState

__all__ = [
    "SEEN_WITHIN",
    "ListenerReport",
    "count_running_listeners",
    "listener_state",
    "lossy_listeners",
    "report",
    "revived_listeners",
    "silent_listeners",
]

SEEN_WITHIN = timedelta(seconds=30)
"""A listener, which reports every few seconds, is taken for dead after this."""

LOSS_TOLD_FOR = timedelta(hours=1)
"""A loss of messages, or a death that may have been one, is a matter of health for so long."""

FORGOTTEN_AFTER = timedelta(days=7)
"""Listeners that do not run any more are no matter of health after this, and removed later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenerReport:
    """What a listener says of itself.

    Attributes:
        name: Host and addresses: the same when it is started anew.
        started_at: Tells one run from the next.
        counters: Numbers since the start, by source.
        lost: Messages that were lost before they could be read, since the start.
        ended: Whether it ends in order, which is its last report.
    """

    name: str
    started_at: datetime
    counters: Mapping[str, Mapping[str, int]]
    lost: int = 0
    ended: bool = False


def report(*, listener: ListenerReport) -> None:
    """Write down what a listener says of itself, and with it that it is alive."""
    now = timezone.now()
    row = ListenerStatus.objects.filter(name=listener.name).first()
    is_new = row is None or row.started_at != listener.started_at
    if is_new:
        _forget_old(now)
    known = row.lost if row is not None and not is_new else 0
    values = {
        "started_at": listener.started_at,
        "seen_at": now,
        "ended_at": now if listener.ended else None,
        "counters": {name: dict(counts) for name, counts in listener.counters.items()},
        "lost": listener.lost,
    }
    if listener.lost > known:
        values["lost_at"] = now
    if row is not None and is_new and row.ended_at is None:
        values["died_at"] = row.seen_at
    ListenerStatus.objects.update_or_create(name=listener.name, defaults=values)


def listener_state(listener: ListenerStatus) -> ListenerState:
    """Return how a listener is."""
    if listener.ended_at is not None:
        return ListenerState.ENDED
    is_silent = listener.seen_at < timezone.now() - SEEN_WITHIN
    return ListenerState.SILENT if is_silent else ListenerState.RUNNING


def count_running_listeners() -> int:
    """Return how many listeners were seen not long ago and have not ended."""
    since = timezone.now() - SEEN_WITHIN
    return ListenerStatus.objects.filter(ended_at__isnull=True, seen_at__gte=since).count()


def silent_listeners() -> list[ListenerStatus]:
    """Return the listeners that died: not seen for a while, and without a last word."""
    now = timezone.now()
    return list(
        ListenerStatus.objects.filter(
            ended_at__isnull=True,
            seen_at__lt=now - SEEN_WITHIN,
            seen_at__gte=now - FORGOTTEN_AFTER,
        )
    )


def lossy_listeners() -> list[ListenerStatus]:
    """Return the listeners that lost messages not long ago, whether they still run or not."""
    return list(ListenerStatus.objects.filter(lost_at__gte=timezone.now() - LOSS_TOLD_FOR))


def revived_listeners() -> list[ListenerStatus]:
    """Return the listeners that died not long ago and were started again since."""
    return list(ListenerStatus.objects.filter(died_at__gte=timezone.now() - LOSS_TOLD_FOR))


def _forget_old(now: datetime) -> None:
    ListenerStatus.objects.filter(seen_at__lt=now - FORGOTTEN_AFTER).delete()
