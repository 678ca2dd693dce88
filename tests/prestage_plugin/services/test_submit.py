"""Accepting a job (jobs spec, section 3)."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from django_q.models import OrmQ

from prestage_plugin import queue
from prestage_plugin.errors import Refused
from prestage_plugin.models import Job, JobDevice, Shard
from prestage_plugin.services.scope import Scope
from prestage_plugin.services.submit import JobRequest, submit_job
from prestage_plugin.services.workers import register
from prestage_plugin.states import JobState, JobType
from tests.prestage_plugin.services.build import history_of, make_devices, make_user, start

pytestmark = pytest.mark.django_db


def test_a_job_that_is_due_is_written_with_its_devices_shards_and_messages(settings: Any) -> None:
    settings.PRESTAGE = {"SHARD_SIZE": 2}
    make_devices("pe1", "pe2", "p1")
    user = make_user()

    job = submit_job(request=JobRequest(), user=user)

    assert (job.name, job.state, job.username) == ("Prestage all devices", "scheduled", "alice")
    assert job.total == 3
    assert set(job.devices.values_list("device_name", flat=True)) == {"pe1", "pe2", "p1"}
    assert job.shards.count() == 2
    messages = [message.task["args"] for message in OrmQ.objects.all()]
    assert sorted(messages) == [(pk,) for pk in sorted(job.shards.values_list("pk", flat=True))]
    assert history_of(job) == [("", "scheduled", "alice")]


def test_every_shard_gets_its_share_of_devices(settings: Any) -> None:
    settings.PRESTAGE = {"SHARD_SIZE": 4}
    make_devices(*[f"pe{number}" for number in range(10)])
    job = start()
    sizes = [shard.devices.count() for shard in job.shards.all()]
    assert sorted(sizes) == [3, 3, 4]


@pytest.mark.parametrize(
    ("devices", "processes", "shards"), [(150, 3, 3), (150, 2, 2), (60, 3, 2), (40, 3, 1)]
)
def test_every_process_gets_a_share_that_is_worth_it(
    devices: int, processes: int, shards: int
) -> None:
    register(name="host:1", processes=processes)
    make_devices(*[f"pe{number}" for number in range(devices)])
    assert start().shards.count() == shards


def test_nothing_is_written_when_the_messages_cannot_be_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_devices("pe1")

    def broken(_shard_ids: list[int]) -> None:
        raise ConnectionError

    monkeypatch.setattr(queue, "enqueue_shards", broken)
    with pytest.raises(ConnectionError):
        start()
    assert not Job.objects.exists()
    assert not JobDevice.objects.exists()
    assert not Shard.objects.exists()


def test_a_job_for_later_is_not_planned_before_its_time() -> None:
    make_devices("pe1")
    tomorrow = timezone.now() + timedelta(days=1)
    job = start(JobRequest(scheduled_for=tomorrow))
    assert (job.state, job.planned_at, job.total) == (JobState.SCHEDULED, None, 0)
    assert not OrmQ.objects.exists()


def test_devices_that_left_the_inventory_and_logical_systems_are_not_contacted() -> None:
    router, gone = make_devices("pe1", "pe2")
    gone.in_inventory = False
    gone.save()
    [logical_system] = make_devices("pe1:LS1")
    logical_system.parent = router
    logical_system.save()
    assert list(start().devices.values_list("device_name", flat=True)) == ["pe1"]


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        ({}, ["p1", "pe1", "pe2"]),
        ({"devices": ["pe2", "pe1", "pe2"]}, ["pe1", "pe2"]),
        ({"filter": {"name": "pe*"}}, ["pe1", "pe2"]),
        ({"filter": {"group": "core"}}, ["p1"]),
        ({"filter": {"platform": "junos", "name": "p?"}}, ["p1"]),
        ({"filter": {"assigned_role": ""}}, ["p1", "pe2"]),
        ({"filter": {"assigned_role": "N-PE"}}, ["pe1"]),
    ],
)
def test_the_scope_chooses_the_devices(scope: dict[str, Any], expected: list[str]) -> None:
    p1, pe1, _pe2 = make_devices("p1", "pe1", "pe2")
    p1.groups = ["core"]
    p1.save()
    pe1.assigned_role = "N-PE"
    pe1.save()
    job = start(JobRequest(scope=Scope.from_json(scope)))
    assert sorted(job.devices.values_list("device_name", flat=True)) == expected
    assert Scope.from_json(job.scope) == Scope.from_json(scope)


@pytest.mark.parametrize(
    ("scope", "code"),
    [
        ({"kind": "everything"}, "bad-scope"),
        ({"device": ["pe1"]}, "bad-scope"),
        ({"devices": []}, "bad-scope"),
        ({"devices": "pe1"}, "bad-scope"),
        ({"devices": [1]}, "bad-scope"),
        ({"devices": ["pe1"], "filter": {"name": "*"}}, "bad-scope"),
        ({"filter": {}}, "bad-scope"),
        ({"filter": {"colour": "red"}}, "bad-scope"),
        ({"filter": {"name": 1}}, "bad-scope"),
        ({"filter": {"assigned_role": "PE"}}, "bad-scope"),
        ({"devices": ["pe1", "nobody"]}, "unknown-devices"),
        ({"filter": {"name": "nobody*"}}, "no-devices"),
    ],
)
def test_a_bad_scope_is_refused_and_nothing_is_written(scope: dict[str, Any], code: str) -> None:
    make_devices("pe1")
    with pytest.raises(Refused) as refusal:
        start(JobRequest(scope=Scope.from_json(scope)))
    assert refusal.value.code == code
    assert not Job.objects.exists()


def test_an_empty_site_says_how_to_get_devices() -> None:
    with pytest.raises(Refused, match="prestage_sync"):
        start()


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (JobRequest(profile="csx"), "unknown-profile"),
        (JobRequest(capability_policy="some"), "bad-policy"),
        (JobRequest(failure_threshold=101), "bad-threshold"),
        (JobRequest(failure_threshold=-1), "bad-threshold"),
        (JobRequest(scheduled_for=timezone.now() - timedelta(seconds=1)), "in-the-past"),
        (
            JobRequest(
                scope=Scope(kind="devices", devices=("nobody",)),
                scheduled_for=timezone.now() + timedelta(days=1),
            ),
            "unknown-devices",
        ),
    ],
)
def test_bad_options_are_refused_and_nothing_is_written(request_: JobRequest, code: str) -> None:
    make_devices("pe1")
    with pytest.raises(Refused) as refusal:
        start(request_)
    assert refusal.value.code == code
    assert not Job.objects.exists()


def test_the_same_idempotency_key_and_request_give_the_same_job() -> None:
    make_devices("pe1")
    user = make_user()
    first = submit_job(request=JobRequest(), user=user, idempotency_key="k1")
    second = submit_job(request=JobRequest(), user=user, idempotency_key="k1")
    other = submit_job(request=JobRequest(), user=make_user("bob"), idempotency_key="k1")
    assert first == second
    assert other != first
    assert Job.objects.count() == 2


def test_an_idempotency_key_cannot_be_used_for_another_request() -> None:
    make_devices("pe1")
    user = make_user()
    submit_job(request=JobRequest(), user=user, idempotency_key="k1")
    with pytest.raises(Refused) as refusal:
        submit_job(
            request=JobRequest(job_type=JobType.DISCOVER_ONLY), user=user, idempotency_key="k1"
        )
    assert refusal.value.code == "idempotency-key-reused"
    assert Job.objects.count() == 1
