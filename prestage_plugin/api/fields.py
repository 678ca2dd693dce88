"""Fields that take exactly what the documentation says, where DRF's would convert."""

from datetime import MAXYEAR, UTC, datetime
from typing import Any

from django.db import models
from django.utils.dateparse import parse_datetime
from rest_framework import serializers

__all__ = [
    "ScheduleField",
    "StrictBooleanField",
    "StrictCharField",
    "StrictIntegerField",
    "UtcModelSerializer",
]


class StrictBooleanField(serializers.BooleanField):
    """`true` or `false`, not `"yes"` or 1."""

    def to_internal_value(self, data: Any) -> bool:
        """Return the value.

        Raises:
            ValidationError: `invalid`.
        """
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class StrictCharField(serializers.CharField):
    """A text, not a number."""

    def to_internal_value(self, data: Any) -> str:
        """Return the text, trimmed.

        Raises:
            ValidationError: `invalid`.
        """
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class StrictIntegerField(serializers.IntegerField):
    """A whole number, not a text that looks like one."""

    def to_internal_value(self, data: Any) -> int:
        """Return the number.

        Raises:
            ValidationError: `invalid`.
        """
        if not isinstance(data, int) or isinstance(data, bool):
            self.fail("invalid")
        return data


class ScheduleField(serializers.Field[datetime, str, str, datetime]):
    """A time with its zone (ISO 8601), converted to UTC."""

    default_error_messages = {
        "invalid": "It must be a time in ISO 8601, such as 2027-01-31T02:00:00+01:00.",
        "zone-missing": "The time needs a zone, such as Z or +01:00.",
    }

    def to_internal_value(self, data: Any) -> datetime:
        """Return the time in UTC.

        Raises:
            ValidationError: `invalid` or `zone-missing`.
        """
        value = self._parse(data)
        if value is None:
            self.fail("invalid")
        if value.tzinfo is None:
            self.fail("zone-missing")
        try:
            value = value.astimezone(UTC)
        except OverflowError:
            self.fail("invalid")
        # A page must be able to show it in any zone, and east of UTC the year 9999 overflows.
        if value.year == MAXYEAR:
            self.fail("invalid")
        return value

    def _parse(self, data: Any) -> datetime | None:
        if not isinstance(data, str):
            return None
        try:
            return parse_datetime(data)
        except (ValueError, OverflowError):
            return None


class _UtcDateTimeField(serializers.DateTimeField):
    """A time in UTC whatever the time zone of the site or the user is."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(default_timezone=UTC, **kwargs)


class UtcModelSerializer(serializers.ModelSerializer[Any]):
    """A model serializer that writes times in UTC."""

    serializer_field_mapping = serializers.ModelSerializer.serializer_field_mapping | {
        models.DateTimeField: _UtcDateTimeField
    }
