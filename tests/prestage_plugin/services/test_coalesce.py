"""Changes of devices become the fewest auto jobs (prestaging spec, section 6)."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from prestage_plugin.models import ChangeEvent, Device, DeviceChange, Job
from prestage_plugin.services.cancel import cancel_job
from prestage_plugin.services.coalesce import coalesce
from prestage_plugin.services.submit import JobRequest
from prestage_plugin.states import ChangeSource, ChangeState, JobType
from tests.prestage_plugin.services.build import failure, finish, make_devices, start
from tests.prestage_plugin.services.changes import (
    AUTO,
    IDLE,
    WAIT,
    change,
    done,
    pass_time,
    read,
    reserve,
    states,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def auto(settings: Any) -> None:
    settings.PRESTAGE = AUTO


def test_a_change_starts_a_job_when_the_device_has_been_quiet() -> None:
    make_devices("pe1", "pe2")
    change("pe1")
    pass_time(IDLE - 2)
    assert coalesce() is None
    pass_time(3)
    job = coalesce()
    assert job is not None
    assert (job.name, job.job_type, job.username) == ("Auto prestage pe1", "auto", "system")
    assert states() == {"pe1": "started"}
    assert coalesce() is None


def test_notifications_every_four_seconds_start_a_job_after_the_wait_not_never() -> None:
    make_devices("pe1")
    fired = []
    for second in range(0, 60, 4):
        change("pe1")
        job = coalesce()
        if job is not None:
            fired.append(second)
            claim = reserve(job)
            read(claim, "pe1")
            done(claim)
        pass_time(4)
    assert fired == [20, 44]


def test_devices_whose_window_ends_together_form_one_job() -> None:
    make_devices("pe1", "pe2", "pe3")
    change("pe1", "pe2", "pe3")
    change("pe2")
    pass_time(IDLE + 1)
    job = coalesce()
    assert job is not None
    assert (job.name, job.total) == ("Auto prestage 3 devices", 3)


def test_all_events_of_a_window_are_one_entry_and_one_read() -> None:
    make_devices("pe1")
    for _event in range(5):
        change("pe1")
    coalesce()
    assert DeviceChange.objects.get().events == 5
    pass_time(IDLE + 1)
    assert coalesce() is not None
    assert Job.objects.count() == 1


def source_of(name: str) -> str:
    return DeviceChange.objects.get(device__name=name).source


@pytest.mark.parametrize("ticks_between", [False, True])
def test_the_source_of_a_change_is_that_of_its_last_event(ticks_between: bool) -> None:
    make_devices("pe1", "pe2", "pe3")
    for name, sources in (
        ("pe1", (ChangeSource.WEBHOOK, ChangeSource.SYSLOG, ChangeSource.PLATFORM)),
        ("pe2", (ChangeSource.PLATFORM, ChangeSource.WEBHOOK, ChangeSource.SYSLOG)),
        ("pe3", (ChangeSource.SYSLOG,)),
    ):
        for source in sources:
            change(name, source=source)
            ChangeEvent.objects.update(received_at=F("received_at") - timedelta(seconds=0.1))
            if ticks_between:
                coalesce()
                DeviceChange.objects.update(last_at=F("last_at") - timedelta(seconds=0.1))
    coalesce()
    assert {name: source_of(name) for name in ("pe1", "pe2", "pe3")} == {
        "pe1": "platform",
        "pe2": "syslog",
        "pe3": "syslog",
    }


def test_of_events_of_one_moment_the_one_that_was_written_last_is_the_last() -> None:
    make_devices("pe1")
    for source in (ChangeSource.WEBHOOK, ChangeSource.PLATFORM):
        change("pe1", source=source)
    ChangeEvent.objects.update(received_at=timezone.now())
    coalesce()
    assert source_of("pe1") == "platform"


def test_an_event_whose_transaction_ended_late_is_not_the_last() -> None:
    make_devices("pe1")
    change("pe1", source=ChangeSource.PLATFORM)
    coalesce()
    change("pe1", source=ChangeSource.SYSLOG)
    ChangeEvent.objects.new().update(received_at=F("received_at") - timedelta(seconds=5))
    coalesce()
    change_of_pe1 = DeviceChange.objects.get()
    assert (change_of_pe1.source, change_of_pe1.events) == ("platform", 2)


def test_an_auto_job_recommends_and_assigns_nothing() -> None:
    make_devices("pe1")
    change("pe1")
    pass_time(IDLE + 1)
    job = coalesce()
    assert job is not None
    read(reserve(job), "pe1")
    device = Device.objects.get()
    assert (device.recommended_role, device.assigned_role) == ("N-PE", "")


def test_a_change_while_its_device_is_read_gets_a_read_of_its_own_afterwards() -> None:
    """`commit confirmed` and then `commit`: the second while the device is being read."""
    make_devices("pe1")
    change("pe1")
    pass_time(IDLE + 1)
    first = coalesce()
    assert first is not None
    claim = reserve(first)
    change("pe1")
    pass_time_of_changes_only(IDLE + 1)
    assert coalesce() is None  # the read is still under way
    read(claim, "pe1")
    done(claim)
    second = coalesce()
    assert second is not None
    assert second != first


def pass_time_of_changes_only(seconds: float) -> None:
    """Make the window end without making the event older than the read that is under way."""
    assert coalesce() is None
    DeviceChange.objects.pending().update(first_at=Now() - timedelta(seconds=WAIT + seconds))


def test_a_manual_job_that_has_not_read_the_device_yet_absorbs_the_change() -> None:
    make_devices("pe1")
    job = start()
    change("pe1")
    pass_time_of_changes_only(1)
    assert coalesce() is None
    claim = reserve(job)
    read(claim, "pe1")
    assert coalesce() is None
    absorbed = DeviceChange.objects.get()
    assert (absorbed.state, absorbed.job) == (ChangeState.ABSORBED, job)
    assert Job.objects.count() == 1


def test_a_manual_job_that_has_read_the_device_already_absorbs_nothing() -> None:
    make_devices("pe1", "pe2")
    job = start()
    claim = reserve(job)
    read(claim, "pe1")
    change("pe1")
    pass_time_of_changes_only(1)
    auto_job = coalesce()
    assert auto_job is not None
    assert list(auto_job.devices.values_list("device_name", flat=True)) == ["pe1"]


def test_a_failed_read_answers_too_because_its_failure_is_visible() -> None:
    make_devices("pe1")
    job = start()
    change("pe1")
    pass_time_of_changes_only(1)
    finish(reserve(job), {"pe1": failure()})
    assert coalesce() is None
    assert states() == {"pe1": "absorbed"}


def test_a_job_that_is_cancelled_before_it_read_the_device_answers_nothing() -> None:
    make_devices("pe1")
    job = start()
    change("pe1")
    pass_time_of_changes_only(1)
    assert coalesce() is None
    cancel_job(job_id=job.pk, actor="bob")
    assert coalesce() is not None


def test_a_dry_run_answers_nothing_because_it_writes_nothing() -> None:
    make_devices("pe1")
    job = start(JobRequest(dry_run=True))
    change("pe1")
    pass_time_of_changes_only(1)
    read(reserve(job), "pe1")
    assert coalesce() is not None


def test_a_device_that_left_the_inventory_is_not_contacted() -> None:
    make_devices("pe1")
    change("pe1")
    Device.objects.update(in_inventory=False)
    pass_time(IDLE + 1)
    assert coalesce() is None
    Device.objects.update(in_inventory=True)
    assert coalesce() is not None


def test_when_it_is_switched_off_events_are_kept_muted_and_nothing_starts(settings: Any) -> None:
    make_devices("pe1", "pe2")
    change("pe1")
    pass_time(IDLE + 1)
    settings.PRESTAGE = {"AUTO": False}
    assert coalesce() is None
    assert dict(ChangeEvent.objects.values_list("device__name", "state")) == {"pe1": "muted"}
    assert not DeviceChange.objects.exists()


def test_the_database_refuses_a_second_pending_change_of_a_device() -> None:
    [device] = make_devices("pe1")
    change("pe1")
    coalesce()
    with pytest.raises(IntegrityError):
        DeviceChange.objects.create(
            device=device, source=ChangeSource.PLATFORM, first_at=Now(), last_at=Now()
        )


def test_two_thousand_changes_are_a_few_statements(django_assert_max_num_queries: Any) -> None:
    Device.objects.bulk_create(Device(name=f"pe{number}") for number in range(2000))
    with django_assert_max_num_queries(60):
        change(*Device.objects.values_list("name", flat=True))
        coalesce()
    assert DeviceChange.objects.pending().count() == 2000


def test_the_job_type_is_auto() -> None:
    assert not JobType.AUTO.assigns
