"""Accepting what was heard of devices (prestaging spec, section 6)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import DateTimeField
from django.db.models.expressions import ExpressionWrapper
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from prestage_plugin.models import ChangeEvent, Chore, Device, UnknownSender
from prestage_plugin.services import events
from prestage_plugin.services.events import Accepted, Heard, accept_events
from prestage_plugin.states import ChangeSource, EventState
from tests.prestage_plugin.services.build import make_devices
from tests.prestage_plugin.services.elsewhere import together

pytestmark = pytest.mark.django_db

EVIL = "\x00\x1b[31mred\r\nBcc:\u202e \ud800\U0001f642"


def heard(device: Device | None, sender: str = "192.0.2.1", **values: Any) -> Heard:
    known = {"source": ChangeSource.SYSLOG, "device_id": device and device.pk, "sender": sender}
    return Heard(**known | values)


def counted() -> dict[str, int]:
    return dict(UnknownSender.objects.values_list("sender", "events"))


def statements(kind: str, accept: Callable[[], object]) -> int:
    with CaptureQueriesContext(connection) as queries:
        accept()
    return sum(query["sql"].startswith(kind) for query in queries)


def test_any_number_of_events_of_a_batch_is_one_insert() -> None:
    devices = make_devices("pe1", "pe2", "pe3")
    for batch in ([heard(devices[0])], [heard(device) for device in devices * 30]):
        ChangeEvent.objects.all().delete()
        with CaptureQueriesContext(connection) as queries:
            assert accept_events(heard=batch) == Accepted(known=len(batch), unknown=0)
        written = [query["sql"] for query in queries if "SAVEPOINT" not in query["sql"]]
        assert len(written) == 1
        assert written[0].startswith('INSERT INTO "prestage_changeevent"')
        assert ChangeEvent.objects.new().count() == len(batch)


def test_nothing_heard_is_nothing_written() -> None:
    assert accept_events(heard=[]) == Accepted(known=0, unknown=0)
    assert statements("INSERT", lambda: accept_events(heard=[])) == 0


def test_an_event_says_who_spoke_who_changed_what() -> None:
    [device] = make_devices("pe1")
    accept_events(heard=[heard(device, actor="alice", detail="UI_COMMIT_COMPLETED")])
    event = ChangeEvent.objects.get()
    assert (event.device, event.source, event.state) == (device, "syslog", EventState.NEW)
    assert (event.sender, event.actor, event.detail) == (
        "192.0.2.1",
        "alice",
        "UI_COMMIT_COMPLETED",
    )


def database_time() -> Any:
    now = ExpressionWrapper(Now(), output_field=DateTimeField())
    Chore.objects.get_or_create(name="clock", defaults={"due_at": Now()})
    return Chore.objects.annotate(now=now).values_list("now", flat=True).get(name="clock")


def test_it_was_received_at_the_databases_time_whatever_the_hosts_clock_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    [device] = make_devices("pe1")
    right_now = timezone.now
    monkeypatch.setattr(timezone, "now", lambda: right_now() + timedelta(hours=1))
    before = database_time()
    accept_events(heard=[heard(device)])
    assert before <= ChangeEvent.objects.get().received_at <= database_time()


def test_long_and_unprintable_text_is_cut_and_cleaned() -> None:
    [device] = make_devices("pe1")
    long = EVIL + "x" * 100_000
    accept_events(
        heard=[heard(device, long, actor=long, detail=long), heard(None, long, detail=long)]
    )
    event, unknown = ChangeEvent.objects.get(), UnknownSender.objects.get()
    event.full_clean()
    unknown.full_clean()
    for text in (event.sender, event.actor, event.detail, unknown.sender, unknown.detail):
        assert text.startswith("[31mred Bcc: \U0001f642xxx")
        assert text.isprintable()


def test_text_that_is_nothing_but_unprintable_is_none() -> None:
    [device] = make_devices("pe1")
    accept_events(heard=[heard(device, "\x00\n", actor="\t"), heard(None, "\x00\n")])
    event = ChangeEvent.objects.get()
    assert (event.sender, event.actor) == ("", "")
    assert counted() == {"unnamed": 1}


# Foreign keys are checked when a transaction ends, so it has to end.
@pytest.mark.django_db(transaction=True)
def test_an_event_of_a_device_that_was_deleted_a_moment_ago_counts_as_unknown() -> None:
    kept, gone = make_devices("pe1", "pe2")
    batch = [heard(kept), heard(gone, "192.0.2.2"), heard(None, "192.0.2.3"), heard(kept)]
    gone.delete()
    assert accept_events(heard=batch) == Accepted(known=2, unknown=2)
    assert list(ChangeEvent.objects.values_list("device__name", flat=True)) == ["pe1", "pe1"]
    assert counted() == {"192.0.2.2": 1, "192.0.2.3": 1}


def test_all_of_a_batch_is_written_or_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    [device] = make_devices("pe1")

    def broken(*_args: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(events, "_count", broken)
    with pytest.raises(RuntimeError):
        accept_events(heard=[heard(device), heard(None)])
    assert not ChangeEvent.objects.exists()


def test_unknown_senders_are_counted_each_with_its_last_detail() -> None:
    accept_events(heard=[heard(None, "a", detail="one"), heard(None, "b"), heard(None, "a")])
    first = UnknownSender.objects.get(sender="a")
    accept_events(heard=[heard(None, "a", detail="two"), heard(None, "a", detail="three")])
    again = UnknownSender.objects.get(sender="a")
    assert counted() == {"a": 4, "b": 1}
    assert again.detail == "three"
    assert again.first_at == first.first_at < again.last_at
    assert not ChangeEvent.objects.exists()


def test_one_name_from_two_sources_is_two_senders() -> None:
    accept_events(heard=[heard(None, "a"), heard(None, "a", source=ChangeSource.WEBHOOK)])
    assert set(UnknownSender.objects.values_list("source", "sender", "events")) == {
        ("syslog", "a", 1),
        ("webhook", "a", 1),
    }


def test_senders_beyond_the_limit_are_counted_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "MOST_UNKNOWN_SENDERS", 3)
    accept_events(heard=[heard(None, name) for name in "abcdef"])
    assert counted() == {"a": 1, "b": 1, "c": 1, "other senders": 3}
    accept_events(heard=[heard(None, name) for name in "afgg"])
    assert counted() == {"a": 2, "b": 1, "c": 1, "other senders": 6}
    accept_events(heard=[heard(None, "h", source=ChangeSource.WEBHOOK)])
    assert UnknownSender.objects.get(source="webhook").sender == "other senders"


def test_a_sender_that_calls_itself_other_senders_is_counted_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(events, "MOST_UNKNOWN_SENDERS", 1)
    forged = [heard(None, name) for name in ("a", "other senders", "p")]
    for times in (1, 2):
        accept_events(heard=forged)
        assert counted() == {"a": times, "other senders": 2 * times}


def test_processes_take_the_rows_of_senders_in_one_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "MOST_UNKNOWN_SENDERS", 2)
    accept_events(heard=[heard(None, "z"), heard(None, "a")])
    with CaptureQueriesContext(connection) as queries:
        accept_events(heard=[heard(None, name) for name in ("z", "new", "a", "newer")])
    statements = [query["sql"] for query in queries]
    [taken] = [number for number, sql in enumerate(statements) if "ORDER BY 1 ASC" in sql]
    written = [number for number, sql in enumerate(statements) if sql.startswith("UPDATE")]
    assert all(f"'{name}'" in statements[taken] for name in ("a", "other senders", "z"))
    assert taken < min(written)


def test_a_flood_of_forged_senders_costs_a_handful_of_statements() -> None:
    accept_events(heard=[heard(None, f"known {n}") for n in range(events.MOST_UNKNOWN_SENDERS)])
    flood = [heard(None, f"forged {number}") for number in range(500)]
    accept_events(heard=flood)
    with CaptureQueriesContext(connection) as queries:
        accept_events(heard=flood)
    assert len(queries) <= 7
    assert UnknownSender.objects.count() == events.MOST_UNKNOWN_SENDERS + 1
    assert counted()["other senders"] == 1000


@pytest.mark.django_db(transaction=True)
def test_two_that_hear_of_one_new_sender_at_once_count_it_in_one_row() -> None:
    batch = [heard(None, f"sender {number}") for number in range(5)]
    for _round in range(3):
        UnknownSender.objects.all().delete()
        together(
            lambda: accept_events(heard=batch),
            lambda: accept_events(heard=batch[::-1]),
        )
        assert counted() == dict.fromkeys((each.sender for each in batch), 2)
