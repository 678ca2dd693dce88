"""`GET health/` for consumers of the API; probes use the address beside the API."""

from http import HTTPStatus
from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from prestage_plugin.api.core.view import PrestageView
from prestage_plugin.api.schema.inspection import describe
from prestage_plugin.services.health import HealthStatus, health

__all__ = ["HealthView"]

_CHECKS = {
    "type": "object",
    "description": "What was looked at, by name; for those who may view jobs.",
    "additionalProperties": {
        "type": "object",
        "required": ["status", "text"],
        "properties": {
            "status": {"type": "string", "enum": [str(each) for each in HealthStatus]},
            "text": {"type": "string", "description": "When it is not well, what to do."},
        },
        "additionalProperties": {"description": "Numbers; ages are in seconds."},
    },
}
_HEALTHY = OpenApiExample(
    "All is well",
    value={
        "status": "ok",
        "checks": {
            "database": {"status": "ok", "text": "The database answers."},
            "waiting-work": {
                "status": "ok",
                "text": "No work waits for a worker.",
                "oldest_queued_seconds": None,
            },
        },
    },
    response_only=True,
)


@extend_schema_field(_CHECKS)
class _ChecksField(serializers.DictField):
    pass


class HealthSerializer(serializers.Serializer[Any]):
    """How the site is: `degraded` means that somebody should look, `down` that nothing works."""

    status = serializers.ChoiceField(choices=[str(each) for each in HealthStatus])
    checks = _ChecksField(required=False)


class HealthView(PrestageView):
    """The state of database, broker, workers, clock and what waits for them."""

    @describe(
        operation_id="read_health",
        summary="Read how the site is",
        responses={200: HealthSerializer, 503: HealthSerializer},
        examples=[_HEALTHY],
    )
    def get(self, request: Request) -> Response:
        """200 when it is ok or degraded, 503 when it is down."""
        found = health()
        document: dict[str, Any] = {"status": str(found.status)}
        if request.user.has_perm("prestage.view_job"):
            document = found.as_dict()
        down = found.status is HealthStatus.DOWN
        status = HTTPStatus.SERVICE_UNAVAILABLE if down else HTTPStatus.OK
        return Response(document, status=status)
