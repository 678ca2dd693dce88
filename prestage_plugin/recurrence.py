"""When a recurring job runs: rules, their occurrences and their words (jobs spec, section 3).

Occurrences are numbered from 1 in the order of the rule, and each can be computed from its number
alone, so that finding the next one takes the same time in the first year as in the thousandth.

Minutes and hours are elapsed time: they are counted in UTC from the start, and the change to or
from daylight saving time neither skips nor doubles one. Everything coarser keeps its wall-clock
time: a local time that the clock skips becomes the first instant after the gap, one that comes
twice is the first of the two.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from itertools import islice
from typing import Any, TypeVar
from zoneinfo import ZoneInfo, available_timezones

from dateutil.relativedelta import relativedelta

from prestage_plugin.errors import Refused
from prestage_plugin.recurrence_words import describe_recurrence
from prestage_plugin.states import Repeat
from prestage_plugin.wall_clock import EARLIEST, NEVER, first_valid_instant

__all__ = ["WEEKDAYS", "Occurrence", "Recurrence", "recurrence_in_words"]

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
"""Names of the weekdays in documents, in the order of `datetime.weekday`."""

_MOST_EVERY = 10_000
_MOST_COUNT = 1_000_000
_KEYS = ("repeat", "every", "weekdays", "start", "zone", "until", "count")
_ELAPSED = {Repeat.MINUTES: timedelta(minutes=1), Repeat.HOURLY: timedelta(hours=1)}

_EXAMPLES = {"start": "2026-11-23T02:00", "until": "2027-01-31"}

_PLACES = 2**33
"""More minutes than the calendar has: an upper bound for the number of any occurrence."""


_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One run of a recurrence.

    Attributes:
        number: Place in the rule, from 1; runs that were missed or skipped have theirs too. Of
            two that fall on one instant, for want of a whole local day, it is the later one's.
        at: When, in UTC.
    """

    number: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Recurrence:
    """A rule for fire times.

    Without `until` and `count` it never ends.

    Attributes:
        repeat: The unit.
        every: Number of units from one occurrence (or week of occurrences) to the next.
        weekdays: For weekly only: Monday is 0. Weeks are counted from the week of the start, and
            begin on Monday.
        start: First possible wall-clock time in the zone, without tzinfo, on a whole minute. Its
            day is the day of monthly and yearly ones; in shorter months their last day.
        zone: IANA name of a time zone.
        until: Last local date on which it may occur.
        count: Number of the last occurrence.

    Raises:
        Refused: `bad-recurrence`, saying what is wrong.
    """

    repeat: Repeat
    start: datetime
    zone: str
    every: int = 1
    weekdays: tuple[int, ...] = ()
    until: date | None = None
    count: int | None = None

    def __post_init__(self) -> None:
        _check(self)

    @classmethod
    def from_json(cls, document: Any) -> "Recurrence":
        """Read the form that `as_json` writes and that the API accepts.

        Raises:
            Refused: `bad-recurrence`, naming what is wrong.
        """
        if not isinstance(document, dict):
            raise _bad("A recurrence is an object.")
        unknown = sorted(str(key) for key in set(document) - set(_KEYS))
        if unknown:
            raise _bad(f"A recurrence has no {', '.join(unknown)}; it has {', '.join(_KEYS)}.")
        until = document.get("until")
        return cls(
            repeat=_repeat(document.get("repeat")),
            every=document.get("every", 1),
            weekdays=_weekday_numbers(document.get("weekdays")),
            start=_parsed("start", document.get("start"), datetime.fromisoformat),
            zone=document.get("zone", ""),
            until=None if until is None else _parsed("until", until, date.fromisoformat),
            count=document.get("count"),
        )

    def as_json(self) -> dict[str, Any]:
        """Return a document for the database and the API."""
        return {
            "repeat": str(self.repeat),
            "every": self.every,
            "weekdays": [WEEKDAYS[number] for number in self.weekdays],
            "start": self.start.isoformat(timespec="minutes"),
            "zone": self.zone,
            "until": self.until.isoformat() if self.until else None,
            "count": self.count,
        }

    def sentence(self) -> str:
        """Return e.g. `Every 2 weeks on Mon, Wed at 02:00 Europe/Berlin until 2027-01-31`.

        It is in the language that is active.
        """
        return describe_recurrence(
            repeat=self.repeat,
            every=self.every,
            weekdays=self.weekdays,
            start=self.start,
            zone=self.zone,
            until=self.until,
            count=self.count,
        )

    def occurrence_after(self, after: datetime) -> Occurrence | None:
        """Return the first occurrence later than an aware time; None when there is none."""
        following = self._at_place(self._places_until(after))
        return self.latest_occurrence(following.at) if following else None

    def latest_occurrence(self, now: datetime) -> Occurrence | None:
        """Return the last occurrence that is not later than an aware time."""
        places = self._places_until(now)
        return self._at_place(places - 1) if places else None

    def next_after(self, after: datetime) -> datetime | None:
        """Return the first fire time later than an aware time, in UTC; None when none is left."""
        occurrence = self.occurrence_after(after)
        return occurrence.at if occurrence else None

    def occurrences(self, after: datetime) -> Iterator[datetime]:
        """Yield the fire times later than an aware time, in UTC, each later than the one before."""
        for place in range(self._places_until(after), self._places()):
            at = self._instant(place)
            if at == NEVER:
                return
            # A date that the zone skipped altogether: its midnight is that of the next date.
            if at > after:
                yield at
                after = at

    def preview(self, count: int = 5, *, after: datetime = EARLIEST) -> list[datetime]:
        """Return the next fire times, in UTC: from the start on, or those later than `after`."""
        return list(islice(self.occurrences(after), count))

    def _places(self) -> int:
        return self.count or _PLACES

    def _places_until(self, now: datetime) -> int:
        moment = min(now, NEVER - timedelta.resolution)
        return bisect_right(range(self._places()), moment, key=self._instant)

    def _at_place(self, place: int) -> Occurrence | None:
        if place >= self._places() or (at := self._instant(place)) == NEVER:
            return None
        return Occurrence(number=place + 1, at=at)

    def _instant(self, place: int) -> datetime:
        """Return when the occurrence at a place (from 0) is; `NEVER` beyond the last one."""
        zone = ZoneInfo(self.zone)
        try:
            if self.repeat in _ELAPSED:
                step = _ELAPSED[self.repeat] * (self.every * place)
                at = first_valid_instant(self.start, zone) + step
                return at if at < self._end(zone) else NEVER
            local = self._wall_clock(place)
        except (OverflowError, ValueError):
            return NEVER
        if self.until is not None and local.date() > self.until:
            return NEVER
        return first_valid_instant(local, zone)

    def _wall_clock(self, place: int) -> datetime:
        """Return the local time of an occurrence.

        Raises:
            OverflowError: It is beyond the calendar.
            ValueError: Likewise.
        """
        if self.repeat == Repeat.DAILY:
            return self.start + timedelta(days=self.every * place)
        if self.repeat == Repeat.WEEKLY:
            today = self.start.weekday()
            passed = sum(day < today for day in self.weekdays)
            week, day = divmod(place + passed, len(self.weekdays))
            days = 7 * self.every * week + self.weekdays[day] - today
            return self.start + timedelta(days=days)
        months = 1 if self.repeat == Repeat.MONTHLY else 12
        # From the start each time, never from the one before: after February the 31st comes back.
        return self.start + relativedelta(months=months * self.every * place)

    def _end(self, zone: ZoneInfo) -> datetime:
        """Return the instant from which on elapsed time is past `until`."""
        if self.until is None or self.until == date.max:
            return NEVER
        midnight = datetime.combine(self.until + timedelta(days=1), time())
        return first_valid_instant(midnight, zone)


def recurrence_in_words(document: Any) -> str:
    """Return the sentence of a rule that was stored, in the language that is active.

    Args:
        document: As `Recurrence.as_json` wrote it; None for a job that runs once.

    Returns:
        Empty for None, and for a rule that this host cannot read, say for want of its zone.
    """
    try:
        return Recurrence.from_json(document).sentence() if document else ""
    except Refused:
        return ""


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _bad(text: str) -> Refused:
    return Refused("bad-recurrence", text)


def _check(rule: Recurrence) -> None:
    if not _is_number(rule.every, _MOST_EVERY):
        raise _bad(f"Every: give a whole number from 1 to {_MOST_EVERY}.")
    if rule.count is not None and not _is_number(rule.count, _MOST_COUNT):
        raise _bad(f"Ends after: give a whole number from 1 to {_MOST_COUNT}.")
    if rule.until is not None and rule.count is not None:
        raise _bad("A recurrence ends on a date or after a number of runs, not both.")
    if not isinstance(rule.zone, str) or rule.zone not in _zones():
        raise _bad(f"There is no time zone {rule.zone!r}; give an IANA name like Europe/Berlin.")
    if rule.start.tzinfo is not None:
        raise _bad("The start is a local time: give it without an offset, and the zone beside it.")
    if rule.start.second or rule.start.microsecond:
        raise _bad("The start must be on a whole minute.")
    _check_weekdays(rule)
    if rule.until is not None and rule.until < rule.start.date():
        raise _bad("The recurrence ends before it starts.")
    if rule.preview(1) == []:
        raise _bad("The recurrence never occurs: it ends before its first time.")


def _check_weekdays(rule: Recurrence) -> None:
    if rule.repeat != Repeat.WEEKLY:
        if rule.weekdays:
            raise _bad("Only a weekly recurrence has weekdays.")
        return
    if not rule.weekdays:
        raise _bad("A weekly recurrence needs at least one weekday.")
    if list(rule.weekdays) != sorted(set(rule.weekdays) & set(range(len(WEEKDAYS)))):
        raise _bad("Weekdays are numbers from 0 (Monday) to 6, each once, in ascending order.")


def _is_number(value: object, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= most


def _repeat(value: Any) -> Repeat:
    if value not in Repeat.values:
        raise _bad(f"Repeat is one of {', '.join(Repeat.values)}.")
    return Repeat(value)


def _weekday_numbers(value: Any) -> tuple[int, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or not all(day in WEEKDAYS for day in value):
        raise _bad(f"Weekdays is a list of {', '.join(WEEKDAYS)}.")
    return tuple(sorted({WEEKDAYS.index(day) for day in value}))


def _parsed(name: str, value: Any, parse: Callable[[str], _T]) -> _T:
    try:
        return parse(value)
    except (TypeError, ValueError) as error:
        raise _bad(f"The recurrence's {name} must be like {_EXAMPLES[name]}.") from error
