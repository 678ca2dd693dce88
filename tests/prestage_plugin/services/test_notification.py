"""Announcing that a job has ended (jobs spec, section 6)."""

import hashlib
import hmac
import json
import logging
import re
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core import mail, serializers
from django.db import transaction
from django.utils import timezone

from prestage_plugin.conf import get_settings
from prestage_plugin.models import Job, JobDevice, Notification
from prestage_plugin.services import delivery
from prestage_plugin.services.cancel import cancel_job
from prestage_plugin.services.notification import PAUSES, deliver_due
from prestage_plugin.services.transition import transition
from prestage_plugin.states import JobState
from tests.ports import free_port
from tests.prestage_plugin.services.build import failure, make_devices, run_job, start
from tests.prestage_plugin.services.webhook import Receiver, receiving

pytestmark = pytest.mark.django_db

SECRET = "a-secret-that-must-be-seen-nowhere"


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    with receiving() as receiver:
        settings.PRESTAGE = {"NOTIFY_WEBHOOK": receiver.url, "NOTIFY_SECRET": SECRET}
        yield receiver


def failed_job() -> Job:
    make_devices("pe1", "pe2")
    return run_job(start(), {"pe1": failure()})


def good_job() -> Job:
    make_devices("ce1")
    return run_job(start(), {})


def make_due() -> None:
    Notification.objects.update(due_at=timezone.now() - timedelta(seconds=1))


def the_one() -> Notification:
    return Notification.objects.get()


@pytest.mark.parametrize(
    ("notify", "announced"),
    [
        (None, {"failure"}),
        ("failure", {"failure"}),
        ("always", {"failure", "success", "cancelled"}),
        ("never", set()),
        ("sometimes", {"failure"}),
    ],
)
def test_which_ends_are_announced(
    settings: Any, receiver: Receiver, notify: str | None, announced: set[str]
) -> None:
    if notify is not None:
        settings.PRESTAGE |= {"NOTIFY": notify}
    failed_job()
    good_job()
    cancel_job(job_id=start().pk, actor="bob")
    assert set(Notification.objects.values_list("job__state", flat=True)) == announced


def test_nothing_is_announced_without_a_receiver(settings: Any) -> None:
    settings.PRESTAGE = {"NOTIFY": "always"}
    good_job()
    assert not Notification.objects.exists()


def test_the_outbox_is_written_with_the_end_or_not_at_all(receiver: Receiver) -> None:
    make_devices("pe1")
    job = start()

    class BrokenError(Exception):
        pass

    def end_and_break() -> None:
        with transaction.atomic():
            transition(job_id=job.pk, to_state=JobState.FAILURE, actor="system")
            assert Notification.objects.count() == 1
            raise BrokenError

    with pytest.raises(BrokenError):
        end_and_break()
    assert not Notification.objects.exists()
    assert transition(job_id=job.pk, to_state=JobState.FAILURE, actor="system")
    assert not transition(job_id=job.pk, to_state=JobState.FAILURE, actor="system")
    assert Notification.objects.count() == 1
    assert receiver.requests == []  # the worker's path sends nothing


def test_the_receiver_gets_the_job_and_can_tell_who_sent_it_and_when(receiver: Receiver) -> None:
    job = failed_job()
    assert deliver_due() == 1
    [(path, headers, body)] = receiver.requests
    expected = hmac.new(SECRET.encode(), body, hashlib.sha512).hexdigest()
    assert headers["X-Prestage-Signature"] == expected
    document = json.loads(body)
    assert path == "/hook/token-in-the-path"
    assert headers["Content-Type"] == "application/json"
    assert document["id"] == headers["X-Prestage-Id"] == str(the_one().pk)
    assert str(document["timestamp"]) == headers["X-Prestage-Timestamp"]
    assert abs(document["timestamp"] - time.time()) < 60
    assert (document["job"]["id"], document["job"]["state"]) == (job.pk, "failure")
    assert document["job"]["summary"].startswith("1 of 2 devices prestaged, 1 failed")
    assert document["job"]["counts"]["total"] == 2
    assert the_one().state == "sent"


def test_the_receiver_in_our_documents_takes_it_once_and_nothing_forged(
    receiver: Receiver,
) -> None:
    page = Path(__file__).parents[3] / "docs" / "operations.md"
    [script] = re.findall(r"^```python\n(.*?)^```$", page.read_text(), re.DOTALL | re.MULTILINE)
    documented: dict[str, Any] = {}
    exec(script, documented)  # noqa: S102 - our own page
    is_genuine = documented["is_genuine"]
    failed_job()
    deliver_due()
    [(_path, headers, body)] = receiver.requests
    signature, seen = headers["X-Prestage-Signature"], set[str]()
    assert not is_genuine(body, signature, "another secret", seen)
    assert not is_genuine(body.replace(b"failure", b"success"), signature, SECRET, seen)
    assert is_genuine(body, signature, SECRET, seen)
    assert not is_genuine(body, signature, SECRET, seen)


def test_no_device_no_evidence_and_no_secret_is_sent(receiver: Receiver) -> None:
    failed_job()
    JobDevice.objects.update(evidence=[{"secret": "evidence"}])
    deliver_due()
    [(_path, headers, body)] = receiver.requests
    for text in ("evidence", "pe1", SECRET):
        assert text not in body.decode()
        assert text not in str(headers)


def test_what_was_sent_is_not_sent_again(receiver: Receiver) -> None:
    failed_job()
    assert [deliver_due(), deliver_due()] == [1, 0]
    make_due()
    assert deliver_due() == 0


def test_a_receiver_that_fails_is_tried_again_later_and_given_up_at_last(
    receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    receiver.status = 500
    failed_job()
    for number, pause in enumerate(PAUSES, start=1):
        make_due()
        before = timezone.now()
        assert deliver_due() == 1
        row = the_one()
        assert (row.state, row.attempts) == ("pending", number)
        assert before + pause <= row.due_at + timedelta(seconds=1)
        assert deliver_due() == 0  # not before its time
    make_due()
    assert deliver_due() == 1
    row = the_one()
    assert (row.state, row.attempts) == ("given-up", 4)
    assert row.error == "The webhook answered with status 500."
    assert row.ended_at is not None
    assert "gave up" in caplog.text
    make_due()
    assert deliver_due() == 0
    ids = {headers["X-Prestage-Id"] for _path, headers, _body in receiver.requests}
    assert len(ids) == 1  # by which the receiver knows that it is the same


def test_a_redirect_is_not_followed(receiver: Receiver) -> None:
    receiver.status, receiver.location = 302, receiver.url
    failed_job()
    deliver_due()
    assert len(receiver.requests) == 1
    assert the_one().error == "The webhook answered with status 302."


def test_a_receiver_that_is_silent_is_cut_off(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "TIMEOUT", 0.2)
    receiver.silent = threading.Event()
    failed_job()
    deliver_due()
    assert "did not answer" in the_one().error


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("http://127.0.0.1:{port}/token", "refused the connection"),
        ("https://127.0.0.1:{port}/token", "refused the connection"),
        ("file:///etc/hostname?token", "could not be reached"),
        ("http://[bad/token", "could not be reached"),
        ("http://127.0.0.1:{port}/token two", "could not be reached"),
    ],
)
def test_whatever_is_wrong_is_said_without_the_url(
    settings: Any, caplog: pytest.LogCaptureFixture, url: str, error: str
) -> None:
    url = url.format(port=free_port())
    settings.PRESTAGE = {"NOTIFY_WEBHOOK": url, "NOTIFY_SECRET": SECRET}
    failed_job()
    with caplog.at_level(logging.DEBUG):
        deliver_due()
    assert error in the_one().error
    assert "tok" not in the_one().error + caplog.text
    assert SECRET not in caplog.text


def test_nothing_is_sent_unsigned(settings: Any, receiver: Receiver) -> None:
    settings.PRESTAGE |= {"NOTIFY_SECRET": None}
    failed_job()
    deliver_due()
    assert receiver.requests == []
    assert "NOTIFY_SECRET" in the_one().error


def test_neither_secret_nor_url_is_stored_logged_or_shown(
    receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        failed_job()
        deliver_due()
    stored = serializers.serialize("json", Notification.objects.all())
    shown = repr(get_settings())
    for text in (stored, shown, caplog.text):
        assert SECRET not in text
        assert "token-in-the-path" not in text


def test_each_channel_is_tried_for_itself(settings: Any, receiver: Receiver) -> None:
    settings.PRESTAGE |= {"NOTIFY_EMAILS": ["noc@example.com"]}
    receiver.status = 500
    failed_job()
    assert deliver_due() == 2
    states = dict(Notification.objects.values_list("channel", "state"))
    assert states == {"webhook": "pending", "email": "sent"}
    assert len(mail.outbox) == 1


def test_a_channel_that_is_configured_no_more_is_said(settings: Any, receiver: Receiver) -> None:
    failed_job()
    settings.PRESTAGE = {}
    deliver_due()
    assert the_one().error == "PRESTAGE names no NOTIFY_WEBHOOK any more."
