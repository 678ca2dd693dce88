"""When recurring jobs run (jobs spec, section 3): tables for every sentence of it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation

from prestage_plugin.errors import Refused
from prestage_plugin.recurrence import Occurrence, Recurrence
from prestage_plugin.states import Repeat

MOMENT = timedelta(microseconds=1)
THE_END = datetime.max.replace(tzinfo=UTC)


def rule(repeat: str, start: str, zone: str = "Europe/Berlin", **more: Any) -> Recurrence:
    return Recurrence.from_json({"repeat": repeat, "start": start, "zone": zone, **more})


def local(recurrence: Recurrence, count: int = 5) -> list[str]:
    """The first fire times as the clock on the wall shows them, with the offset from UTC."""
    zone = ZoneInfo(recurrence.zone)
    return [at.astimezone(zone).isoformat(" ", "minutes") for at in recurrence.preview(count)]


WALL_CLOCK = {
    "daily keeps its time when summer begins": (
        rule("daily", "2027-03-27T06:00"),
        ["2027-03-27 06:00+01:00", "2027-03-28 06:00+02:00", "2027-03-29 06:00+02:00"],
    ),
    "daily keeps its time when summer ends": (
        rule("daily", "2027-10-30T06:00"),
        ["2027-10-30 06:00+02:00", "2027-10-31 06:00+01:00", "2027-11-01 06:00+01:00"],
    ),
    "a skipped time runs at the next valid instant, and only that day": (
        rule("daily", "2027-03-27T02:30"),
        ["2027-03-27 02:30+01:00", "2027-03-28 03:00+02:00", "2027-03-29 02:30+02:00"],
    ),
    "a repeated time runs once, the first time": (
        rule("daily", "2027-10-30T02:30"),
        ["2027-10-30 02:30+02:00", "2027-10-31 02:30+02:00", "2027-11-01 02:30+01:00"],
    ),
    "a skipped midnight": (
        rule("daily", "2018-11-03T00:00", "America/Sao_Paulo"),
        ["2018-11-03 00:00-03:00", "2018-11-04 01:00-02:00", "2018-11-05 00:00-02:00"],
    ),
    "half an hour of summer": (
        rule("daily", "2027-10-02T02:10", "Australia/Lord_Howe"),
        ["2027-10-02 02:10+10:30", "2027-10-03 02:30+11:00", "2027-10-04 02:10+11:00"],
    ),
    "the gap before midnight ends on the next date": (
        rule("daily", "2027-03-26T23:30", "America/Nuuk"),
        ["2027-03-26 23:30-02:00", "2027-03-28 00:00-01:00", "2027-03-28 23:30-01:00"],
    ),
    "a midnight that the zone left out with its whole day is the next one": (
        rule("daily", "2011-12-29T00:00", "Pacific/Apia"),
        ["2011-12-29 00:00-10:00", "2011-12-31 00:00+14:00", "2012-01-01 00:00+14:00"],
    ),
    "weekly": (
        rule("weekly", "2027-03-21T02:30", weekdays=["sun"]),
        ["2027-03-21 02:30+01:00", "2027-03-28 03:00+02:00", "2027-04-04 02:30+02:00"],
    ),
    "monthly": (
        rule("monthly", "2027-02-28T02:30"),
        ["2027-02-28 02:30+01:00", "2027-03-28 03:00+02:00", "2027-04-28 02:30+02:00"],
    ),
    "hours are elapsed time: none is skipped": (
        rule("hourly", "2027-03-28T01:30"),
        ["2027-03-28 01:30+01:00", "2027-03-28 03:30+02:00", "2027-03-28 04:30+02:00"],
    ),
    "hours are elapsed time: none is doubled or left out": (
        rule("hourly", "2027-10-31T02:30"),
        ["2027-10-31 02:30+02:00", "2027-10-31 02:30+01:00", "2027-10-31 03:30+01:00"],
    ),
    "minutes are elapsed time": (
        rule("minutes", "2027-03-28T01:30", every=45),
        ["2027-03-28 01:30+01:00", "2027-03-28 03:15+02:00", "2027-03-28 04:00+02:00"],
    ),
    "hours that start in the gap": (
        rule("hourly", "2027-03-28T02:30"),
        ["2027-03-28 03:00+02:00", "2027-03-28 04:00+02:00"],
    ),
}


@pytest.mark.parametrize(("recurrence", "times"), WALL_CLOCK.values(), ids=WALL_CLOCK)
def test_wall_clock_time_holds_across_dst(recurrence: Recurrence, times: list[str]) -> None:
    assert local(recurrence, len(times)) == times


DATES = {
    "every third day": (
        rule("daily", "2027-02-26T02:00", every=3),
        ["02-26", "03-01", "03-04"],
    ),
    "the 31st is the last day of shorter months, and comes back": (
        rule("monthly", "2027-01-31T02:00"),
        ["01-31", "02-28", "03-31", "04-30", "05-31"],
    ),
    "so is the 30th in February": (
        rule("monthly", "2027-01-30T02:00"),
        ["01-30", "02-28", "03-30"],
    ),
    "and the 29th in a common year": (
        rule("monthly", "2027-01-29T02:00"),
        ["01-29", "02-28", "03-29"],
    ),
    "but not in a leap year": (
        rule("monthly", "2028-01-30T02:00"),
        ["01-30", "02-29", "03-30"],
    ),
    "every other month over the year's end": (
        rule("monthly", "2027-10-31T02:00", every=2),
        ["10-31", "12-31", "02-29", "04-30"],
    ),
    "the leap day is 28 February in common years": (
        rule("yearly", "2028-02-29T02:00"),
        ["02-29", "02-28", "02-28", "02-28", "02-29"],
    ),
    "several weekdays": (
        rule("weekly", "2026-11-23T02:00", weekdays=["fri", "mon"]),
        ["11-23", "11-27", "11-30", "12-04"],
    ),
    "days of the first week before the start are left out": (
        rule("weekly", "2026-11-25T02:00", weekdays=["mon", "wed"]),
        ["11-25", "11-30", "12-02"],
    ),
    "every second week is counted from the week of the start": (
        rule("weekly", "2026-11-25T02:00", weekdays=["mon", "wed"], every=2),
        ["11-25", "12-07", "12-09", "12-21"],
    ),
    "also when no day of that week is left": (
        rule("weekly", "2026-11-25T02:00", weekdays=["tue"], every=2),
        ["12-08", "12-22"],
    ),
    "a week begins on Monday": (
        rule("weekly", "2026-11-29T02:00", weekdays=["mon", "sun"], every=2),
        ["11-29", "12-07", "12-13", "12-21"],
    ),
}


@pytest.mark.parametrize(("recurrence", "dates"), DATES.values(), ids=DATES)
def test_dates_follow_the_rule(recurrence: Recurrence, dates: list[str]) -> None:
    assert [text[5:10] for text in local(recurrence, len(dates))] == dates


ENDS = {
    "on a date, inclusive": (
        rule("daily", "2026-11-23T23:59", until="2026-11-25"),
        ["2026-11-23 23:59+01:00", "2026-11-24 23:59+01:00", "2026-11-25 23:59+01:00"],
    ),
    "the date is that of the zone": (
        rule("hourly", "2026-11-25T22:30", "Asia/Tokyo", until="2026-11-25"),
        ["2026-11-25 22:30+09:00", "2026-11-25 23:30+09:00"],
    ),
    "the last time may fall into a gap that ends on the next date": (
        rule("daily", "2027-03-26T23:30", "America/Nuuk", until="2027-03-27"),
        ["2027-03-26 23:30-02:00", "2027-03-28 00:00-01:00"],
    ),
    "after n": (
        rule("monthly", "2026-12-31T02:00", count=3),
        ["2026-12-31 02:00+01:00", "2027-01-31 02:00+01:00", "2027-02-28 02:00+01:00"],
    ),
    "after n, not counting days before the start": (
        rule("weekly", "2026-11-25T02:00", weekdays=["mon", "wed"], count=2),
        ["2026-11-25 02:00+01:00", "2026-11-30 02:00+01:00"],
    ),
    "after one": (rule("yearly", "2026-12-31T02:00", count=1), ["2026-12-31 02:00+01:00"]),
}


@pytest.mark.parametrize(("recurrence", "times"), ENDS.values(), ids=ENDS)
def test_a_recurrence_ends(recurrence: Recurrence, times: list[str]) -> None:
    assert local(recurrence, 10) == times
    [*_others, last] = recurrence.preview(10)
    assert recurrence.next_after(last) is None
    assert recurrence.latest_occurrence(THE_END) == Occurrence(len(times), last)


def test_the_next_and_the_latest_occurrence_know_their_numbers() -> None:
    daily = rule("daily", "2026-11-23T02:00", "UTC")
    third = Occurrence(3, datetime(2026, 11, 25, 2, tzinfo=UTC))
    assert daily.occurrence_after(third.at - MOMENT) == third
    assert daily.latest_occurrence(third.at) == third
    assert daily.latest_occurrence(third.at + MOMENT) == third
    assert daily.next_after(third.at) == third.at + timedelta(days=1)
    assert daily.latest_occurrence(datetime(2026, 11, 23, 1, 59, tzinfo=UTC)) is None


def test_the_preview_shows_the_next_five_fire_times() -> None:
    daily = rule("daily", "2026-11-23T02:00", "UTC")
    days = [at.day for at in daily.preview(after=datetime(2026, 11, 24, 2, tzinfo=UTC))]
    assert days == [25, 26, 27, 28, 29]


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "UTC", "Pacific/Kiritimati"])
@pytest.mark.parametrize("repeat", ["minutes", "hourly", "daily", "monthly", "yearly"])
@pytest.mark.parametrize("start", ["0001-01-01T00:00", "0001-01-01T23:59", "9999-12-29T00:00"])
def test_the_edges_of_the_calendar_do_no_harm(zone: str, repeat: str, start: str) -> None:
    recurrence = rule(repeat, start, zone, until="9999-12-31")
    assert recurrence.preview(3)
    assert recurrence.next_after(THE_END) is None
    recurrence.latest_occurrence(datetime.min.replace(tzinfo=UTC))
    last_day = list(recurrence.occurrences(THE_END - timedelta(days=3)))
    assert recurrence.latest_occurrence(THE_END) is not None
    for at in last_day:
        at.astimezone(ZoneInfo("Pacific/Kiritimati"))  # every user can be shown it
    assert last_day == sorted(set(last_day))
    assert not last_day or recurrence.next_after(last_day[-1]) is None


@pytest.mark.parametrize("repeat", ["minutes", "hourly", "daily", "monthly", "yearly"])
def test_it_takes_no_longer_when_the_start_is_ages_ago(repeat: str) -> None:
    recurrence = rule(repeat, "0001-01-02T00:00", "America/New_York")
    steps = 0

    class Counted(Recurrence):
        def _instant(self, place: int) -> datetime:
            nonlocal steps
            steps += 1
            return Recurrence._instant(self, place)

    counted = Counted(repeat=recurrence.repeat, start=recurrence.start, zone=recurrence.zone)
    steps = 0
    assert counted.next_after(datetime(9000, 1, 1, tzinfo=UTC)) is not None
    assert steps < 100


SENTENCES = [
    (
        rule("weekly", "2026-11-23T02:00", weekdays=["mon", "wed"], every=2, until="2027-01-31"),
        "Every 2 weeks on Mon, Wed at 02:00 Europe/Berlin until 2027-01-31",
    ),
    (rule("daily", "2026-11-23T02:00", "UTC"), "Every day at 02:00 UTC"),
    (rule("daily", "2026-11-23T02:00", every=3), "Every 3 days at 02:00 Europe/Berlin"),
    (rule("daily", "2026-11-23T02:00", count=1), "Every day at 02:00 Europe/Berlin 1 time"),
    (rule("daily", "2026-11-23T02:00", count=5), "Every day at 02:00 Europe/Berlin 5 times"),
    (rule("monthly", "2026-11-28T02:00"), "Every month on day 28 at 02:00 Europe/Berlin"),
    (
        rule("monthly", "2026-11-30T02:00"),
        "Every month on day 30 or the last day at 02:00 Europe/Berlin",
    ),
    (rule("monthly", "2026-12-31T02:00"), "Every month on the last day at 02:00 Europe/Berlin"),
    (rule("yearly", "2028-02-29T02:00"), "Every year on 29 February at 02:00 Europe/Berlin"),
    (rule("hourly", "2026-11-23T02:00"), "Every hour from 2026-11-23 02:00 Europe/Berlin"),
    (
        rule("minutes", "2026-11-23T02:00", "UTC", every=15),
        "Every 15 minutes from 2026-11-23 02:00 UTC",
    ),
]


@pytest.mark.parametrize(("recurrence", "sentence"), SENTENCES)
def test_a_recurrence_reads_as_a_sentence(recurrence: Recurrence, sentence: str) -> None:
    assert recurrence.sentence() == sentence


def test_the_sentence_is_in_the_language_that_is_active() -> None:
    weekly = rule("weekly", "2026-11-23T02:00", weekdays=["wed"])
    with translation.override("de"):
        assert "Mi" in weekly.sentence()


@pytest.mark.parametrize("recurrence", [recurrence for recurrence, _sentence in SENTENCES])
def test_a_recurrence_survives_the_database(recurrence: Recurrence) -> None:
    assert Recurrence.from_json(recurrence.as_json()) == recurrence


GOOD = {"repeat": "daily", "start": "2026-11-23T02:00", "zone": "Europe/Berlin"}
WEEKLY = GOOD | {"repeat": "weekly"}
REFUSED: list[tuple[Any, str]] = [
    ("daily", "is an object"),
    (GOOD | {"cron": "* * * * *"}, "has no cron"),
    (GOOD | {"repeat": "secondly"}, "Repeat is one of minutes, hourly"),
    (GOOD | {"repeat": None}, "Repeat is one of"),
    (GOOD | {"repeat": ["daily"]}, "Repeat is one of"),
    (GOOD | {"zone": "Europe/Atlantis"}, "no time zone 'Europe/Atlantis'"),
    (GOOD | {"zone": "../../etc/passwd"}, "no time zone"),
    (GOOD | {"zone": "Europe"}, "no time zone"),
    (GOOD | {"zone": ""}, "no time zone"),
    (GOOD | {"zone": ["UTC"]}, "no time zone"),
    (GOOD | {"every": 0}, "Every: give a whole number from 1"),
    (GOOD | {"every": -1}, "Every:"),
    (GOOD | {"every": 1.5}, "Every:"),
    (GOOD | {"every": True}, "Every:"),
    (GOOD | {"every": "2"}, "Every:"),
    (GOOD | {"every": 10**30}, "Every:"),
    (GOOD | {"repeat": "minutes", "every": 0}, "Every:"),
    (GOOD | {"count": 0}, "Ends after: give a whole number from 1"),
    (GOOD | {"count": 10**30}, "Ends after:"),
    (GOOD | {"count": 3, "until": "2027-01-31"}, "not both"),
    (GOOD | {"until": "2026-11-22"}, "ends before it starts"),
    (GOOD | {"until": "tomorrow"}, "until must be like 2027-01-31"),
    (GOOD | {"until": 20270131}, "until must be like"),
    (GOOD | {"start": "soon"}, "start must be like 2026-11-23T02:00"),
    (GOOD | {"start": None}, "start must be like"),
    (GOOD | {"start": "2026-11-23T02:00+01:00"}, "without an offset"),
    (GOOD | {"start": "2026-11-23T02:00:30"}, "whole minute"),
    (GOOD | {"weekdays": ["mon"]}, "Only a weekly"),
    (GOOD | {"start": "9999-12-31T02:00"}, "never occurs"),
    (WEEKLY, "at least one weekday"),
    (WEEKLY | {"weekdays": []}, "at least one weekday"),
    (WEEKLY | {"weekdays": ["Montag"]}, "Weekdays is a list of mon, tue"),
    (WEEKLY | {"weekdays": "mon"}, "Weekdays is a list"),
    (WEEKLY | {"weekdays": [0]}, "Weekdays is a list"),
    (WEEKLY | {"weekdays": ["sun"], "until": "2026-11-28"}, "never occurs"),
]


@pytest.mark.parametrize(("document", "text"), REFUSED)
def test_nonsense_is_refused_with_a_sentence(document: Any, text: str) -> None:
    with pytest.raises(Refused, match=text) as refusal:
        Recurrence.from_json(document)
    assert refusal.value.code == "bad-recurrence"
    assert "\n" not in refusal.value.text


def test_weekdays_out_of_range_are_refused_in_code_too() -> None:
    start = datetime(2026, 11, 23, 2)  # noqa: DTZ001 - a clock on the wall
    for weekdays in [(7,), (-1,), (1, 0), (1, 1)]:
        with pytest.raises(Refused, match="Weekdays are numbers"):
            Recurrence(repeat=Repeat.WEEKLY, start=start, zone="UTC", weekdays=weekdays)
    assert Recurrence(
        repeat=Repeat.DAILY, start=start, zone="UTC", until=date(2026, 11, 23)
    ).preview() == [start.replace(tzinfo=UTC)]
