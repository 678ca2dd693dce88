"""No message is taken twice, and none is lost, whatever dies when (prestaging spec, section 6)."""

import os
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from prestage_plugin.events.webhook import view
from prestage_plugin.models import ChangeEvent, UnknownSender, WebhookReceipt
from prestage_plugin.services import events
from tests.prestage_plugin.events.webhook import bodies
from tests.prestage_plugin.events.webhook.sender import SECRETS, Sender, sign, to_bytes, url_of
from tests.prestage_plugin.services.build import make_devices

REPLAY = {"accepted": 0, "unknown": 0, "ignored": {"replay": 1}}
TAKEN = {"accepted": 1, "unknown": 0, "ignored": {}}
# PostgreSQL takes known devices and the receipt in one statement, with nothing between them.
IN_STEPS = ("pe1", "nobody")
REPLAY_IN_STEPS = {"accepted": 0, "unknown": 0, "ignored": {"replay": 2}}
TAKEN_IN_STEPS = {"accepted": 1, "unknown": 1, "ignored": {}}


@pytest.mark.django_db
class TestOneAfterTheOther:
    def test_the_second_time_nothing_is_written_and_the_sender_hears_that_all_is_well(
        self, netbox: Sender
    ) -> None:
        make_devices("pe1")
        body = bodies.netbox("device", bodies.device_data("pe1"))
        assert netbox.post(body).json() == TAKEN
        for _again in range(3):
            response = netbox.post(body)
            assert (response.status_code, response.json()) == (202, REPLAY)
        assert ChangeEvent.objects.count() == WebhookReceipt.objects.count() == 1

    def test_another_header_or_case_does_not_make_it_another_message(self, netbox: Sender) -> None:
        make_devices("pe1")
        payload = to_bytes(bodies.generic("pe1"))
        signature = sign(payload, SECRETS["netbox"])
        answers = [
            netbox.post_with(headers, payload).json()
            for headers in (
                {"X-Hook-Signature": signature},
                {"X-Hook-Signature": signature.upper()},
                {"X-Prestage-Signature": signature},
            )
        ]
        assert answers == [TAKEN, REPLAY, REPLAY]

    def test_a_message_of_several_devices_and_of_unknown_ones(self, script: Sender) -> None:
        make_devices("pe1", "pe2")
        body = bodies.generic("pe1", "pe2", "nobody", 5)
        script.post(body)
        again = script.post(body).json()
        assert again == {
            "accepted": 0,
            "unknown": 0,
            "ignored": {"not-understood": 1, "replay": 3},
        }
        assert ChangeEvent.objects.count() == 2
        assert UnknownSender.objects.get().events == 1

    def test_several_objects_of_one_request_are_several_messages(self, netbox: Sender) -> None:
        make_devices("pe1")
        common = {"request_id": str(uuid.uuid4()), "timestamp": str(datetime.now(UTC))}
        for number in range(3):
            data = bodies.interface_data("pe1", f"ge-0/0/{number}")
            assert netbox.post(bodies.netbox("interface", data, **common)).json() == TAKEN
        assert ChangeEvent.objects.count() == 3

    def test_two_senders_can_send_the_same(self, settings: Any) -> None:
        settings.PRESTAGE |= {"WEBHOOK_SECRETS": dict.fromkeys(SECRETS, SECRETS["ci"])}
        make_devices("pe1")
        body = bodies.generic("pe1")
        for name in SECRETS:
            assert Sender(name).post(body, secret=SECRETS["ci"]).json() == TAKEN

    def test_without_time_and_identity_the_second_may_be_another_change(
        self, netbox: Sender
    ) -> None:
        make_devices("pe1")
        body = {"model": "device", "event": "updated", "data": {"name": "pe1"}}
        assert [netbox.post(body).json() for _time in range(2)] == [TAKEN, TAKEN]
        assert not WebhookReceipt.objects.exists()

    @pytest.mark.parametrize(
        "identity", [{"request_id": "17af32f0"}, {"request": {"id": "17af32f0"}}, {"id": "5f0c"}]
    )
    def test_an_identity_alone_is_enough(self, netbox: Sender, identity: dict[str, Any]) -> None:
        make_devices("pe1")
        body = {"model": "device", "data": {"name": "pe1"}} | identity
        assert [netbox.post(body).json() for _time in range(2)] == [TAKEN, REPLAY]

    def test_what_starts_nothing_needs_no_receipt(self, netbox: Sender) -> None:
        for body in (
            bodies.netbox("site", {"name": "Paris"}),
            bodies.netbox("device", bodies.device_data("pe1"), username="prestage"),
            {"hello": "world"},
        ):
            assert netbox.post(body).status_code == 202
        assert not WebhookReceipt.objects.exists()

    def test_a_receipt_tells_nothing_about_the_message(self, netbox: Sender) -> None:
        make_devices("pe1")
        payload = to_bytes(bodies.generic("pe1"))
        netbox.post(payload)
        receipt = WebhookReceipt.objects.get()
        assert receipt.pk.hex not in sign(payload, SECRETS["netbox"])


def in_thread(post: Callable[[], Any]) -> Any:
    try:
        return post()
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
class TestAtTheSameTime:
    def test_of_two_that_come_together_one_is_taken(self) -> None:
        make_devices("pe1")
        for number in range(1, 11):
            body = bodies.generic("pe1")
            together = threading.Barrier(2)

            def post(body: dict[str, Any] = body, together: threading.Barrier = together) -> Any:
                together.wait()
                return Sender("ci").post(body).json()

            with ThreadPoolExecutor(2) as pool:
                answers = list(pool.map(in_thread, [post, post]))
            assert sorted(answers, key=str) == [REPLAY, TAKEN]
            assert ChangeEvent.objects.count() == number

    @pytest.mark.parametrize("first_breaks", [False, True])
    def test_the_second_waits_for_what_becomes_of_the_first(
        self, monkeypatch: pytest.MonkeyPatch, first_breaks: bool
    ) -> None:
        """The first has written its receipt and not yet its events when the second comes."""
        make_devices("pe1")
        body = bodies.generic(*IN_STEPS)
        inside, go_on = threading.Event(), threading.Event()
        create = events._create

        def create_late(known: Any) -> None:
            if not inside.is_set():
                inside.set()
                assert go_on.wait(60)
                if first_breaks:
                    raise BrokenError
            create(known)

        monkeypatch.setattr(events, "_create", create_late)
        post = lambda: Sender("ci", client=Client(raise_request_exception=False)).post(body)  # noqa: E731
        with ThreadPoolExecutor(2) as pool:
            first = pool.submit(in_thread, post)
            assert inside.wait(60)
            second = pool.submit(in_thread, post)
            time.sleep(0.1)  # so that the second is most likely waiting
            assert not second.done()
            go_on.set()
            statuses = first.result(60).status_code, second.result(60).status_code
        assert statuses == ((500, 202) if first_breaks else (202, 202))
        assert second.result().json() == (TAKEN_IN_STEPS if first_breaks else REPLAY_IN_STEPS)
        assert ChangeEvent.objects.count() == WebhookReceipt.objects.count() == 1


class BrokenError(Exception):
    pass


DYING = """
import os, sys
import django
django.setup()
from django.test import Client
from prestage_plugin.events.webhook import view
from prestage_plugin.services import events
from tests.prestage_plugin.events.webhook.sender import Sender
def die(*_args):
    os._exit(9)
setattr({"view": view, "events": events}[sys.argv[1]], sys.argv[2], die)
from django.conf import settings
settings.ALLOWED_HOSTS = ["testserver"]
settings.PRESTAGE = {"WEBHOOK_SECRETS": {"ci": sys.argv[3]}}
Sender("ci").post(sys.argv[4].encode(), secret=sys.argv[3])
"""


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("module", "function", "survives"),
    [
        pytest.param("events", "_create", False, id="between receipt and events"),
        pytest.param("view", "_answer", True, id="between events and answer"),
    ],
)
def test_a_process_that_is_killed_leaves_all_or_nothing(
    script: Sender, module: str, function: str, survives: bool
) -> None:
    make_devices("pe1")
    payload = to_bytes(bodies.generic(*IN_STEPS))
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "PRESTAGE_TEST_DATABASE": str(connection.settings_dict["NAME"]),
    }
    killed = subprocess.run(
        [sys.executable, "-c", DYING, module, function, SECRETS["ci"], payload.decode()],
        env=environment,
        capture_output=True,
        check=False,
    )
    assert killed.returncode == 9, killed.stderr
    assert ChangeEvent.objects.count() == WebhookReceipt.objects.count() == int(survives)
    assert script.post(payload).json() == (REPLAY_IN_STEPS if survives else TAKEN_IN_STEPS)
    assert ChangeEvent.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_an_answer_that_breaks_loses_nothing(
    monkeypatch: pytest.MonkeyPatch, script: Sender
) -> None:
    make_devices("pe1")
    body = bodies.generic("pe1")
    answer = view._answer

    def break_it(_reception: Any) -> Any:
        raise BrokenError

    monkeypatch.setattr(view, "_answer", break_it)
    with pytest.raises(BrokenError):
        script.post(body)
    monkeypatch.setattr(view, "_answer", answer)
    assert script.post(body).json() == REPLAY
    assert ChangeEvent.objects.count() == 1


@pytest.mark.parametrize("name", list(SECRETS))
def test_the_url_is_the_documented_one(name: str) -> None:
    from django.urls import reverse

    assert reverse("prestage:webhook", args=[name]) == url_of(name)
