"""From a clock on the wall to the instant it shows (PEP 495 has the words used here)."""

from bisect import bisect_left
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

__all__ = ["EARLIEST", "NEVER", "first_valid_instant"]

EARLIEST = datetime.min.replace(tzinfo=UTC)
NEVER = datetime(9999, 12, 30, tzinfo=UTC)
"""From here on a clock east of UTC may have no date to show."""


def first_valid_instant(local: datetime, zone: ZoneInfo) -> datetime:
    """Return when a clock in the zone first shows a local time, or jumps over it.

    Args:
        local: Wall-clock time without tzinfo.
        zone: Where the clock hangs.

    Returns:
        In UTC: the first of the two for a time that comes twice, the end of the gap for one that
        is skipped (jobs spec, section 3). Never before `EARLIEST` or after `NEVER`.
    """
    offset = _offset(local, zone, fold=0)
    offset_after = _offset(local, zone, fold=1)
    try:
        if offset >= offset_after:
            return min((local - offset).replace(tzinfo=UTC), NEVER)
        before = (local - offset_after).replace(tzinfo=UTC)
    except OverflowError:
        return EARLIEST if local.year == EARLIEST.year else NEVER
    # The clock was put forward at most the width of the gap after `before`.
    width = int((offset_after - offset).total_seconds())
    seconds = bisect_left(
        range(width),
        1,
        key=lambda passed: (
            (before + timedelta(seconds=passed)).astimezone(zone).utcoffset() != offset
        ),
    )
    return min(before + timedelta(seconds=seconds), NEVER)


def _offset(local: datetime, zone: ZoneInfo, *, fold: int) -> timedelta:
    return zone.utcoffset(local.replace(tzinfo=zone, fold=fold)) or timedelta()
