"""What has not changed is not transferred again (prestaging spec, section 6, rule 4)."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django_q.brokers import Broker

from nornir_tasks.lab import Fleet, LabProcess
from prestage_plugin import execution
from prestage_plugin.inventory import forget_nornir
from prestage_plugin.models import Device, DeviceEvaluation, Job, RoleChange, RoleException
from prestage_plugin.services.inventory import sync_devices
from prestage_plugin.services.submit import JobRequest, submit_job
from prestage_plugin.states import JobType

FLEET = {"npe": 2, "p-ebgp": 1, "logical-systems": 1}
DISCOVER = JobRequest(job_type=JobType.DISCOVER_ONLY)


@pytest.fixture
def lab(broker: Broker, settings: Any, tmp_path: Path) -> Iterator[LabProcess]:
    with LabProcess(Fleet.of(FLEET), directory=tmp_path / "lab") as lab:
        settings.PRESTAGE = {"NORNIR_CONFIG": str(lab.inventory_directory / "config.yaml")}
        forget_nornir()
        sync_devices()
        yield lab


def run(request: JobRequest) -> Job:
    job = submit_job(request=request, user=None)
    for shard in job.shards.all():
        execution.run_shard(shard.pk)
    job.refresh_from_db()
    return job


def transfers(lab: LabProcess) -> Counter[str]:
    """How often each device sent its ports, which it does whenever its configuration is read."""
    devices = lab.statistics()["devices"]
    return Counter(
        {name: each["rpcs"].get("get-interface-information", 0) for name, each in devices.items()}
    )


def everything() -> list[Any]:
    return [
        list(model.objects.order_by("pk").values())
        for model in (Device, DeviceEvaluation, RoleChange)
    ]


def test_an_unchanged_fleet_is_recognised_and_nothing_is_rewritten(lab: LabProcess) -> None:
    first = run(DISCOVER)
    stored, sent = everything(), transfers(lab)
    second = run(DISCOVER)
    assert (first.prestaged, second.unchanged) == (4, 4)
    assert (transfers(lab), everything()) == (sent, stored)
    before, after = (
        list(
            job.devices.values("device_name", "role_recommended", "reason", "loopback", "uni_count")
        )
        for job in (first, second)
    )
    assert after == before


def test_what_has_changed_is_read_and_the_rest_is_not(lab: LabProcess) -> None:
    run(DISCOVER)
    sent = transfers(lab)
    lab.control("set-kind", "npe-00001", "ce")
    job = run(DISCOVER)
    assert transfers(lab) - sent == Counter({"npe-00001": 1})
    assert (job.prestaged, job.unchanged) == (1, 3)
    assert Device.objects.get(name="npe-00001").recommended_role == "P"


def test_a_job_that_assigns_confirms_what_is_known_without_reading_it_again(
    lab: LabProcess,
) -> None:
    run(DISCOVER)
    sent = transfers(lab)
    job = run(JobRequest())
    assert transfers(lab) == sent
    # The router with logical systems has no role of its own; one of its systems has.
    assert (job.prestaged, job.unchanged) == (4, 0)
    assigned = Device.objects.exclude(assigned_role="")
    assert {(each.name, each.assigned_role) for each in assigned} == {
        ("npe-00001", "N-PE"),
        ("npe-00002", "N-PE"),
        ("p-ebgp-00001", "P"),
        ("logical-systems-00001:LS1", "N-PE"),
    }
    assert all(each.assigned_loopback == each.loopback for each in assigned)


def test_other_rules_are_asked_about_the_stored_facts(lab: LabProcess) -> None:
    run(DISCOVER)
    sent = transfers(lab)
    device = Device.objects.get(name="npe-00001")
    RoleException.objects.create(device=device, kind="exclude")
    job = run(DISCOVER)
    device.refresh_from_db()
    assert (device.recommended_role, device.reason) == ("UNKNOWN", "excluded")
    assert (job.excluded, job.unchanged) == (1, 3)
    extended = run(JobRequest(job_type=JobType.DISCOVER_ONLY, profile="extended"))
    assert extended.prestaged == 3
    assert transfers(lab) == sent
    names = Device.objects.filter(parent__isnull=False).values_list("name", flat=True)
    assert set(names) == {"logical-systems-00001:LS1", "logical-systems-00001:LS2"}
    again = run(JobRequest(job_type=JobType.DISCOVER_ONLY, profile="extended"))
    assert (again.unchanged, again.excluded) == (3, 1)


def test_a_job_that_reads_everything_does(lab: LabProcess) -> None:
    run(DISCOVER)
    sent = transfers(lab)
    job = run(JobRequest(job_type=JobType.DISCOVER_ONLY, read_all=True))
    assert transfers(lab) == sent + Counter(dict.fromkeys(sent, 1))
    assert job.unchanged == 4
