"""The client that the documentation uses, against a real server."""

import threading
import time
from typing import Any

import pytest
from django.db import connection
from pytest_django.live_server_helper import LiveServer

from prestage_plugin.models import ApiToken, Job
from tests.prestage_plugin.api import client
from tests.prestage_plugin.api.client import Prestage, Problem
from tests.prestage_plugin.api.conftest import make_token
from tests.prestage_plugin.factories import OPERATOR, make_devices, make_user
from tests.prestage_plugin.services.build import failure, run_job

pytestmark = pytest.mark.slow


@pytest.fixture
def prestage(live_server: LiveServer, monkeypatch: pytest.MonkeyPatch) -> Prestage:
    monkeypatch.setattr(client, "POLL_SECONDS", 0.05)
    make_devices(3)
    secret = make_token(make_user("alice", *OPERATOR), "read", "jobs")
    return Prestage(f"{live_server.url}/prestage/api/v1", secret)


def in_background(work: Any) -> threading.Thread:
    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_a_job_is_started_once_followed_to_its_end_and_read(prestage: Prestage) -> None:
    job = prestage.start_job(devices=["pe0001", "pe0002"], name="from outside", key="1")
    again = prestage.start_job(devices=["pe0001", "pe0002"], name="from outside", key="1")
    assert again == job
    assert (job["state"], job["counts"]["total"]) == ("scheduled", 2)

    def work() -> None:
        time.sleep(0.3)
        run_job(Job.objects.get(), {"pe0002": failure()})

    worker = in_background(work)
    ended = prestage.wait(job, seconds=20)
    worker.join()

    assert (ended["state"], ended["percent"]) == ("failure", 100)
    devices = {each["device"]: each for each in prestage.devices_of(ended)}
    assert set(devices) == {"pe0001", "pe0002"}
    assert devices["pe0001"]["recommended_role"] == "N-PE"
    assert [each["error"] for each in prestage.devices_of(ended, state="failed")] == [
        {"code": "unreachable", "text": "No route to the device."}
    ]


def test_pages_are_followed(prestage: Prestage) -> None:
    started = [prestage.start_job()["id"] for _ in range(3)]

    assert [job["id"] for job in prestage.jobs(page_size=2)] == started[::-1]
    assert list(prestage.jobs(state="failure")) == []


def test_a_job_is_cancelled_and_a_refusal_has_its_code(prestage: Prestage) -> None:
    job = prestage.cancel(prestage.start_job())
    assert job["state"] == "cancelled"
    assert prestage.wait(job) == job

    with pytest.raises(Problem) as refusal:
        prestage.start_job(devices=["none"])
    assert (refusal.value.status, refusal.value.code) == (400, "unknown-devices")


def test_who_waits_too_long_is_told_so(prestage: Prestage) -> None:
    job = prestage.start_job()

    with pytest.raises(TimeoutError):
        prestage.wait(job, seconds=0.1)


def test_a_server_that_is_busy_is_asked_again(
    prestage: Prestage, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = [
        client.Answer(503, {"retry-after": "7"}, {"code": "database-unavailable"}),
        client.Answer(429, {}, None),
        client.Answer(409, {"retry-after": "1"}, {"code": "idempotency-key-in-use"}),
    ]
    pauses: list[float] = []
    send = Prestage._send_once

    def send_once(self: Prestage, *request: Any) -> client.Answer:
        return answers.pop(0) if answers else send(self, *request)

    monkeypatch.setattr(Prestage, "_send_once", send_once)
    monkeypatch.setattr(client.time, "sleep", pauses.append)  # type: ignore[attr-defined]

    job = prestage.start_job()

    assert (job["state"], pauses) == ("scheduled", [7.0, 2.0, 1.0])


def test_what_could_happen_twice_is_not_sent_twice(
    prestage: Prestage, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = prestage.start_job()
    busy = client.Answer(503, {"retry-after": "7"}, None)
    monkeypatch.setattr(Prestage, "_send_once", lambda *_request: busy)

    with pytest.raises(Problem) as refusal:
        prestage.cancel(job)
    assert refusal.value.status == 503


def test_a_server_that_is_away_is_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(client.time, "sleep", pauses.append)  # type: ignore[attr-defined]

    with pytest.raises(OSError, match="refused"):
        next(Prestage("http://127.0.0.1:9", "secret").jobs())
    assert len(pauses) == client.ATTEMPTS - 1


def test_the_secret_is_in_no_error(prestage: Prestage) -> None:
    ApiToken.objects.all().delete()

    with pytest.raises(Problem) as refusal:
        list(prestage.jobs())
    assert refusal.value.code == "invalid-token"
    assert prestage._token not in str(refusal.value)


def test_a_program_makes_a_token_whose_secret_it_alone_has(
    live_server: LiveServer, prestage: Prestage
) -> None:
    maker = make_token(make_user("edith", "add_apitoken", *OPERATOR), "read", "site", name="maker")
    api = Prestage(f"{live_server.url}/prestage/api/v1", maker)

    secret = api.make_token("nightly", ["read"])

    nightly = Prestage(f"{live_server.url}/prestage/api/v1", secret)
    assert nightly.send("GET", "tokens/current/").document["name"] == "nightly"
    with pytest.raises(Problem) as refusal:
        api.make_token("more", ["read", "jobs"])
    assert refusal.value.code == "beyond-maker"
