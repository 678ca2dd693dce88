"""The bodies that schedules take."""

from dataclasses import replace
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from prestage_plugin.api.core.fields import StrictIntegerField, StrictSerializer
from prestage_plugin.api.jobs.requests import JobRequestSerializer
from prestage_plugin.recurrence import WEEKDAYS, Recurrence
from prestage_plugin.services.scope import Scope
from prestage_plugin.services.submit import JobRequest
from prestage_plugin.states import JobType, Repeat

__all__ = [
    "MOST_TIMES",
    "RECURRENCE_SCHEMA",
    "TIMES_OF_PREVIEW",
    "PreviewRequestSerializer",
    "ScheduleCancelSerializer",
    "ScheduleRequestSerializer",
]

MOST_TIMES = 100
"""Times of a preview, at most."""

TIMES_OF_PREVIEW = 5
"""Times of a preview when nothing is said."""

RECURRENCE_SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "Wall-clock times of a zone: every so many units from `start` on, for ever, "
    "until a date or for a number of runs.",
    "required": ["repeat", "start", "zone"],
    "properties": {
        "repeat": {"type": "string", "enum": list(Repeat.values)},
        "every": {"type": "integer", "minimum": 1, "maximum": 10_000, "default": 1},
        "weekdays": {
            "type": ["array", "null"],
            "items": {"type": "string", "enum": list(WEEKDAYS)},
            "description": "Of a weekly recurrence, which needs one at least.",
        },
        "start": {
            "type": "string",
            "description": "First possible local time, on a whole minute and without an offset.",
            "examples": ["2026-11-23T02:00"],
        },
        "zone": {"type": "string", "description": "IANA name.", "examples": ["Europe/Berlin"]},
        "until": {"type": ["string", "null"], "description": "Last local date on which it runs."},
        "count": {
            "type": ["integer", "null"],
            "minimum": 1,
            "maximum": 1_000_000,
            "description": "Number of runs; instead of `until`.",
        },
    },
    "additionalProperties": False,
}


@extend_schema_field(RECURRENCE_SCHEMA)
class RecurrenceField(serializers.Field[Recurrence, dict[str, Any], Any, Any]):
    """When; what is in it is for `Recurrence` to judge."""

    def to_internal_value(self, data: Any) -> Recurrence:
        """Return the recurrence.

        Raises:
            ValidationError: `invalid`, when it is no object.
            Refused: `bad-recurrence`.
        """
        if not isinstance(data, dict):
            raise ValidationError("It must be an object.", code="invalid")
        return Recurrence.from_json(data)


class ScheduleRequestSerializer(JobRequestSerializer):
    """What each job of the series does, and when; what is left out takes the site's value."""

    recurrence = RecurrenceField()
    scheduled_for = None  # type: ignore[assignment]

    def recurrence_or(self, present: Recurrence | None = None) -> Recurrence:
        """Return the recurrence of the body, else the present one."""
        found: Recurrence = self.validated_data.get("recurrence", present)
        return found

    def as_request(self) -> JobRequest:
        """Return the request for the service.

        Raises:
            Refused: `bad-scope`.
        """
        return self.changed(JobRequest())

    def changed(self, present: JobRequest) -> JobRequest:
        """Return a request with what the body says replaced.

        Raises:
            Refused: `bad-scope`.
        """
        values = {
            name: value for name, value in self.validated_data.items() if name != "recurrence"
        }
        if "scope" in values:
            values["scope"] = Scope.from_json(values["scope"])
        if "job_type" in values:
            values["job_type"] = JobType(values["job_type"])
        return replace(present, **values)


class PreviewRequestSerializer(StrictSerializer):
    """A recurrence that need not be that of a schedule."""

    recurrence = RecurrenceField()
    count = StrictIntegerField(
        default=TIMES_OF_PREVIEW, min_value=1, max_value=MOST_TIMES, help_text="Number of times."
    )


class ScheduleCancelSerializer(StrictSerializer):
    """What to cancel."""

    which = serializers.ChoiceField(
        choices=[("series", "The series with its next job"), ("next", "The next job alone")],
        default="series",
    )
