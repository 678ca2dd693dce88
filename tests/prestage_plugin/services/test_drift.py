"""Configurations that stop to support an assigned role (prestaging spec, section 2)."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.core import mail

from nornir_tasks.evaluation import Role
from nornir_tasks.outcome import Discovery, HostError
from prestage_plugin.models import Device, Job, Notification, RoleChange
from prestage_plugin.services.cancel import cancel_job
from prestage_plugin.services.drift import drift_document, drift_lines
from prestage_plugin.services.notification import deliver_due
from prestage_plugin.services.roles import assign_roles, unassign_roles
from prestage_plugin.services.submit import JobRequest
from prestage_plugin.states import JobType
from tests.prestage_plugin.services.build import (
    claim_all,
    discovery,
    evaluation,
    failure,
    finish,
    make_devices,
    run_job,
    start,
)
from tests.prestage_plugin.services.webhook import Receiver, receiving

pytestmark = pytest.mark.django_db

DISCOVER_ONLY = JobRequest(job_type=JobType.DISCOVER_ONLY)


def find(role: Role, *, reason: str = "ebgp", request: JobRequest = DISCOVER_ONLY) -> Job:
    """Run a job that finds this role for pe1."""
    found = evaluation("pe1", role, fingerprint=f"{role} {reason}", reason=reason)
    return run_job(start(request), {"pe1": discovery(found)})


def drifted(name: str) -> Discovery | HostError:
    return discovery(evaluation(name, Role.P, fingerprint="2"))


def drifts() -> list[tuple[str, str, str]]:
    rows = RoleChange.objects.filter(kind="drifted").order_by("pk")
    return list(rows.values_list("role_before", "role_after", "reason"))


@pytest.fixture
def pe1(db: None) -> Device:
    """A router that was assigned as N-PE."""
    [device] = make_devices("pe1")
    run_job(start(), {})
    device.refresh_from_db()
    assert device.assigned_role == "N-PE"
    return device


def test_drift_is_noted_once(pe1: Device) -> None:
    job = find(Role.P)
    assert drifts() == [("N-PE", "P", "ebgp")]
    noted = RoleChange.objects.get(kind="drifted")
    assert (noted.device, noted.job, noted.actor) == (pe1, job, "system")
    find(Role.P)
    find(Role.P, reason="comment")
    assert len(drifts()) == 1


def test_it_is_noted_again_when_the_role_changes_to_yet_another(pe1: Device) -> None:
    find(Role.P)
    find(Role.UNKNOWN, reason="no-loopback")
    assert drifts() == [("N-PE", "P", "ebgp"), ("N-PE", "UNKNOWN", "no-loopback")]


def test_it_is_not_noted_when_the_role_returns_but_when_it_leaves_again(pe1: Device) -> None:
    find(Role.P)
    find(Role.N_PE)
    assert len(drifts()) == 1
    pe1.refresh_from_db()
    assert not pe1.drift
    find(Role.P)
    assert len(drifts()) == 2


def test_it_is_never_applied(pe1: Device) -> None:
    for request in (DISCOVER_ONLY, JobRequest(), JobRequest(job_type=JobType.ASSIGN)):
        find(Role.P, request=request)
        pe1.refresh_from_db()
        assert (pe1.assigned_role, pe1.assigned_loopback) == ("N-PE", "10.0.0.1")
        assert pe1.drift
    assert RoleChange.objects.filter(kind="assigned").count() == 1


def test_a_dry_run_notes_none(pe1: Device) -> None:
    find(Role.P, request=JobRequest(dry_run=True))
    assert drifts() == []
    assert not Notification.objects.exists()


def test_a_device_without_an_assigned_role_does_not_drift() -> None:
    make_devices("pe1")
    find(Role.N_PE)
    find(Role.P)
    assert drifts() == []


def test_a_read_that_failed_is_no_drift(pe1: Device) -> None:
    run_job(start(), {"pe1": failure()})
    assert drifts() == []


def test_after_the_role_was_taken_back_the_new_one_counts(pe1: Device) -> None:
    find(Role.P)
    unassign_roles(device_ids=[pe1.pk], actor="alice")
    assign_roles(device_ids=[pe1.pk], actor="alice")
    find(Role.N_PE)
    assert drifts() == [("N-PE", "P", "ebgp"), ("P", "N-PE", "ebgp")]


def test_a_logical_system_drifts_for_itself(pe1: Device) -> None:
    def both(role: Role, fingerprint: str) -> Any:
        return discovery(evaluation("pe1"), evaluation("pe1:LS1", role, fingerprint=fingerprint))

    run_job(start(), {"pe1": both(Role.N_PE, "1")})
    job = run_job(start(), {"pe1": both(Role.P, "2")})
    [found] = drift_document(job_id=job.pk)["devices"]
    assert found["device"] == "pe1:LS1"


def test_drift_is_counted_and_listed_for_programs_and_for_people(pe1: Device) -> None:
    job = find(Role.P)
    assert drift_document(job_id=job.pk) == {
        "count": 1,
        "devices": [
            {
                "device": "pe1",
                "assigned_role": "N-PE",
                "recommended_role": "P",
                "reason": "ebgp",
            }
        ],
    }
    assert drift_lines(job_id=job.pk) == ["pe1: assigned N-PE, its configuration now says P (ebgp)"]
    other = find(Role.P)
    assert drift_document(job_id=other.pk) == {"count": 0, "devices": []}
    assert drift_lines(job_id=other.pk) == []


def fleet_that_drifted(count: int) -> Job:
    names = [f"pe{number:03}" for number in range(count)]
    make_devices(*names)
    run_job(start(), {})
    return run_job(start(), {name: drifted(name) for name in names})


def test_of_more_than_a_hundred_devices_a_hundred_are_listed_and_all_are_counted() -> None:
    job = fleet_that_drifted(103)
    document = drift_document(job_id=job.pk)
    assert (document["count"], len(document["devices"])) == (103, 100)
    lines = drift_lines(job_id=job.pk)
    assert len(lines) == 101
    assert lines[-1] == "and 3 more"


def test_a_hundred_devices_are_listed_without_more() -> None:
    assert "more" not in drift_lines(job_id=fleet_that_drifted(100).pk)[-1]


def test_its_list_is_two_queries(pe1: Device, django_assert_num_queries: Any) -> None:
    job = fleet_that_drifted(30)
    with django_assert_num_queries(2):
        drift_document(job_id=job.pk)


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    with receiving() as receiver:
        settings.PRESTAGE = {
            "NOTIFY_WEBHOOK": receiver.url,
            "NOTIFY_SECRET": "a-secret-that-must-be-seen-nowhere",
            "NOTIFY_EMAILS": ["noc@example.com"],
        }
        yield receiver


def documents(receiver: Receiver) -> dict[str, Any]:
    bodies = [json.loads(body) for _path, _headers, body in receiver.requests]
    return {body["event"]: body for body in bodies}


@pytest.mark.parametrize(
    ("notify", "announced"),
    [
        (None, {"drift"}),
        ("failure", {"drift"}),
        ("always", {"drift", "job-ended"}),
        ("never", set()),
    ],
)
def test_drift_is_announced_unless_nothing_is(
    pe1: Device, settings: Any, receiver: Receiver, notify: str | None, announced: set[str]
) -> None:
    if notify is not None:
        settings.PRESTAGE |= {"NOTIFY": notify}
    job = find(Role.P)
    assert job.state == "success"
    deliver_due()
    assert set(documents(receiver)) == announced
    assert len(mail.outbox) == len(announced)
    assert set(Notification.objects.values_list("state", flat=True)) <= {"sent"}


def test_the_receiver_learns_which_devices(pe1: Device, receiver: Receiver) -> None:
    job = find(Role.P)
    deliver_due()
    document = documents(receiver)["drift"]
    assert document["job"]["id"] == job.pk
    assert document["drift"] == drift_document(job_id=job.pk)


def test_the_email_says_which_devices(pe1: Device, receiver: Receiver) -> None:
    job = find(Role.P)
    deliver_due()
    [message] = mail.outbox
    assert message.subject == f"Drift of roles found by prestage job {job}"
    assert message.body.splitlines()[:3] == [
        *drift_lines(job_id=job.pk),
        "",
        f"Job {job} of system ended as Success.",
    ]


def test_a_job_that_fails_and_finds_drift_announces_both(pe1: Device, receiver: Receiver) -> None:
    make_devices("pe2")
    run_job(start(), {"pe1": drifted("pe1"), "pe2": failure()})
    assert deliver_due() == 4
    announced = documents(receiver)
    assert set(announced) == {"drift", "job-ended"}
    assert "drift" not in announced["job-ended"]
    assert len({document["id"] for document in announced.values()}) == 2
    assert {message.subject.split()[0] for message in mail.outbox} == {"Drift", "Prestage"}


def test_a_job_that_is_cancelled_announces_the_drift_that_it_found(
    pe1: Device, receiver: Receiver
) -> None:
    make_devices("pe2")
    job = start()
    [claim] = claim_all(job)
    finish(claim, {"pe1": drifted("pe1")})
    cancel_job(job_id=job.pk, actor="bob")


def test_a_job_that_found_none_announces_none(pe1: Device, receiver: Receiver) -> None:
    find(Role.P)
    deliver_due()
    find(Role.P)
    find(Role.N_PE)
    assert deliver_due() == 0


def test_another_loopback_than_was_assigned_is_shown_beside_drift_and_is_none(
    pe1: Device,
) -> None:
    Device.objects.update(loopback="10.9.9.9")

    found = Device.objects.get()
    assert (found.moved, found.drift) == (True, False)
    assert list(Device.objects.moved()) == list(Device.objects.deviating()) == [pe1]
    assert not Device.objects.drifted().exists()


@pytest.mark.parametrize(
    ("values", "moved"),
    [
        ({"loopback": "10.0.0.9", "assigned_loopback": None}, True),
        ({"loopback": None}, False),
        ({"loopback": "10.0.0.9", "recommended_role": "P"}, False),
        ({"loopback": "10.0.0.9", "assigned_role": ""}, False),
        ({}, False),
    ],
)
def test_a_device_moves_only_with_its_role(
    pe1: Device, values: dict[str, Any], moved: bool
) -> None:
    Device.objects.update(**values)

    assert Device.objects.get().moved == Device.objects.moved().exists() == moved
