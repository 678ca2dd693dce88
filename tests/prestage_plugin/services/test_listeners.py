"""The life signs of what hears of changes, and the senders that nobody knows."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from prestage_plugin.models import ListenerStatus, UnknownSender
from prestage_plugin.services import events
from prestage_plugin.services.events import OTHER_SENDERS, Accepted, Heard, accept_events
from prestage_plugin.services.health import HealthCheck, HealthStatus, health
from prestage_plugin.services.listeners import ListenerReport, report
from prestage_plugin.states import ChangeSource

pytestmark = pytest.mark.django_db

OK, DEGRADED, _DOWN = HealthStatus
START = timezone.now()


def tell(
    name: str = "host udp 0.0.0.0:514", *, started_at: datetime = START, **values: Any
) -> None:
    counters = {"syslog": {"received": 7}}
    report(listener=ListenerReport(name=name, started_at=started_at, counters=counters, **values))


def age(**seconds: float) -> None:
    """Let columns of all rows be so much older."""
    past = {column: timezone.now() - timedelta(seconds=each) for column, each in seconds.items()}
    ListenerStatus.objects.update(**past)


def look() -> HealthCheck | None:
    return {check.name: check for check in health().checks}.get("listener")


def test_a_site_that_never_listened_hears_nothing_of_it() -> None:
    assert look() is None


def test_a_listener_that_reports_is_well() -> None:
    tell()
    check = look()
    assert check is not None
    assert (check.status, check.values) == (
        OK,
        {"running": 1, "silent": 0, "lost": 0, "died": 0},
    )
    assert ListenerStatus.objects.get().counters == {"syslog": {"received": 7}}


def test_a_listener_that_died_is_told_until_it_runs_again() -> None:
    tell()
    age(seen_at=60)
    check = look()
    assert check is not None
    assert (check.status, check.values["silent"]) == (DEGRADED, 1)
    assert "host udp 0.0.0.0:514" in check.text
    assert "prestage_listen" in check.text
    tell(started_at=timezone.now())
    check = look()
    assert check is not None
    assert check.values["silent"] == 0
    assert ListenerStatus.objects.count() == 1


def test_a_death_is_told_for_an_hour_although_it_runs_again() -> None:
    """A supervisor starts it within a second, and what it had in memory is lost all the same."""
    tell()
    died_at = ListenerStatus.objects.get().seen_at
    started_at = timezone.now()
    for _report in range(2):
        tell(started_at=started_at)
        assert ListenerStatus.objects.get().died_at == died_at
    check = look()
    assert check is not None
    assert (check.status, check.values["died"]) == (DEGRADED, 1)
    assert "host udp 0.0.0.0:514" in check.text
    age(died_at=3601)
    check = look()
    assert check is not None
    assert (check.status, check.values["died"]) == (OK, 0)


def test_to_be_started_again_after_an_orderly_end_is_no_death() -> None:
    tell()
    tell(ended=True)
    tell(started_at=timezone.now())
    assert ListenerStatus.objects.get().died_at is None
    check = look()
    assert check is not None
    assert check.status is OK


def test_a_listener_that_ended_in_order_is_no_fault() -> None:
    tell(ended=True)
    age(seen_at=3600)
    check = look()
    assert check is not None
    assert (check.status, check.values["running"]) == (OK, 0)


@pytest.mark.parametrize("ended", [False, True])
def test_lost_messages_are_told_for_an_hour(ended: bool) -> None:
    tell(lost=3)
    tell(lost=3, ended=ended)
    check = look()
    assert check is not None
    assert (check.status, check.values["lost"]) == (DEGRADED, 3)
    age(lost_at=3601)
    tell(lost=3, ended=ended)
    check = look()
    assert check is not None
    assert check.status is OK
    tell(lost=4)
    check = look()
    assert check is not None
    assert check.status is DEGRADED


def test_a_new_run_counts_its_losses_from_nothing_and_keeps_the_time_of_the_last() -> None:
    tell(lost=3)
    tell(started_at=timezone.now(), lost=0)
    row = ListenerStatus.objects.get()
    assert (row.lost, row.lost_at is None) == (0, False)
    age(lost_at=3601)
    tell(started_at=timezone.now(), lost=1)
    check = look()
    assert check is not None
    assert check.status is DEGRADED


def test_listeners_that_are_gone_for_good_are_forgotten() -> None:
    tell("host udp 127.0.0.1:1")
    age(seen_at=8 * 24 * 3600)
    check = look()
    assert check is not None
    assert (check.status, check.values["running"]) == (OK, 0)
    tell("host udp 127.0.0.1:2")
    assert ListenerStatus.objects.get().name == "host udp 127.0.0.1:2"


def heard(sender: str, source: ChangeSource = ChangeSource.SYSLOG) -> Heard:
    return Heard(source=source, device_id=None, sender=sender, detail="UI_COMMIT_COMPLETED")


def counted() -> dict[tuple[str, str], int]:
    rows = UnknownSender.objects.values_list("source", "sender", "events")
    return {(source, sender): count for source, sender, count in rows}


def test_unknown_senders_are_counted_by_source_and_sender() -> None:
    accept_events(heard=[heard("a"), heard("b"), heard("a"), heard("a", ChangeSource.WEBHOOK)])
    assert accept_events(heard=[heard("a"), heard("")]) == Accepted(known=0, unknown=2)
    assert counted() == {
        ("syslog", "a"): 3,
        ("syslog", "b"): 1,
        ("webhook", "a"): 1,
        ("syslog", "unnamed"): 1,
    }


def test_senders_beyond_a_thousand_are_counted_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "MOST_UNKNOWN_SENDERS", 3)
    accept_events(heard=[heard("a"), heard("b")])
    accept_events(heard=[heard(name) for name in ("a", "c", "d", "e", "e")])
    accept_events(heard=[heard(name) for name in ("c", "f", "g")])
    assert counted() == {
        ("syslog", "a"): 2,
        ("syslog", "b"): 1,
        ("syslog", "c"): 2,
        ("syslog", OTHER_SENDERS): 5,
    }


def test_a_flood_of_forged_senders_costs_few_statements(
    django_assert_max_num_queries: Any,
) -> None:
    """Whoever forges addresses must not keep the events of devices waiting."""
    for _again in range(2):
        with django_assert_max_num_queries(60):
            accept_events(heard=[heard(f"10.0.{n // 250}.{n % 250}") for n in range(2000)])
    assert sum(counted().values()) == 4000
    assert len(counted()) == events.MOST_UNKNOWN_SENDERS + 1
