"""How work reaches django-q2, and what its options must be.

This module and `tasks.py` are the only ones that know django-q2. Our tables are the truth and
django-q2 is the carrier: a message holds a primary key and nothing else, and may arrive late,
twice or never without harm (design decision 1).
"""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

__all__ = [
    "CLOCK_NAME",
    "CLUSTER_OPTIONS",
    "configured_processes",
    "count_clusters",
    "enqueue_shards",
    "ensure_clock",
    "has_clock",
    "is_empty",
    "send_canary",
    "size",
]

CLOCK_NAME = "prestage tick"
"""Name of the django-q2 schedule that drives `services.tick` on a plain `qcluster`."""

CLUSTER_OPTIONS: dict[str, Any] = {
    "name": "prestage",
    "orm": "default",
    # A shard ends long before; this is the last resort against a wedged worker.
    "timeout": 600,
    "retry": 720,
    # A failed delivery is ours to repeat: without these django-q2 repeats it for ever.
    "ack_failures": True,
    "max_attempts": 1,
    # One message at a time, or `retry` runs while a message waits in the cluster's memory.
    "queue_limit": 1,
    "bulk": 1,
    "catch_up": False,
    # Results are in our tables; keeping django-q2's costs more than the work (performance.md 5).
    "save_limit": -1,
    "recycle": 20,
    "poll": 0.2,
    "label": _("Task queue"),
    "log_level": "WARNING",
}
"""A good `Q_CLUSTER`; a site takes it as it is or changes what it must."""


def enqueue_shards(shard_ids: list[int]) -> None:
    """Hand shards to the cluster, in this transaction where the broker lives in this database.

    Args:
        shard_ids: Primary keys. A broker outside the database gets them after the commit.
    """
    if _broker_shares_the_database():
        _send(shard_ids)
    else:
        # A broker that is away must not make an accepted job look refused: what was not sent is
        # sent by the tick.
        transaction.on_commit(lambda: _send(shard_ids), robust=True)


def send_canary() -> None:
    """Send a message that does nothing but prove that the cluster carries messages."""
    from django_q.tasks import async_task  # noqa: PLC0415 - reads the settings on import

    async_task("prestage_plugin.tasks.sing", task_name="prestage canary")


def size() -> int:
    """Return the number of messages that wait in the queue to be taken."""
    from django_q.brokers import get_broker  # noqa: PLC0415 - reads the settings on import

    return int(get_broker().queue_size())


def is_empty() -> bool:
    """Whether no message waits in the queue to be taken."""
    return not size()


def configured_processes() -> int:
    """Return how many worker processes `Q_CLUSTER` asks for."""
    from django_q.conf import Conf  # noqa: PLC0415 - reads the settings on import

    return int(Conf.WORKERS)


def count_clusters() -> int:
    """Return the number of clusters, `qcluster`s included, that gave a sign in the last seconds."""
    from django_q.status import Stat  # noqa: PLC0415 - reads the settings on import

    return len(Stat.get_all())


def has_clock() -> bool:
    """Whether the schedule of `ensure_clock` is there."""
    from django_q.models import Schedule  # noqa: PLC0415 - needs the app registry

    return bool(Schedule.objects.filter(name=CLOCK_NAME).exists())


def ensure_clock() -> None:
    """Make sure that django-q2 calls `tasks.tick` once a minute; idempotent."""
    from django_q.models import Schedule  # noqa: PLC0415 - needs the app registry

    Schedule.objects.get_or_create(
        name=CLOCK_NAME,
        defaults={
            "func": "prestage_plugin.tasks.tick",
            "schedule_type": Schedule.MINUTES,
            "minutes": 1,
            "next_run": timezone.now() + timedelta(minutes=1),
            "repeats": -1,
        },
    )


def _broker_shares_the_database() -> bool:
    options: dict[str, Any] = getattr(settings, "Q_CLUSTER", {})
    return options.get("orm") == "default"


def _send(shard_ids: list[int]) -> None:
    from django_q.brokers import get_broker  # noqa: PLC0415 - reads the settings on import
    from django_q.tasks import async_task  # noqa: PLC0415 - reads the settings on import

    broker = get_broker()
    for shard_id in shard_ids:
        async_task(
            "prestage_plugin.tasks.run_shard",
            shard_id,
            task_name=f"prestage shard {shard_id}",
            broker=broker,
        )
