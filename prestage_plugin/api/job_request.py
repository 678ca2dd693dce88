"""The body of `POST jobs/`."""

from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from prestage_plugin.api.fields import (
    ScheduleField,
    StrictBooleanField,
    StrictCharField,
    StrictIntegerField,
)
from prestage_plugin.api.problems import Fault, InvalidRequest
from prestage_plugin.services.scope import Scope
from prestage_plugin.services.submit import JobRequest
from prestage_plugin.states import JobType

__all__ = ["EmptySerializer", "JobRequestSerializer", "read_idempotency_key"]

_STARTABLE = (JobType.MANUAL, JobType.DISCOVER_ONLY)
_NAME_LENGTH = 200
_KEY_LENGTH = 255


class EmptySerializer(serializers.Serializer[Any]):
    """A body that has no keys; others than the known are refused, so that a typo is noticed."""

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


class JobRequestSerializer(EmptySerializer):
    """What a consumer asks for; what is left out takes the site's value."""

    scope = serializers.JSONField(required=False)
    job_type = serializers.ChoiceField(
        choices=[(str(each), each.label) for each in _STARTABLE], default=str(JobType.MANUAL)
    )
    name = StrictCharField(default="", allow_blank=True, max_length=_NAME_LENGTH)
    dry_run = StrictBooleanField(default=False)
    read_all = StrictBooleanField(default=False)
    profile = StrictCharField(default="", allow_blank=True, max_length=32)
    capability_policy = StrictCharField(default="", allow_blank=True, max_length=8)
    failure_threshold = StrictIntegerField(
        default=None, allow_null=True, min_value=0, max_value=100
    )
    scheduled_for = ScheduleField(default=None, allow_null=True)

    def validate_scope(self, value: Any) -> Any:
        """Refuse a scope that is no object; what is in it is for the service to judge."""
        if not isinstance(value, dict):
            raise ValidationError("It must be an object.", code="invalid")
        return value

    def as_request(self) -> JobRequest:
        """Return the request for the service.

        Raises:
            Refused: `bad-scope`.
        """
        values: dict[str, Any] = dict(self.validated_data)
        scope = Scope.from_json(values.pop("scope", {}))
        job_type = JobType(values.pop("job_type"))
        return JobRequest(scope=scope, job_type=job_type, **values)


def read_idempotency_key(header: str | None) -> str:
    """Return the value of the `Idempotency-Key` header, empty when there is none.

    Raises:
        InvalidRequest: `bad-idempotency-key`.
    """
    key = (header or "").strip()
    if len(key) > _KEY_LENGTH or not (key.isascii() and key.isprintable()):
        raise InvalidRequest(
            Fault(
                kind="header",
                name="Idempotency-Key",
                code="bad-idempotency-key",
                detail=f"It must be up to {_KEY_LENGTH} printable ASCII characters.",
            )
        )
    return key
