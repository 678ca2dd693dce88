"""Announce that a job has ended or found drift: signed webhook and e-mail (jobs spec, section 6).

The outbox row is written in the transaction that ends the job; the tick has it delivered. That is
at least once: a process that dies between sending and writing that it has sent sends again, and
receivers tell by `id` that they know an announcement already.
"""

import logging
import threading
from dataclasses import dataclass
from datetime import timedelta

from django.db import connection
from django.db.models.functions import Now

from prestage_plugin.conf import get_settings
from prestage_plugin.models import Notification, NotificationQuerySet
from prestage_plugin.services.delivery import DeliveryError, send_email, send_webhook
from prestage_plugin.services.drift import drift_found
from prestage_plugin.states import (
    JobState,
    NotificationChannel,
    NotificationEvent,
    NotificationState,
)

__all__ = ["PAUSES", "announce_end", "deliver_due", "deliver_in_background"]

logger = logging.getLogger(__name__)

PAUSES = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30))
"""Waits after the first, second, ... failed attempt; after the last one it is given up."""

_CLAIM = timedelta(minutes=1)
"""A delivery whose process is silent for so long is taken over by another."""

_LOOK_AT = 10
_MOST_ATTEMPTS = len(PAUSES) + 1
_SENDERS = {NotificationChannel.WEBHOOK: send_webhook, NotificationChannel.EMAIL: send_email}
_ANNOUNCED = {
    "always": frozenset(JobState.terminal()),
    "failure": frozenset({JobState.FAILURE}),
    "never": frozenset[JobState](),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Claim:
    """The right to make one attempt."""

    notification: Notification
    attempt: int


class _Postman:
    """At most one delivering thread for each process: a slow receiver must not stop the clock."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(
                    target=_deliver_and_disconnect, name="prestage notifications", daemon=True
                )
                self._thread.start()


_postman = _Postman()


def announce_end(*, job_id: int, state: JobState) -> None:
    """Write the outbox rows of a job that ends, in the caller's transaction.

    Drift that the job found is announced however the job ended, unless nothing is announced.

    Args:
        job_id: Primary key of the job.
        state: The terminal state.
    """
    site = get_settings()
    # A word that `manage.py check` complains about must not keep a job from ending.
    events = []
    if state in _ANNOUNCED.get(site.notify, _ANNOUNCED["failure"]):
        events.append(NotificationEvent.JOB_ENDED)
    if site.notify != "never" and drift_found(job_id=job_id).exists():
        events.append(NotificationEvent.DRIFT)
    channels = [NotificationChannel.WEBHOOK] if site.notify_webhook else []
    channels += [NotificationChannel.EMAIL] if site.notify_emails else []
    Notification.objects.bulk_create(
        Notification(job_id=job_id, event=event, channel=channel, due_at=Now())
        for event in events
        for channel in channels
    )


def deliver_in_background() -> None:
    """Start the delivery of what is due, unless this process is at it already."""
    if Notification.objects.due().exists():
        _postman.start()


def deliver_due() -> int:
    """Deliver what is due, one after the other; safe in any number of processes.

    Returns:
        The number of attempts.
    """
    attempts = 0
    while (claim := _claim_next()) is not None:
        attempts += 1
        try:
            _SENDERS[NotificationChannel(claim.notification.channel)](claim.notification)
        except DeliveryError as error:
            _postpone(claim, str(error))
        else:
            _end(claim, NotificationState.SENT, "")
    return attempts


def _deliver_and_disconnect() -> None:
    try:
        deliver_due()
    except Exception:
        logger.exception("delivering notifications failed")
    finally:
        connection.close()


def _claim_next() -> _Claim | None:
    for notification in Notification.objects.due().select_related("job")[:_LOOK_AT]:
        attempt = notification.attempts + 1
        if attempt > _MOST_ATTEMPTS:
            last = _Claim(notification=notification, attempt=notification.attempts)
            _give_up(last, "The process that was sending it ended.")
        elif _held(notification, notification.attempts).update(
            attempts=attempt, due_at=Now() + _CLAIM
        ):
            return _Claim(notification=notification, attempt=attempt)
    return None


def _postpone(claim: _Claim, error: str) -> None:
    if claim.attempt >= _MOST_ATTEMPTS:
        _give_up(claim, error)
        return
    logger.warning("could not send the %s yet: %s", claim.notification, error)
    _held(claim.notification, claim.attempt).update(
        due_at=Now() + PAUSES[claim.attempt - 1], error=error
    )


def _give_up(claim: _Claim, error: str) -> None:
    logger.error("gave up the %s: %s", claim.notification, error)
    _end(claim, NotificationState.GIVEN_UP, error)


def _end(claim: _Claim, state: NotificationState, error: str) -> None:
    _held(claim.notification, claim.attempt).update(state=state, ended_at=Now(), error=error)


def _held(notification: Notification, attempts: int) -> NotificationQuerySet:
    return Notification.objects.pending().filter(pk=notification.pk, attempts=attempts)
