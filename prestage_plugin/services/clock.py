"""The clock that all hosts share: the database's."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone

__all__ = ["ClockReading", "database_now"]

_ROUNDING = timedelta(milliseconds=1)
"""SQLite's clock shows milliseconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockReading:
    """What the database's clock said, and when the answer was here.

    Attributes:
        database_time: The database's time, aware.
        answered_at: Monotonic seconds of this process when the answer had arrived.
    """

    database_time: datetime
    answered_at: float

    def at(self, moment: float) -> datetime:
        """Return the database's time at another moment of this process, never later than it was.

        Args:
            moment: Monotonic seconds.
        """
        return self.database_time + timedelta(seconds=moment - self.answered_at) - _ROUNDING


def database_now() -> datetime:
    """Return the time by the database's clock, aware.

    Hosts whose own clocks differ must agree on when a job is due. SQLite has no clock but its
    host's, and no other host.
    """
    if connection.vendor != "postgresql":
        return timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement_timestamp()")
        moment: datetime = cursor.fetchone()[0]
    return moment
