"""Fields and bodies that take exactly what the documentation says, where DRF would convert."""

import math
from datetime import MAXYEAR, MINYEAR, UTC, datetime
from typing import Any

from django.db import models
from django.utils.dateparse import parse_datetime
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import ISO_8601, serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

__all__ = [
    "InstantField",
    "NothingSerializer",
    "StrictBooleanField",
    "StrictCharField",
    "StrictFloatField",
    "StrictIntegerField",
    "StrictRegexField",
    "StrictSerializer",
    "UtcDateTimeField",
    "UtcModelSerializer",
    "parse_instant",
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


class StrictRegexField(serializers.RegexField, StrictCharField):
    """A text of a certain form, not a number."""


class StrictFloatField(serializers.FloatField):
    """A finite number, not a text that looks like one."""

    def to_internal_value(self, data: Any) -> float:
        """Return the number.

        Raises:
            ValidationError: `invalid`.
        """
        if not isinstance(data, (int, float)) or isinstance(data, bool):
            self.fail("invalid")
        try:
            value = float(data)
        except OverflowError:
            self.fail("invalid")
        if not math.isfinite(value):
            self.fail("invalid")
        return value


@extend_schema_field(OpenApiTypes.DATETIME)
class InstantField(serializers.Field[datetime, str, str, datetime]):
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
        try:
            return parse_instant(data)
        except BadInstant as error:
            self.fail(error.code)


class BadInstant(ValueError):  # noqa: N818 - it is not ours, the caller was wrong
    """It is no time that everybody understands.

    Attributes:
        code: `invalid` or `zone-missing`.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def parse_instant(data: Any) -> datetime:
    """Return a time in UTC.

    Args:
        data: ISO 8601 with a zone.

    Raises:
        BadInstant: It is none.
    """
    try:
        value = parse_datetime(data) if isinstance(data, str) else None
        if value is not None and value.tzinfo is None:
            raise BadInstant("zone-missing")
        value = value.astimezone(UTC) if value is not None else None
    except OverflowError:
        value = None
    except ValueError as error:
        raise error if isinstance(error, BadInstant) else BadInstant("invalid") from None
    # A page must be able to show it in any zone, and east of UTC the year 9999 overflows.
    if value is None or value.year in {MINYEAR, MAXYEAR}:
        raise BadInstant("invalid")
    return value


class UtcDateTimeField(serializers.DateTimeField):
    """A time in UTC whatever the time zone of the site or the user is."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format=ISO_8601, default_timezone=UTC, **kwargs)


class UtcModelSerializer(serializers.ModelSerializer[Any]):
    """A model serializer that writes times in UTC."""

    serializer_field_mapping = serializers.ModelSerializer.serializer_field_mapping | {
        models.DateTimeField: UtcDateTimeField
    }


class StrictSerializer(serializers.Serializer[Any]):
    """A body; keys that are not known are refused, so that a typo is noticed."""

    def to_internal_value(self, data: Any) -> Any:
        """Return the validated values.

        Raises:
            ValidationError: `unknown-field`, or what is wrong with the known ones.
        """
        unknown = set(data) - set(self.fields) if isinstance(data, dict) else set()
        if unknown:
            detail = ErrorDetail("There is no such field.", code="unknown-field")
            raise ValidationError({key: [detail] for key in sorted(unknown)})
        return super().to_internal_value(data)


class NothingSerializer(StrictSerializer):
    """The body of an action that needs to be told nothing; it may be left out."""
