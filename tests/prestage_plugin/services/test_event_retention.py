"""Old events go, with their job or by their age (jobs spec, section 6)."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from prestage_plugin.models import ChangeEvent, Chore, Device, DeviceChange, Job, UnknownSender
from prestage_plugin.services import retention
from prestage_plugin.services.auto import mute_devices
from prestage_plugin.services.coalesce import coalesce
from prestage_plugin.services.events import Heard, accept_events
from prestage_plugin.services.retention import purge_daily, purge_events, purge_jobs
from prestage_plugin.services.tick import tick
from prestage_plugin.states import ChangeSource
from tests.prestage_plugin.services.build import make_devices, run_job, start
from tests.prestage_plugin.services.changes import AUTO, change, settle

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def auto(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.PRESTAGE = AUTO
    # Slow machines have time, too.
    monkeypatch.setattr(retention, "_TICK_SECONDS", 60)


def muted(*names: str) -> None:
    mute_devices(device_ids=Device.objects.filter(name__in=names).values_list("pk", flat=True))
    change(*names)
    coalesce()


def age(days: float, **which: Any) -> None:
    past = timedelta(days=days)
    ChangeEvent.objects.filter(**which).update(received_at=F("received_at") - past)


def left() -> list[str]:
    rows = ChangeEvent.objects.order_by("device__name", "pk")
    return list(rows.values_list("device__name", flat=True))


def purge_now() -> None:
    Chore.objects.filter(name="purge").delete()
    purge_daily()


@contextmanager
def deleting(table: str) -> Iterator[list[int]]:
    """How many rows each statement deletes from a table."""
    sizes: list[int] = []

    def look(execute: Any, sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        result = execute(sql, params, many, context)
        if sql.split()[:3] == ["DELETE", "FROM", f'"{table}"']:
            sizes.append(context["cursor"].rowcount)
        return result

    with connection.execute_wrapper(look):
        yield sizes


def test_muted_events_go_when_they_are_old() -> None:
    make_devices("pe1", "pe2")
    muted("pe1", "pe2")
    age(91, device__name="pe1")
    age(89, device__name="pe2")
    purge_now()
    assert left() == ["pe2"]


def test_events_of_changes_without_a_job_go_and_the_change_stays() -> None:
    make_devices("pe1")
    change("pe1")
    coalesce()
    Device.objects.update(in_inventory=False)
    age(91)
    before = DeviceChange.objects.values().get()
    purge_now()
    assert left() == []
    assert DeviceChange.objects.values().get() == before
    # It is read all the same when it returns.
    Device.objects.update(in_inventory=True)
    assert settle() is not None


def test_events_whose_job_is_there_stay_with_it() -> None:
    make_devices("pe1", "pe2")
    change("pe1")
    job = settle()
    assert job is not None
    run_job(job, {})
    absorbing = start()
    change("pe2")
    coalesce()
    DeviceChange.objects.pending().update(state="absorbed", job=absorbing)
    age(91)
    purge_now()
    assert left() == ["pe1", "pe2"]


def test_events_that_nobody_has_looked_at_yet_stay() -> None:
    make_devices("pe1")
    change("pe1")
    age(91)
    purge_now()
    assert left() == ["pe1"]


def test_the_events_of_a_purged_job_go_with_it_and_no_others() -> None:
    make_devices("pe1", "pe2")
    jobs = []
    for name in ("pe1", "pe2"):
        change(name)
        change(name)
        job = settle()
        assert job is not None
        jobs.append(run_job(job, {}))
    purge_jobs(job_ids=[jobs[0].pk])
    assert left() == ["pe2", "pe2"]
    assert DeviceChange.objects.get().job == jobs[1]


def test_the_oldest_go_first_in_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "CHUNK", 2)
    names = [f"pe{number}" for number in range(5)]
    make_devices(*names)
    muted(*names)
    # The later in the table, the older.
    for number, name in enumerate(names):
        age(91 + number, device__name=name)
    before = timezone.now() - timedelta(days=90)
    with deleting("prestage_changeevent") as sizes:
        assert not purge_events(before=before, seconds=0)
    assert (sizes, left()) == ([2], ["pe0", "pe1", "pe2"])
    with deleting("prestage_changeevent") as sizes:
        assert purge_events(before=before)
    assert (sizes, left()) == ([2, 1, 0], [])


def test_the_oldest_are_found_by_an_index() -> None:
    with CaptureQueriesContext(connection) as queries:
        purge_events(before=timezone.now())
    [delete] = [query["sql"] for query in queries]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # What it does with a table that is not empty.
            cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
            cursor.execute(f"EXPLAIN {delete}")
        else:
            cursor.execute(f"EXPLAIN QUERY PLAN {delete}")
        plan = "\n".join(row[-1] for row in cursor.fetchall())
    assert "prestage_event_received" in plan
    assert "ORDER BY" not in plan  # what SQLite calls a sort
    assert "Sort" not in plan


def test_a_job_of_many_events_is_deleted_in_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "CHUNK", 10)
    names = [f"pe{number}" for number in range(15)]
    make_devices(*names)
    for _time in range(3):
        change(*names)
    job = settle()
    assert job is not None
    run_job(job, {})
    with (
        deleting("prestage_changeevent") as events,
        deleting("prestage_devicechange") as changes,
    ):
        report = purge_jobs(job_ids=[job.pk])
    assert (report.jobs, report.devices, report.complete) == (1, 15, True)
    assert (sum(events), sum(changes)) == (45, 15)
    assert max(events) == max(changes) == 10
    assert not Job.objects.exists()


def test_a_purge_that_is_cut_short_in_the_events_goes_on_with_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(retention, "CHUNK", 2)
    make_devices("pe1")
    for _time in range(5):
        change("pe1")
    job = settle()
    assert job is not None
    run_job(job, {})
    kept = []
    for _purge in range(9):
        purge_jobs(job_ids=[job.pk], seconds=0)
        kept.append((ChangeEvent.objects.count(), Job.objects.count()))
    assert kept[:4] == [(5, 1), (3, 1), (1, 1), (0, 1)]
    assert kept[-1] == (0, 0)


def test_what_one_tick_does_not_manage_the_next_one_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "CHUNK", 2)
    monkeypatch.setattr(retention, "_TICK_SECONDS", -1)
    make_devices("pe1", "pe2", "pe3")
    muted("pe1", "pe2", "pe3")
    age(91)
    for number in (1, 0, 0):
        tick()
        assert ChangeEvent.objects.count() == number
    assert not Chore.objects.filter(name="purge", due_at__lte=timezone.now()).exists()


def test_senders_that_were_silent_for_so_long_are_forgotten() -> None:
    accept_events(
        heard=[
            Heard(source=ChangeSource.SYSLOG, device_id=None, sender=name)
            for name in ("old", "new")
        ]
    )
    UnknownSender.objects.filter(sender="old").update(last_at=F("last_at") - timedelta(days=91))
    purge_now()
    assert [each.sender for each in UnknownSender.objects.all()] == ["new"]


def test_with_retention_0_events_are_kept_for_ever(settings: Any) -> None:
    settings.PRESTAGE = AUTO | {"RETENTION_DAYS": 0}
    make_devices("pe1")
    muted("pe1")
    accept_events(heard=[Heard(source=ChangeSource.SYSLOG, device_id=None, sender="old")])
    age(9999)
    UnknownSender.objects.update(last_at=F("last_at") - timedelta(days=9999))
    tick()
    assert left() == ["pe1"]
    assert UnknownSender.objects.exists()
