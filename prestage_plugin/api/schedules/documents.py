"""The documents of schedules."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from prestage_plugin.api.core.fields import UtcDateTimeField, UtcModelSerializer
from prestage_plugin.api.core.links import address_of
from prestage_plugin.api.schedules.requests import RECURRENCE_SCHEMA
from prestage_plugin.errors import Refused
from prestage_plugin.models import Schedule
from prestage_plugin.recurrence import Recurrence

__all__ = ["PreviewSerializer", "ScheduleSerializer"]


class ScheduleLinksSerializer(serializers.Serializer[Any]):
    """Where to go on from a schedule."""

    self = serializers.URLField()
    jobs = serializers.URLField()
    preview = serializers.URLField()
    cancel = serializers.URLField()


class ScheduleSerializer(UtcModelSerializer):
    """A series of jobs."""

    state_display = serializers.CharField(source="get_state_display")
    job_type_display = serializers.CharField(source="get_job_type_display")
    recurrence = serializers.SerializerMethodField()
    recurrence_display = serializers.SerializerMethodField(
        help_text="The recurrence in words; empty when its time zone does not exist any more."
    )
    scope = serializers.JSONField(help_text="Which devices, as in the request.")
    user = serializers.CharField(source="username")
    links = serializers.SerializerMethodField()

    class Meta:
        model = Schedule
        fields = [
            "id",
            "name",
            "state",
            "state_display",
            "recurrence",
            "recurrence_display",
            "next_at",
            "occurrences",
            "job_type",
            "job_type_display",
            "scope",
            "dry_run",
            "read_all",
            "profile",
            "capability_policy",
            "failure_threshold",
            "user",
            "created_at",
            "links",
        ]
        read_only_fields = fields

    @extend_schema_field(RECURRENCE_SCHEMA)
    def get_recurrence(self, schedule: Schedule) -> Any:
        """Return the rule, as in the request."""
        return schedule.recurrence

    def get_recurrence_display(self, schedule: Schedule) -> str:
        """Return the rule in words."""
        try:
            return Recurrence.from_json(schedule.recurrence).sentence()
        except Refused:
            return ""

    @extend_schema_field(ScheduleLinksSerializer)
    def get_links(self, schedule: Schedule) -> dict[str, str]:
        """Return where to go on from here."""
        request = self.context["request"]
        names = {"self": "detail", "preview": "preview", "cancel": "cancel"}
        links = {
            relation: address_of(f"schedule-{name}", request, pk=schedule.pk)
            for relation, name in names.items()
        }
        return links | {"jobs": f"{address_of('job-list', request)}?schedule={schedule.pk}"}


class PreviewSerializer(serializers.Serializer[Any]):
    """When a recurrence occurs next."""

    recurrence_display = serializers.CharField(help_text="The recurrence in words.")
    times = serializers.ListField(
        child=UtcDateTimeField(), help_text="In the order of time; fewer when it ends before."
    )
