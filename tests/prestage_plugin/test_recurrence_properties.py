"""Ten years of every kind of recurrence in every time zone, against an independent reading."""

import calendar
from datetime import UTC, date, datetime, timedelta
from itertools import islice, pairwise, takewhile
from zoneinfo import ZoneInfo, available_timezones

from dateutil.rrule import DAILY, WEEKLY, rrule
from hypothesis import given, settings
from hypothesis import strategies as st

from prestage_plugin.recurrence import Recurrence
from prestage_plugin.states import Repeat

TEN_YEARS = timedelta(days=3653)
COARSE = (Repeat.DAILY, Repeat.WEEKLY, Repeat.MONTHLY, Repeat.YEARLY)

zones = st.sampled_from(sorted(available_timezones()))
# Before 1990 some offsets are not whole minutes, which the oracle's clock cannot show.
starts = st.datetimes(datetime(1990, 1, 1), datetime(2060, 12, 31)).map(  # noqa: DTZ001 - wall clock
    lambda start: start.replace(second=0, microsecond=0)
)
# Where clocks change: the times that rules about daylight saving are about.
night_starts = st.builds(
    lambda start, hour: start.replace(hour=hour), starts, st.sampled_from([0, 1, 2, 3, 22, 23])
)


@st.composite
def recurrences(draw: st.DrawFn, repeats: tuple[Repeat, ...] = COARSE) -> Recurrence:
    repeat = draw(st.sampled_from(repeats))
    weekdays = draw(st.sets(st.integers(0, 6), min_size=1)) if repeat == Repeat.WEEKLY else set()
    return Recurrence(
        repeat=repeat,
        every=draw(st.integers(1, 6)),
        weekdays=tuple(sorted(weekdays)),
        start=draw(starts | night_starts),
        zone=draw(zones),
    )


def ten_years(recurrence: Recurrence) -> list[datetime]:
    begin = recurrence.start.replace(tzinfo=UTC) - timedelta(days=2)
    return list(takewhile(lambda at: at < end_of(recurrence), recurrence.occurrences(begin)))


def end_of(recurrence: Recurrence) -> datetime:
    return recurrence.start.replace(tzinfo=UTC) + TEN_YEARS


def dates_of(recurrence: Recurrence) -> list[date]:
    """The rule's dates by dateutil's and the calendar's reading, for a little over ten years."""
    first = recurrence.start.date()
    end = recurrence.start + TEN_YEARS + timedelta(days=10)
    if recurrence.repeat == Repeat.DAILY:
        days = rrule(DAILY, dtstart=recurrence.start, interval=recurrence.every, until=end)
        return [day.date() for day in days]
    if recurrence.repeat == Repeat.WEEKLY:
        days = rrule(
            WEEKLY,
            dtstart=recurrence.start,
            interval=recurrence.every,
            byweekday=recurrence.weekdays,
            wkst=0,
            until=end,
        )
        return [day.date() for day in days]
    step = recurrence.every * (1 if recurrence.repeat == Repeat.MONTHLY else 12)
    found = []
    for month in range(first.month - 1, first.month + 12 * 11, step):
        year = first.year + month // 12
        longest = calendar.monthrange(year, month % 12 + 1)[1]
        found.append(date(year, month % 12 + 1, min(first.day, longest)))
    return found


def shown(at: datetime, zone: ZoneInfo) -> datetime:
    return at.astimezone(zone).replace(tzinfo=None)


def first_shown(local: datetime, zone: ZoneInfo) -> datetime:
    """When a clock first shows a time, or the first whole minute after it that it does show."""
    while True:
        candidates = [local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)]
        real = [at for at in candidates if shown(at, zone) == local]
        if real:
            return min(real)
        local += timedelta(minutes=1)


@settings(max_examples=150, deadline=None)
@given(recurrences())
def test_ten_years_are_the_dates_of_the_rule_at_its_wall_clock_time(
    recurrence: Recurrence,
) -> None:
    zone = ZoneInfo(recurrence.zone)
    found = ten_years(recurrence)
    assert all(one < next_one for one, next_one in pairwise(found))
    expected = sorted(
        {
            first_shown(datetime.combine(day, recurrence.start.time()), zone)
            for day in dates_of(recurrence)
        }
    )
    assert found == [at for at in expected if at < end_of(recurrence)]


@settings(max_examples=25, deadline=None)
@given(recurrences((Repeat.DAILY,)))
def test_a_daily_job_never_runs_twice_at_its_time_on_one_date(recurrence: Recurrence) -> None:
    zone = ZoneInfo(recurrence.zone)
    times = [shown(at, zone) for at in ten_years(recurrence)]
    on_time = [at.date() for at in times if at.time() == recurrence.start.time()]
    assert len(on_time) == len(set(on_time))
    # The others were skipped by the clock: a few days of ten years.
    assert len(times) - len(on_time) <= 2 * 11


@settings(max_examples=100, deadline=None)
@given(recurrences((Repeat.MINUTES, Repeat.HOURLY)))
def test_minutes_and_hours_never_skip_or_double(recurrence: Recurrence) -> None:
    unit = timedelta(minutes=1) if recurrence.repeat == Repeat.MINUTES else timedelta(hours=1)
    step = unit * recurrence.every
    first = recurrence.preview(1)[0]
    years_later = first + TEN_YEARS
    for begin in (first, years_later):
        stretch = list(islice(recurrence.occurrences(begin), 100))
        assert {two - one for one, two in pairwise(stretch)} == {step}
        assert (stretch[0] - first) % step == timedelta()
        assert timedelta() < stretch[0] - begin <= step


@settings(max_examples=100, deadline=None)
@given(recurrences(tuple(Repeat)), st.integers(1, 40), st.integers(0, 60))
def test_ends_are_kept(recurrence: Recurrence, count: int, days: int) -> None:
    endless = recurrence.preview(100)
    values = recurrence.as_json()
    counted = Recurrence.from_json(values | {"count": count})
    assert counted.preview(100) == endless[:count]

    until = recurrence.start.date() + timedelta(days=days)
    zone = ZoneInfo(recurrence.zone)
    by_then = [at for at in endless if shown(at, zone).date() <= until]
    if by_then:
        bounded = Recurrence.from_json(values | {"until": until.isoformat()})
        found = bounded.preview(100)
        # One more where the last time fell into a gap that ends on the next date.
        assert found in (by_then, endless[: len(by_then) + 1])
        if len(found) > len(by_then):
            assert shown(found[-1], zone).time() < recurrence.start.time()


@settings(max_examples=100, deadline=None)
@given(recurrences(tuple(Repeat)), st.datetimes(datetime(1980, 1, 1), datetime(2080, 1, 1)))  # noqa: DTZ001 - UTC below
def test_next_and_latest_are_neighbours_in_the_occurrences(
    recurrence: Recurrence, now: datetime
) -> None:
    now = now.replace(tzinfo=UTC)
    following = recurrence.occurrence_after(now)
    latest = recurrence.latest_occurrence(now)
    assert following is not None
    assert following.at == next(recurrence.occurrences(now)) == recurrence.next_after(now)
    if latest is None:
        assert following.number == 1
        return
    assert latest.at <= now < following.at
    assert latest.number + 1 == following.number
    assert recurrence.next_after(latest.at) == following.at
    assert recurrence.latest_occurrence(following.at) == following
