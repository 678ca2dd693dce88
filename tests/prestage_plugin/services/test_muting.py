"""What is muted, and counts again when it is not any more (prestaging spec, section 6)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from prestage_plugin.models import AutoSettings, ChangeEvent, Device, DeviceChange, Job, JobDevice
from prestage_plugin.services.auto import (
    auto_policy,
    mute_devices,
    unmute_devices,
)
from prestage_plugin.services.coalesce import coalesce
from prestage_plugin.services.device_report import DeviceReport
from prestage_plugin.states import ChangeSource
from tests.prestage_plugin.services.build import make_devices, start
from tests.prestage_plugin.services.changes import (
    AUTO,
    change,
    change_settings,
    done,
    pass_time,
    pks,
    read,
    reserve,
    settle,
)
from tests.prestage_plugin.services.elsewhere import Elsewhere

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def auto(settings: Any) -> None:
    settings.PRESTAGE = AUTO


def event_states() -> set[tuple[str, str]]:
    return set(ChangeEvent.objects.values_list("device__name", "state"))


def mute_device() -> None:
    mute_devices(device_ids=pks("pe1"))


def mute_source() -> None:
    change_settings(muted_sources=[ChangeSource.PLATFORM])


def switch_off() -> None:
    change_settings(enabled=False)


def unmute_device() -> None:
    assert unmute_devices(device_ids=pks("pe1")).changed == ("pe1",)


WAYS = [(mute_device, unmute_device), (mute_source, change_settings), (switch_off, change_settings)]
each_way = pytest.mark.parametrize(("mute", "unmute"), WAYS)


@each_way
def test_what_is_muted_is_kept_and_starts_nothing(
    mute: Callable[[], None], unmute: Callable[[], None]
) -> None:
    make_devices("pe1")
    mute()
    change("pe1")
    change("pe1")
    assert settle() is None
    assert list(ChangeEvent.objects.values_list("state", flat=True)) == ["muted", "muted"]
    assert not DeviceChange.objects.exists()
    assert not Job.objects.exists()


@each_way
def test_what_came_while_it_was_muted_counts_again_and_costs_one_read(
    mute: Callable[[], None], unmute: Callable[[], None]
) -> None:
    make_devices("pe1", "pe2")
    mute()
    for _event in range(3):
        change("pe1")
        coalesce()
    pass_time(3600)
    unmute()
    assert event_states() == {("pe1", "new")}
    job = coalesce()
    assert job is not None
    assert [row.device_name for row in job.devices.all()] == ["pe1"]
    assert DeviceChange.objects.get().events == 3
    claim = reserve(job)
    read(claim, "pe1")
    done(claim)
    assert settle() is None
    assert Job.objects.count() == 1


@each_way
def test_what_a_read_has_answered_meanwhile_costs_none(
    mute: Callable[[], None], unmute: Callable[[], None]
) -> None:
    make_devices("pe1")
    mute()
    change("pe1")
    coalesce()
    pass_time(3600)
    manual = start()
    read(reserve(manual), "pe1")
    unmute()
    assert settle() is None
    answered = DeviceChange.objects.get()
    assert (answered.state, answered.job) == ("absorbed", manual)


@each_way
def test_what_came_after_that_read_counts(
    mute: Callable[[], None], unmute: Callable[[], None]
) -> None:
    make_devices("pe1")
    mute()
    read(reserve(start()), "pe1")
    JobDevice.objects.update(read_after=F("read_after") - timedelta(seconds=1))
    change("pe1")
    coalesce()
    unmute()
    assert settle() is not None


@pytest.mark.parametrize(
    ("mute", "unmute"), [(mute_device, unmute_device), (switch_off, change_settings)]
)
def test_a_change_that_waits_already_waits_until_it_is_unmuted(
    mute: Callable[[], None], unmute: Callable[[], None]
) -> None:
    make_devices("pe1")
    change("pe1")
    assert coalesce() is None
    mute()
    assert settle() is None
    unmute()
    assert settle() is not None


def test_what_is_muted_twice_stays_muted_until_both_are_lifted() -> None:
    make_devices("pe1")
    mute_device()
    mute_source()
    change("pe1")
    coalesce()
    unmute_device()
    assert settle() is None
    assert event_states() == {("pe1", "muted")}
    mute_device()
    change_settings()
    assert settle() is None
    assert event_states() == {("pe1", "muted")}
    unmute_device()
    assert settle() is not None


def test_what_came_while_the_settings_said_off_counts_when_they_say_on(settings: Any) -> None:
    """Nobody has to save the page of auto prestaging for that."""
    make_devices("pe1", "pe2")
    settings.PRESTAGE = AUTO | {"AUTO": False}
    change("pe1")
    assert settle() is None
    assert event_states() == {("pe1", "muted")}
    settings.PRESTAGE = AUTO
    job = settle()
    assert job is not None
    assert [row.device_name for row in job.devices.all()] == ["pe1"]
    read(claim := reserve(job), "pe1")
    done(claim)
    assert settle() is None
    assert Job.objects.count() == 1


def test_the_settings_may_say_off_and_on_any_number_of_times(settings: Any) -> None:
    make_devices("pe1", "pe2")
    for name in ("pe1", "pe2"):
        settings.PRESTAGE = AUTO | {"AUTO": False}
        change(name)
        coalesce()
        coalesce()
        settings.PRESTAGE = AUTO
        coalesce()
        assert (name, "noted") in event_states()


def test_what_is_muted_for_another_reason_stays_so_when_the_settings_say_on(settings: Any) -> None:
    make_devices("pe1", "pe2")
    mute_device()
    change_settings(muted_sources=["syslog"])
    settings.PRESTAGE = AUTO | {"AUTO": False}
    change("pe1")
    change("pe2", source=ChangeSource.SYSLOG)
    coalesce()
    settings.PRESTAGE = AUTO
    assert settle() is None
    assert event_states() == {("pe1", "muted"), ("pe2", "muted")}


def test_what_the_page_says_outweighs_the_settings(settings: Any) -> None:
    make_devices("pe1")
    switch_off()
    settings.PRESTAGE = AUTO | {"AUTO": False}
    change("pe1")
    coalesce()
    settings.PRESTAGE = AUTO
    assert settle() is None
    assert event_states() == {("pe1", "muted")}
    settings.PRESTAGE = AUTO | {"AUTO": False}
    change_settings()
    assert settle() is None
    settings.PRESTAGE = AUTO
    assert settle() is not None


def test_what_was_changed_on_the_page_outlives_that_the_settings_say_off(settings: Any) -> None:
    make_devices("pe1")
    change_settings(idle=3, muted_sources=["webhook"])
    settings.PRESTAGE = AUTO | {"AUTO": False}
    change("pe1")
    coalesce()
    assert (auto_policy().idle, auto_policy().muted_sources) == (3, frozenset({"webhook"}))


def test_to_be_on_all_the_time_costs_nothing(settings: Any) -> None:
    """What a person has muted may be much, and is not looked through again and again."""
    make_devices("pe1", "pe2")
    mute_device()
    change("pe1", "pe2")
    coalesce()
    with CaptureQueriesContext(connection) as queries:
        coalesce()
    assert not [query["sql"] for query in queries if "'muted'" in query["sql"]]
    assert not AutoSettings.objects.exists()


def test_muting_one_mutes_no_other() -> None:
    make_devices("pe1", "pe2")
    mute_device()
    change_settings(muted_sources=["syslog"])
    change("pe1", "pe2")
    change("pe2", source=ChangeSource.SYSLOG)
    job = settle()
    assert job is not None
    assert [row.device_name for row in job.devices.all()] == ["pe2"]
    assert DeviceChange.objects.get().events == 1


def told(report: DeviceReport) -> tuple[tuple[str, ...], dict[str, str]]:
    return report.changed, {name: refusal.code for name, refusal in report.refused.items()}


def test_only_those_that_were_not_muted_before_are_counted_and_the_others_are_told_why() -> None:
    router, *_others = make_devices("pe1", "pe2", "pe3")
    Device.objects.create(name="pe1:LS1", parent=router)
    system = {"pe1:LS1": "logical-system"}
    assert told(mute_devices(device_ids=pks("pe1", "pe2", "pe1:LS1"))) == (("pe1", "pe2"), system)
    assert told(mute_devices(device_ids=pks("pe2", "pe3"))) == (("pe3",), {"pe2": "already-muted"})
    assert told(unmute_devices(device_ids=pks("pe1", "pe1:LS1"))) == (("pe1",), system)
    assert told(unmute_devices(device_ids=pks("pe1"))) == ((), {"pe1": "not-muted"})
    assert not Device.objects.get(name="pe1:LS1").events_muted


@pytest.mark.parametrize(
    ("mute", "stays"),
    [
        (mute_device, {}),
        (mute_source, {"muted_sources": ["platform", "syslog"]}),
        (switch_off, {"enabled": False}),
    ],
)
def test_saving_the_settings_leaves_alone_what_stays_muted(
    mute: Callable[[], None], stays: dict[str, Any]
) -> None:
    make_devices("pe1")
    mute()
    change("pe1")
    coalesce()
    change_settings(wait=7, **stays)
    assert event_states() == {("pe1", "muted")}


def test_the_coalescer_asks_what_is_muted_when_nobody_can_change_it_any_more() -> None:
    make_devices("pe1")
    change("pe1")
    with CaptureQueriesContext(connection) as queries:
        coalesce()
    statements = [query["sql"] for query in queries]
    [asked] = [number for number, sql in enumerate(statements) if "prestage_autosettings" in sql]
    held = [number for number, sql in enumerate(statements) if "prestage_chore" in sql]
    assert asked > max(held)


def test_what_arrives_while_the_coalescer_works_is_muted_in_its_turn() -> None:
    make_devices("pe1")
    change_settings(muted_sources=["syslog"])
    change("pe1", source=ChangeSource.SYSLOG)
    arrived: list[str] = []

    def arrive(execute: Any, sql: str, *rest: Any) -> Any:
        result = execute(sql, *rest)
        if sql.startswith('UPDATE "prestage_changeevent"') and not arrived:
            arrived.append(sql)
            change("pe1", source=ChangeSource.SYSLOG)
        return result

    with connection.execute_wrapper(arrive):
        coalesce()
    assert settle() is None
    assert arrived
    assert list(ChangeEvent.objects.values_list("state", flat=True)) == ["muted", "muted"]
    assert not DeviceChange.objects.exists()


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
@pytest.mark.django_db(transaction=True)
@each_way
def test_what_the_coalescer_mutes_at_the_moment_of_unmuting_counts_too(
    mute: Callable[[], None], unmute: Callable[[], None]
) -> None:
    make_devices("pe1")
    mute()
    change("pe1")
    with Elsewhere() as person:
        with transaction.atomic():
            assert coalesce() is None
            unmuted = person.do(unmute)
            person.until_it_waits()
        unmuted.result()
    assert event_states() == {("pe1", "new")}
    assert settle() is not None
