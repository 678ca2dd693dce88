"""How an announcement reaches its receiver: one attempt, signed, limited in time.

No error text here has anything of a URL, a secret or another side's answer: webhook URLs often
are secrets themselves.
"""

import hashlib
import hmac
import json
import socket
import ssl
import time
import urllib.error
import urllib.request
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, get_connection

from prestage_plugin.conf import get_settings
from prestage_plugin.models import Job, Notification
from prestage_plugin.sentences import in_english
from prestage_plugin.services.drift import drift_document, drift_lines
from prestage_plugin.services.export import job_document
from prestage_plugin.states import NotificationEvent

__all__ = ["TIMEOUT", "DeliveryError", "send_email", "send_webhook"]

TIMEOUT = 5.0
"""Seconds that a receiver has for each step: to connect, to take the request, to answer."""

_CAUSES: tuple[tuple[type[Exception], str], ...] = (
    (TimeoutError, f"The webhook did not answer within {TIMEOUT:.0f} seconds."),
    (ConnectionRefusedError, "The webhook's host refused the connection."),
    (socket.gaierror, "The name of the webhook's host does not resolve."),
    (ssl.SSLCertVerificationError, "The certificate of the webhook's host is not valid."),
)


class DeliveryError(Exception):
    """An attempt failed; the text is one sentence without secrets."""


def send_webhook(notification: Notification) -> None:
    """POST the job's document to `NOTIFY_WEBHOOK`.

    The body is a JSON object with `id`, `timestamp` (Unix seconds of this attempt), `event` and
    `job`; `X-Prestage-Signature` is the hexadecimal HMAC-SHA512 (RFC 2104) of the raw body under
    `NOTIFY_SECRET`. That of drift has the devices under `drift`. Identity and time are in the
    signed body, so a replay can be told.

    Raises:
        DeliveryError: It was not taken with a status from 200 to 299; redirects are not followed.
    """
    site = get_settings()
    if not site.notify_webhook:
        raise DeliveryError("PRESTAGE names no NOTIFY_WEBHOOK any more.")
    if not site.notify_secret:
        raise DeliveryError("PRESTAGE has no NOTIFY_SECRET, and nothing is sent unsigned.")
    timestamp = int(time.time())
    document: dict[str, Any] = {
        "id": str(notification.pk),
        "timestamp": timestamp,
        "event": notification.event,
        "job": job_document(notification.job),
    }
    if notification.event == NotificationEvent.DRIFT:
        document["drift"] = drift_document(job_id=notification.job_id)
    body = json.dumps(document).encode()
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "prestage",
        "X-Prestage-Id": document["id"],
        "X-Prestage-Timestamp": str(timestamp),
        "X-Prestage-Signature": _sign(body, site.notify_secret),
    }
    _post(site.notify_webhook, body, headers)


def send_email(notification: Notification) -> None:
    """Send one message to all of `NOTIFY_EMAILS` through the site's e-mail backend.

    Raises:
        DeliveryError: The mail server did not take it.
    """
    site = get_settings()
    if not site.notify_emails:
        raise DeliveryError("PRESTAGE names no NOTIFY_EMAILS any more.")
    # A name with a line break would be refused as an attempt to add headers.
    subject = " ".join(_subject(notification).split())
    try:
        message = EmailMessage(
            subject=subject,
            body=_text(notification),
            from_email=site.notify_from,
            to=list(site.notify_emails),
            headers={"Message-ID": f"<{notification.pk}@prestage>"},
            connection=get_connection(timeout=settings.EMAIL_TIMEOUT or TIMEOUT),
        )
        message.send()
    except Exception as error:  # noqa: BLE001 - whatever a site's e-mail backend raises
        raise DeliveryError(
            f"The mail server did not take the message ({type(error).__name__})."
        ) from None


def _sign(body: bytes, secret: str) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha512).hexdigest()


def _post(url: str, body: bytes, headers: dict[str, Any]) -> None:
    opener = urllib.request.OpenerDirector()
    # What is left out is on purpose: redirects, and schemes that are no web.
    for handler in (
        urllib.request.ProxyHandler,
        urllib.request.UnknownHandler,
        urllib.request.HTTPHandler,
        urllib.request.HTTPSHandler,
        urllib.request.HTTPErrorProcessor,
        urllib.request.HTTPDefaultErrorHandler,
    ):
        opener.add_handler(handler())
    try:
        request = urllib.request.Request(url, data=body, headers=headers, method="POST")  # noqa: S310 - web schemes only, see above
        with opener.open(request, timeout=TIMEOUT):
            pass
    except urllib.error.HTTPError as error:
        error.close()
        raise DeliveryError(f"The webhook answered with status {error.code}.") from None
    except Exception as error:  # noqa: BLE001 - a URL can be wrong in many ways; all are named
        raise DeliveryError(_cause(error)) from None


def _cause(error: Exception) -> str:
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    for kind, text in _CAUSES:
        if isinstance(reason, kind):
            return text
    return f"The webhook could not be reached ({type(reason).__name__})."


def _subject(notification: Notification) -> str:
    job = notification.job
    if notification.event == NotificationEvent.DRIFT:
        return f"Drift of roles found by prestage job {job}"
    return f"Prestage job {job} ended as {_state(job)}"


def _text(notification: Notification) -> str:
    job = notification.job
    times = [("scheduled for", job.scheduled_for), ("started", job.started_at)]
    times.append(("ended", job.ended_at))
    lines = [f"Job {job} of {job.username} ended as {_state(job)}.", job.summary]
    lines += [f"{word}: {at:%Y-%m-%d %H:%M:%S %Z}" for word, at in times if at is not None]
    if notification.event == NotificationEvent.DRIFT:
        lines = [*drift_lines(job_id=job.pk), "", *lines]
    return "\n".join(lines).strip() + "\n"


def _state(job: Job) -> str:
    with in_english():
        return str(job.get_state_display())
