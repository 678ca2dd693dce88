"""The bodies that jobs take."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from prestage_plugin.api.core.fields import (
    InstantField,
    StrictBooleanField,
    StrictCharField,
    StrictIntegerField,
    StrictSerializer,
)
from prestage_plugin.services.scope import FILTER_KEYS, Scope
from prestage_plugin.services.submit import JobRequest
from prestage_plugin.states import JobType

__all__ = [
    "MOST_IDS",
    "BulkCancelSerializer",
    "JobRequestSerializer",
    "ReassignSerializer",
    "RetrySerializer",
]

MOST_IDS = 200
"""Jobs that one request cancels at most."""

_STARTABLE = (JobType.MANUAL, JobType.DISCOVER_ONLY)
_NAME_LENGTH = 200


@extend_schema_field(
    {
        "type": "object",
        "description": "The entire inventory when it is empty or left out; else named devices, "
        "or a filter whose keys must all match (`name` may hold `*` and `?`).",
        "properties": {
            "kind": {"type": "string", "enum": ["all", "filter", "devices"]},
            "devices": {"type": "array", "items": {"type": "string"}},
            "filter": {
                "type": "object",
                "properties": {key: {"type": "string"} for key in FILTER_KEYS},
                "additionalProperties": False,
            },
        },
        "additionalProperties": False,
    }
)
class ScopeField(serializers.JSONField):
    """Which devices; what is in it is for the service to judge."""

    def to_internal_value(self, data: Any) -> Any:
        """Return the document.

        Raises:
            ValidationError: `invalid`, when it is no object.
        """
        if not isinstance(data, dict):
            raise ValidationError("It must be an object.", code="invalid")
        return data


class JobRequestSerializer(StrictSerializer):
    """What a consumer asks for; what is left out takes the site's value."""

    scope = ScopeField(required=False)
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
    scheduled_for = InstantField(default=None, allow_null=True)

    def as_request(self) -> JobRequest:
        """Return the request for the service.

        Raises:
            Refused: `bad-scope`.
        """
        values: dict[str, Any] = dict(self.validated_data)
        scope = Scope.from_json(values.pop("scope", {}))
        job_type = JobType(values.pop("job_type"))
        return JobRequest(scope=scope, job_type=job_type, **values)


class ReassignSerializer(StrictSerializer):
    """Who shall own the job."""

    user = StrictCharField(max_length=150, help_text="Login of somebody who may start jobs.")


class RetrySerializer(StrictSerializer):
    """Which devices to do again."""

    scope = serializers.ChoiceField(
        choices=[("failed", "The devices that failed"), ("all", "The scope of the job, anew")],
        default="failed",
    )


class BulkCancelSerializer(StrictSerializer):
    """Which jobs to cancel."""

    ids = serializers.ListField(
        child=StrictIntegerField(min_value=1, max_value=2**63 - 1),
        allow_empty=False,
        max_length=MOST_IDS,
    )
