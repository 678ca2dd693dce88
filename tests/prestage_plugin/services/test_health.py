"""How the site is (issue 3)."""

import logging
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone
from django_q.models import Schedule

from prestage_plugin import queue
from prestage_plugin.models import Job, Notification, Shard, Worker
from prestage_plugin.services import workers
from prestage_plugin.services.health import HealthCheck, HealthStatus, health
from prestage_plugin.services.submit import JobRequest
from tests.prestage_plugin.services.build import claim_all, make_devices, make_user, run_job, start

pytestmark = pytest.mark.django_db

OK, DEGRADED, DOWN = HealthStatus
URL = "/prestage/health/"


def look(name: str) -> HealthCheck:
    return {check.name: check for check in health().checks}[name]


def with_worker(**columns: Any) -> None:
    workers.register(name="host:1")
    Worker.objects.update(**columns)


def ago(seconds: float) -> Any:
    return timezone.now() - timedelta(seconds=seconds)


@pytest.fixture
def down(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: object) -> None:
        raise OperationalError("connection to server at 10.1.2.3 with password hunter2 failed")

    monkeypatch.setattr(connection, "ensure_connection", refuse)


def test_a_site_with_a_worker_and_nothing_to_do_is_ok() -> None:
    with_worker()
    found = health()
    assert found.status is OK
    assert {check.status for check in found.checks} == {OK}
    assert look("workers").values["running"] == 1
    assert look("broker").values["queue_size"] == 0


def test_without_a_worker_somebody_should_look_and_waiting_work_makes_it_down() -> None:
    assert look("workers").status is DEGRADED
    make_devices("pe1")
    start()
    assert look("workers").status is DEGRADED
    Shard.objects.update(enqueued_at=ago(90))
    assert look("workers").status is DOWN
    assert "prestage_worker" in look("workers").text
    with_worker()
    assert look("workers").status is OK


def test_a_worker_that_was_not_seen_for_15_seconds_does_not_count() -> None:
    with_worker(seen_at=ago(10))
    assert look("workers").values["running"] == 1
    Worker.objects.update(seen_at=ago(20))
    assert (look("workers").values["running"], look("workers").values["silent"]) == (0, 1)
    assert look("workers").status is DEGRADED


def test_a_plain_cluster_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "count_clusters", lambda: 1)
    assert look("workers").status is OK


def test_a_worker_that_stops_or_whose_cluster_is_wedged_is_told() -> None:
    with_worker(draining=True, restarts=3)
    assert look("workers").status is DEGRADED
    assert (look("workers").values["draining"], look("workers").values["restarts"]) == (1, 3)
    Worker.objects.update(draining=False, proof_at=ago(60))
    assert look("workers").status is DEGRADED
    assert "carries no messages" in look("workers").text


def test_a_broker_that_does_not_answer_is_down(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> int:
        raise ConnectionError("redis://:hunter2@10.1.2.3")

    monkeypatch.setattr(queue, "size", refuse)
    monkeypatch.setattr(queue, "count_clusters", refuse)
    with_worker()
    assert look("broker").status is health().status is DOWN
    assert "hunter2" not in str(health().as_dict())


def test_the_age_of_the_oldest_lease_is_told_and_one_that_nobody_takes_over() -> None:
    make_devices("pe1")
    job = start()
    claim_all(job)
    assert look("leases").values["oldest_lease_seconds"] == pytest.approx(0, abs=5)
    Shard.objects.update(lease_until=ago(30))
    assert look("leases").status is OK  # the next tick takes it over
    Shard.objects.update(lease_until=ago(90))
    assert look("leases").status is DEGRADED
    assert look("leases").values["oldest_lease_seconds"] == pytest.approx(120, abs=5)


def test_a_due_job_that_nobody_starts_is_told() -> None:
    make_devices("pe1")
    job = start(JobRequest(scheduled_for=timezone.now() + timedelta(hours=1)))
    assert look("due-jobs").values["oldest_due_seconds"] is None
    Job.objects.filter(pk=job.pk).update(scheduled_for=ago(5))
    assert look("due-jobs").status is OK
    Job.objects.filter(pk=job.pk).update(scheduled_for=ago(90))
    assert look("due-jobs").status is DEGRADED
    assert look("due-jobs").values["oldest_due_seconds"] == pytest.approx(90, abs=5)


def test_the_oldest_work_that_waits_is_told_and_is_no_fault() -> None:
    make_devices("pe1")
    job = start()
    Shard.objects.update(enqueued_at=ago(300))
    waiting = look("waiting-work")
    assert waiting.status is OK
    assert waiting.values["oldest_queued_seconds"] == pytest.approx(300, abs=5)
    run_job(job, {})
    assert look("waiting-work").values["oldest_queued_seconds"] is None


def test_a_clock_that_is_missing_is_told() -> None:
    Schedule.objects.all().delete()
    assert look("clock").status is DEGRADED
    queue.ensure_clock()
    assert look("clock").status is OK


def test_notifications_that_were_given_up_are_told_for_a_day() -> None:
    make_devices("pe1")
    job = run_job(start(), {})
    lost = Notification.objects.create(
        job=job,
        channel="webhook",
        state="given-up",
        due_at=timezone.now(),
        ended_at=timezone.now(),
        error="The webhook answered with status 500.",
    )
    assert look("notifications").status is DEGRADED
    assert look("notifications").text.endswith("The webhook answered with status 500.")
    Notification.objects.filter(pk=lost.pk).update(ended_at=ago(25 * 3600))
    assert look("notifications").status is OK


def test_a_database_that_is_down_is_one_sentence(
    down: None, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        found = health()
    assert found.status is DOWN
    assert [check.name for check in found.checks] == ["database"]
    assert "hunter2" not in str(found) + caplog.text


def test_everybody_learns_the_status_alone(client: Client) -> None:
    with_worker()
    response = client.get(URL)
    assert (response.status_code, response.json()) == (200, {"status": "ok"})
    assert "no-store" in response["Cache-Control"]
    client.force_login(make_user("guest"))
    assert client.get(URL).json() == {"status": "ok"}


def test_those_who_may_view_jobs_get_the_details(client: Client) -> None:
    with_worker()
    user = make_user()
    user.user_permissions.add(Permission.objects.get(codename="view_job"))
    client.force_login(user)
    document = client.get(URL).json()
    assert document["status"] == "ok"
    assert document["checks"]["workers"]["running"] == 1
    assert document == health().as_dict()


def test_degraded_is_200_and_down_is_503(client: Client) -> None:
    response = client.get(URL)
    assert (response.status_code, response.json()) == (200, {"status": "degraded"})
    make_devices("pe1")
    start()
    Shard.objects.update(enqueued_at=ago(90))
    response = client.get(URL)
    assert (response.status_code, response.json()) == (503, {"status": "down"})


def test_the_probe_answers_without_the_database_even_to_users(client: Client, down: None) -> None:
    client.cookies["sessionid"] = "0123456789abcdef0123456789abcdef"
    response = client.get(URL)
    assert (response.status_code, response.json()) == (503, {"status": "down"})


def test_the_probe_only_reads(client: Client) -> None:
    assert client.post(URL).status_code == 405
    assert client.head(URL).status_code == 200
