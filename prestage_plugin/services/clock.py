"""The clock that all hosts share: the database's."""

from datetime import datetime

from django.db import connection
from django.utils import timezone

__all__ = ["database_now"]


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
