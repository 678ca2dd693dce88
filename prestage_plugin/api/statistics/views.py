"""`GET statistics/`: numbers for dashboards, for a handful of queries."""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from nornir_tasks.errors import REGISTRY, ErrorCode
from prestage_plugin.api.core.actor import user_of
from prestage_plugin.api.core.fields import BadInstant, UtcDateTimeField, parse_instant
from prestage_plugin.api.core.permissions import InScope, MayViewDevices
from prestage_plugin.api.core.problems import invalid_parameter
from prestage_plugin.api.core.view import PrestageView
from prestage_plugin.api.schema.inspection import describe
from prestage_plugin.services.statistics import (
    DeviceCounts,
    count_devices,
    count_failures,
    count_jobs,
    count_running,
    count_senders,
)
from prestage_plugin.states import JobState

__all__ = ["StatisticsView"]

_USUAL = timedelta(days=1)
_LONGEST = timedelta(days=92)
_COUNTS = {"type": "object", "additionalProperties": {"type": "integer"}}


class StateCountSerializer(serializers.Serializer[Any]):
    """How many jobs are in a state."""

    state = serializers.ChoiceField(choices=JobState.choices)
    state_display = serializers.CharField()
    count = serializers.IntegerField()


class FailureCountSerializer(serializers.Serializer[Any]):
    """How often devices failed for one reason."""

    code = serializers.CharField(help_text="Error code.")
    meaning = serializers.CharField(help_text="One sentence.")
    count = serializers.IntegerField()


@extend_schema_field(_COUNTS)
class _CountsField(serializers.DictField):
    pass


class DeviceCountsSerializer(serializers.Serializer[Any]):
    """Devices and logical systems of the inventory."""

    total = serializers.IntegerField()
    recommended = _CountsField(help_text="By recommended role; `none` for never evaluated.")
    assigned = _CountsField(help_text="By assigned role, or `none`.")
    unassigned = _CountsField(
        help_text="Without an assigned role, by recommended role: the discovery status."
    )
    unconfirmed = serializers.IntegerField(help_text="Recommendations to be confirmed.")
    drifted = serializers.IntegerField()


class SenderCountsSerializer(serializers.Serializer[Any]):
    """Senders whose events fit no device."""

    senders = serializers.IntegerField()
    events = serializers.IntegerField()


class RunningCountsSerializer(serializers.Serializer[Any]):
    """Processes that showed a sign of life not long ago."""

    workers = serializers.IntegerField()
    draining = serializers.IntegerField(help_text="Of the workers: they are being stopped.")
    listeners = serializers.IntegerField()


class StatisticsSerializer(serializers.Serializer[Any]):
    """Numbers; what one may not see is null."""

    since = UtcDateTimeField()
    until = UtcDateTimeField()
    jobs = StateCountSerializer(
        many=True, help_text="That one may see: scheduled for that time, or active now."
    )
    failures = FailureCountSerializer(
        many=True, help_text="Of devices in jobs that were scheduled for that time."
    )
    devices = DeviceCountsSerializer()
    unknown_senders = SenderCountsSerializer(allow_null=True)
    running = RunningCountsSerializer(allow_null=True)


STATISTICS = OpenApiExample(
    "A day with one router that does not answer",
    value={
        "since": "2027-01-29T12:00:00Z",
        "until": "2027-01-30T12:00:00Z",
        "jobs": [
            {"state": "in-progress", "state_display": "In progress", "count": 1},
            {"state": "success", "state_display": "Success", "count": 12},
        ],
        "failures": [
            {
                "code": "unreachable",
                "meaning": REGISTRY[ErrorCode.UNREACHABLE].meaning,
                "count": 1,
            }
        ],
        "devices": {
            "total": 100,
            "recommended": {"none": 0, "N-PE": 60, "P": 38, "UNKNOWN": 2},
            "assigned": {"none": 3, "N-PE": 59, "P": 38},
            "unassigned": {"none": 0, "N-PE": 1, "P": 0, "UNKNOWN": 2},
            "unconfirmed": 3,
            "drifted": 1,
        },
        "unknown_senders": {"senders": 1, "events": 12},
        "running": {"workers": 2, "draining": 0, "listeners": 1},
    },
    response_only=True,
)


class StatisticsView(PrestageView):
    """Numbers about jobs, devices and failures."""

    permission_classes = [InScope, MayViewDevices]
    parameters = ("since", "until")

    @describe(
        operation_id="read_statistics",
        summary="Read numbers about jobs and devices",
        parameters=[
            OpenApiParameter(
                "since", OpenApiTypes.DATETIME, description="A day before `until` without it."
            ),
            OpenApiParameter(
                "until", OpenApiTypes.DATETIME, description="Now without it; 92 days at most."
            ),
        ],
        responses=StatisticsSerializer,
        examples=[STATISTICS],
    )
    def get(self, request: Request) -> Response:
        """Jobs by state, devices by role, failures by error code, drift, and what runs."""
        user = user_of(request)
        since, until = _times(request)
        jobs = count_jobs(user=user, since=since, until=until)
        failures = count_failures(user=user, since=since, until=until)
        document = {
            "since": since,
            "until": until,
            "jobs": [
                {"state": state, "state_display": JobState(state).label, "count": count}
                for state, count in jobs.items()
            ],
            "failures": [
                {"code": code, "meaning": _meaning(code), "count": count}
                for code, count in failures.items()
            ],
            "devices": _named(count_devices()),
            "unknown_senders": _allowed(request, "view_unknownsender", count_senders),
            "running": _allowed(request, "view_job", count_running),
        }
        return Response(StatisticsSerializer(document).data)


def _times(request: Request) -> tuple[datetime, datetime]:
    until = _time(request, "until") or timezone.now()
    since = _time(request, "since") or until - _USUAL
    if not since <= until <= since + _LONGEST:
        raise invalid_parameter(
            "since", f"It must be at most {_LONGEST.days} days before `until`, and not after it."
        )
    return since, until


def _time(request: Request, name: str) -> datetime | None:
    given = request.query_params.get(name)
    if given is None:
        return None
    try:
        return parse_instant(given)
    except BadInstant as error:
        text = "It must be a time with its zone, such as 2027-01-31T02:00:00Z."
        raise invalid_parameter(name, text, code=error.code) from None


def _meaning(code: str) -> str:
    known = code in list(ErrorCode)
    return REGISTRY[ErrorCode(code)].meaning if known else ""


def _named(counts: DeviceCounts) -> dict[str, Any]:
    """Call what has no role `none`: a key that is empty is easily overlooked."""
    by_role = {
        "recommended": counts.recommended,
        "assigned": counts.assigned,
        "unassigned": counts.unassigned,
    }
    return {
        "total": counts.total,
        **{
            name: {role or "none": count for role, count in each.items()}
            for name, each in by_role.items()
        },
        "unconfirmed": counts.unconfirmed,
        "drifted": counts.drifted,
    }


def _allowed(request: Request, codename: str, count: Any) -> dict[str, Any] | None:
    if not user_of(request).has_perm(f"prestage.{codename}"):
        return None
    return asdict(count())
