"""What users prefer to see: hidden columns and their time zone."""

from collections.abc import Collection
from functools import cache
from zoneinfo import available_timezones

from django.contrib.auth.models import User
from django.db import transaction

from prestage_plugin.errors import Refused
from prestage_plugin.models import UserPreferences

__all__ = ["choose_time_zone", "hide_columns", "known_zones", "preferences_of"]


@cache
def known_zones() -> frozenset[str]:
    """Return the IANA names of the time zones, without short names and a host's own."""
    return frozenset(name for name in available_timezones() if "/" in name or name == "UTC")


def preferences_of(user: User) -> UserPreferences:
    """Return what a user prefers; the defaults when that was never said."""
    return UserPreferences.objects.filter(user=user).first() or UserPreferences(user=user)


def hide_columns(*, user: User, page: str, columns: Collection[str]) -> None:
    """Remember which columns of a list a user does not want to see.

    Args:
        user: Who.
        page: Name of the list.
        columns: Names of the columns; all others are shown.
    """
    with transaction.atomic():
        row, _created = UserPreferences.objects.select_for_update().get_or_create(user=user)
        row.hidden_columns[page] = sorted(columns)
        row.save(update_fields=["hidden_columns"])


def choose_time_zone(*, user: User, zone: str) -> None:
    """Remember in which zone a user reads times.

    Args:
        user: Who.
        zone: IANA name; empty for the zone of whichever browser it is.

    Raises:
        Refused: `unknown-zone`.
    """
    if zone and zone not in known_zones():
        raise Refused(
            "unknown-zone", f"There is no time zone {zone!r}; give an IANA name like Europe/Berlin."
        )
    UserPreferences.objects.update_or_create(user=user, defaults={"time_zone": zone})
