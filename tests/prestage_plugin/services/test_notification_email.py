"""Announcing by e-mail that a job has ended (jobs spec, section 6)."""

from typing import Any

import pytest
from django.core import mail

from prestage_plugin.models import Job, Notification
from prestage_plugin.services.notification import deliver_due
from tests.ports import free_port
from tests.prestage_plugin.services.build import failure, make_devices, run_job, start

pytestmark = pytest.mark.django_db


def failed_job() -> Job:
    make_devices("pe1", "pe2")
    return run_job(start(), {"pe1": failure()})


def the_one() -> Notification:
    return Notification.objects.get()


def test_an_email_says_how_the_job_went(settings: Any) -> None:
    settings.PRESTAGE = {
        "NOTIFY_EMAILS": ["noc@example.com", "ops@example.com"],
        "NOTIFY_FROM": "prestage@example.com",
    }
    job = failed_job()
    Job.objects.filter(pk=job.pk).update(name="Night\nBcc: eve@example.com")
    deliver_due()
    [message] = mail.outbox
    assert message.to == ["noc@example.com", "ops@example.com"]
    assert message.from_email == "prestage@example.com"
    assert message.subject == (
        f"Prestage job #{job.pk} Night Bcc: eve@example.com ended as Failure"
    )
    assert "1 of 2 devices prestaged, 1 failed" in message.body
    assert the_one().state == "sent"


def test_a_mail_server_that_fails_is_tried_again(settings: Any) -> None:
    settings.PRESTAGE = {"NOTIFY_EMAILS": ["noc@example.com"]}
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", free_port()
    failed_job()
    deliver_due()
    assert the_one().state == "pending"
    assert the_one().error == "The mail server did not take the message (ConnectionRefusedError)."
