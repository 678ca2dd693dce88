"""What a job writes about devices (prestaging spec, section 2)."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from nornir_tasks.evaluation import Role
from prestage_plugin.models import Device, DeviceEvaluation, JobDevice, RoleChange
from prestage_plugin.services.submit import JobRequest
from prestage_plugin.states import JobType
from tests.prestage_plugin.services.build import (
    discovery,
    evaluation,
    failure,
    make_devices,
    run_job,
    start,
    states_of,
)

pytestmark = pytest.mark.django_db

DISCOVER_ONLY = JobRequest(job_type=JobType.DISCOVER_ONLY)


def pe1() -> Device:
    return Device.objects.get(name="pe1")


def test_a_manual_job_recommends_and_assigns() -> None:
    make_devices("pe1")
    job = run_job(start(), {})
    device = pe1()
    assert (device.recommended_role, device.assigned_role) == ("N-PE", "N-PE")
    assert (device.loopback, device.assigned_loopback) == ("10.0.0.1", "10.0.0.1")
    assert device.assigned_by == "system"
    row = job.devices.get()
    assert (row.role_before, row.role_recommended, row.role_assigned) == ("", "N-PE", "N-PE")
    assert row.evidence[0]["rules"][0]["id"] == "R3"
    assert list(
        RoleChange.objects.order_by("pk").values_list("kind", "role_before", "role_after")
    ) == [("assigned", "", "N-PE"), ("recommended", "", "N-PE")]


def test_discover_only_recommends_and_assigns_nothing() -> None:
    make_devices("pe1")
    run_job(start(DISCOVER_ONLY), {})
    assert (pe1().recommended_role, pe1().assigned_role) == ("N-PE", "")
    assert list(Device.objects.recommendations()) == [pe1()]


def test_unknown_is_never_assigned() -> None:
    make_devices("pe1")
    unknown = evaluation("pe1", Role.UNKNOWN, loopback=None, reason="no-loopback")
    run_job(start(), {"pe1": discovery(unknown)})
    assert (pe1().recommended_role, pe1().assigned_role) == ("UNKNOWN", "")
    assert pe1().reason == "no-loopback"


def test_a_rerun_overwrites_an_unconfirmed_recommendation() -> None:
    make_devices("pe1")
    run_job(start(DISCOVER_ONLY), {})
    changed = evaluation("pe1", Role.P, fingerprint="2", loopback="10.0.0.2")
    run_job(start(DISCOVER_ONLY), {"pe1": discovery(changed)})
    assert (pe1().recommended_role, pe1().loopback) == ("P", "10.0.0.2")


def test_a_rerun_never_touches_an_assigned_role_and_shows_drift() -> None:
    make_devices("pe1")
    run_job(start(), {})
    changed = evaluation("pe1", Role.P, fingerprint="2", loopback="10.0.0.2")
    run_job(start(), {"pe1": discovery(changed)})
    device = pe1()
    assert (device.assigned_role, device.assigned_loopback) == ("N-PE", "10.0.0.1")
    assert device.recommended_role == "P"
    assert device.drift
    assert list(Device.objects.drifted()) == [device]


def test_an_unchanged_configuration_rewrites_nothing() -> None:
    make_devices("pe1")
    run_job(start(), {})
    before = pe1().evaluated_at
    job = run_job(start(), {})
    assert states_of(job) == {"pe1": "unchanged"}
    assert (job.unchanged, job.summary) == (1, "0 of 1 devices prestaged, 1 unchanged")
    assert pe1().evaluated_at == before
    assert RoleChange.objects.count() == 2


def test_a_manual_job_after_discover_only_assigns_although_nothing_changed() -> None:
    make_devices("pe1")
    run_job(start(DISCOVER_ONLY), {})
    job = run_job(start(), {})
    assert states_of(job) == {"pe1": "prestaged"}
    assert pe1().assigned_role == "N-PE"


def test_a_dry_run_reports_and_writes_nothing_about_devices() -> None:
    make_devices("pe1")
    job = run_job(start(JobRequest(dry_run=True)), {})
    row = JobDevice.objects.get()
    assert (row.state, row.role_recommended, row.role_assigned) == ("prestaged", "N-PE", "")
    assert (pe1().recommended_role, pe1().assigned_role) == ("", "")
    assert not RoleChange.objects.exists()
    assert not DeviceEvaluation.objects.exists()
    assert job.summary == "1 of 1 devices evaluated"


def test_a_failed_device_keeps_what_was_known_of_it() -> None:
    make_devices("pe1")
    run_job(start(), {})
    job = run_job(start(), {"pe1": failure()})
    row = job.devices.get()
    assert (row.state, row.error_code, row.role_recommended) == ("failed", "unreachable", "")
    assert (pe1().recommended_role, pe1().assigned_role) == ("N-PE", "N-PE")


def test_an_excluded_device_is_reported_as_excluded() -> None:
    make_devices("pe1")
    excluded = evaluation("pe1", Role.UNKNOWN, reason="excluded")
    job = run_job(start(), {"pe1": discovery(excluded)})
    assert states_of(job) == {"pe1": "excluded"}
    assert pe1().assigned_role == ""


def test_logical_systems_are_devices_of_their_own() -> None:
    make_devices("pe1")
    both = discovery(evaluation("pe1"), evaluation("pe1:LS1", Role.P))
    job = run_job(start(), {"pe1": both})
    logical_system = Device.objects.get(name="pe1:LS1")
    assert logical_system.parent == pe1()
    assert (logical_system.recommended_role, logical_system.assigned_role) == ("P", "P")
    assert logical_system.evaluation.result["role"] == "P"
    assert job.devices.count() == 1
    assert [part["device"] for part in job.devices.get().evidence] == ["pe1", "pe1:LS1"]
    again = run_job(start(), {"pe1": both})
    assert states_of(again) == {"pe1": "unchanged"}


def test_a_logical_system_that_is_gone_leaves_the_inventory_and_can_come_back() -> None:
    make_devices("pe1")
    both = discovery(evaluation("pe1"), evaluation("pe1:LS1"))
    run_job(start(), {"pe1": both})
    run_job(start(), {"pe1": discovery(evaluation("pe1"))})
    assert not Device.objects.get(name="pe1:LS1").in_inventory
    run_job(start(), {"pe1": both})
    assert Device.objects.get(name="pe1:LS1").in_inventory


def test_a_device_that_was_deleted_meanwhile_keeps_its_row() -> None:
    [device] = make_devices("pe1")
    job = start()
    device.delete()
    run_job(job, {"pe1": discovery(evaluation("pe1"))})
    row = job.devices.get()
    assert (row.device_name, row.state, row.role_recommended) == ("pe1", "unchanged", "N-PE")


def test_whether_an_evaluation_differs_is_known_without_reading_it() -> None:
    make_devices("pe1")
    run_job(start(DISCOVER_ONLY), {})
    stored = DeviceEvaluation.objects.get()
    with CaptureQueriesContext(connection) as captured:
        again = run_job(start(DISCOVER_ONLY), {})
    assert states_of(again) == {"pe1": "unchanged"}
    touching = [each["sql"] for each in captured if "deviceevaluation" in each["sql"]]
    assert touching
    assert not [sql for sql in touching if '"result"' in sql or '"facts"' in sql]
    assert stored.digest == DeviceEvaluation.objects.get().digest


def test_an_evaluation_without_a_digest_is_written_anew() -> None:
    make_devices("pe1")
    run_job(start(DISCOVER_ONLY), {})
    DeviceEvaluation.objects.update(digest="", result={"of": "an older release"})
    run_job(start(DISCOVER_ONLY), {})
    assert DeviceEvaluation.objects.get().result["role"] == "N-PE"


def test_what_changed_once_is_unchanged_the_next_time() -> None:
    make_devices("pe1")
    run_job(start(DISCOVER_ONLY), {})
    changed = discovery(evaluation("pe1", Role.P, fingerprint="2"))
    jobs = [run_job(start(DISCOVER_ONLY), {"pe1": changed}) for _ in range(2)]
    assert [states_of(job)["pe1"] for job in jobs] == ["prestaged", "unchanged"]
