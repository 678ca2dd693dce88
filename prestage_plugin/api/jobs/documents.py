"""The documents of jobs and of their devices."""

from typing import Any

from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from prestage_plugin.api.core.fields import UtcModelSerializer
from prestage_plugin.api.core.links import address_of
from prestage_plugin.models import Job, JobDevice, JobTransition
from prestage_plugin.recurrence import recurrence_in_words
from prestage_plugin.states import DeviceState

__all__ = [
    "FindingSerializer",
    "JobDeviceSerializer",
    "JobSerializer",
    "TransitionSerializer",
    "with_running",
]

_COUNTED = [*map(str, DeviceState.finished()), str(DeviceState.CANCELLED)]


def with_running(jobs: QuerySet[Job]) -> QuerySet[Job]:
    """Add `running`, the number of devices in flight, which is no column of a job.

    Args:
        jobs: Any jobs; one statement stays one statement.
    """
    running = (
        JobDevice.objects.filter(job=OuterRef("pk"), state=DeviceState.RUNNING)
        .order_by()
        .values("job")
        .annotate(count=Count("pk"))
        .values("count")
    )
    return jobs.annotate(running=Coalesce(Subquery(running, output_field=IntegerField()), 0))


class CountsSerializer(serializers.Serializer[Any]):
    """Devices of a job by state."""

    total = serializers.IntegerField()
    queued = serializers.IntegerField()
    running = serializers.IntegerField()
    prestaged = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    excluded = serializers.IntegerField()
    absorbed = serializers.IntegerField()
    failed = serializers.IntegerField()
    cancelled = serializers.IntegerField()


class JobLinksSerializer(serializers.Serializer[Any]):
    """Where to go on from a job."""

    self = serializers.URLField()
    devices = serializers.URLField()
    transitions = serializers.URLField()
    cancel = serializers.URLField()


class JobSerializer(UtcModelSerializer):
    """A job: what it does, how far it is, and how it ended."""

    job_type_display = serializers.CharField(source="get_job_type_display")
    state_display = serializers.CharField(source="get_state_display")
    cancelling = serializers.BooleanField(
        help_text="It is being cancelled, and devices are in flight."
    )
    percent = serializers.IntegerField(min_value=0, max_value=100)
    counts = serializers.SerializerMethodField()
    user = serializers.CharField(source="username")
    scope = serializers.JSONField(help_text="Which devices, as in the request.")
    recurrence = serializers.SerializerMethodField()
    links = serializers.SerializerMethodField()

    class Meta:
        model = Job
        fields = [
            "id",
            "name",
            "job_type",
            "job_type_display",
            "state",
            "state_display",
            "cancelling",
            "percent",
            "counts",
            "summary",
            "scope",
            "dry_run",
            "read_all",
            "profile",
            "capability_policy",
            "failure_threshold",
            "user",
            "created_at",
            "scheduled_for",
            "started_at",
            "ended_at",
            "recurrence",
            "schedule",
            "retry_of",
            "links",
        ]
        read_only_fields = fields

    @extend_schema_field(CountsSerializer)
    def get_counts(self, job: Job) -> dict[str, int]:
        """Return the number of devices by state."""
        running: int = vars(job)["running"]
        queued = job.total - job.finished - job.cancelled - running
        counted = {name: getattr(job, name) for name in _COUNTED}
        return {"total": job.total, "queued": queued, "running": running} | counted

    def get_recurrence(self, job: Job) -> str | None:
        """Return how often it recurs, in words; None for a job that runs once."""
        return recurrence_in_words(job.recurrence) or None

    @extend_schema_field(JobLinksSerializer)
    def get_links(self, job: Job) -> dict[str, str]:
        """Return where to go on from here."""
        names = {
            "self": "job-detail",
            "devices": "job-device-list",
            "transitions": "job-transition-list",
            "cancel": "job-cancel",
        }
        return {
            relation: address_of(name, self.context["request"], pk=job.pk)
            for relation, name in names.items()
        }


class DeviceErrorSerializer(serializers.Serializer[Any]):
    """Why a device failed; docs/error-codes.md says what to do."""

    code = serializers.CharField()
    text = serializers.CharField()


class FindingSerializer(UtcModelSerializer):
    """What a job found out about a device."""

    state_display = serializers.CharField(source="get_state_display")
    role_before = serializers.SerializerMethodField()
    recommended_role = serializers.SerializerMethodField()
    assigned_role = serializers.SerializerMethodField()
    error = serializers.SerializerMethodField()

    class Meta:
        model = JobDevice
        fields = [
            "state",
            "state_display",
            "role_before",
            "recommended_role",
            "assigned_role",
            "reason",
            "loopback",
            "uni_count",
            "excluded_count",
            "error",
            "attempt",
            "started_at",
            "ended_at",
        ]
        read_only_fields = fields

    def get_role_before(self, row: JobDevice) -> str | None:
        """Return the role that was assigned when the job started."""
        return row.role_before or None

    def get_recommended_role(self, row: JobDevice) -> str | None:
        """Return the role that the job recommends."""
        return row.role_recommended or None

    def get_assigned_role(self, row: JobDevice) -> str | None:
        """Return the role that is assigned since."""
        return row.role_assigned or None

    @extend_schema_field(DeviceErrorSerializer(allow_null=True))
    def get_error(self, row: JobDevice) -> dict[str, str] | None:
        """Return why the device failed."""
        return {"code": row.error_code, "text": row.error_text} if row.error_code else None


class JobDeviceSerializer(FindingSerializer):
    """One device of a job."""

    device = serializers.CharField(source="device_name")

    class Meta(FindingSerializer.Meta):
        fields = ["device", *FindingSerializer.Meta.fields, "evidence"]
        read_only_fields = fields


class TransitionSerializer(UtcModelSerializer):
    """One change of a job's state, or of its owner when both states are equal."""

    from_state = serializers.SerializerMethodField()
    from_state_display = serializers.SerializerMethodField()
    to_state_display = serializers.CharField(source="get_to_state_display")

    class Meta:
        model = JobTransition
        fields = [
            "id",
            "at",
            "from_state",
            "from_state_display",
            "to_state",
            "to_state_display",
            "actor",
            "reason",
        ]
        read_only_fields = fields

    def get_from_state(self, row: JobTransition) -> str | None:
        """Return the state before, None when the job was new."""
        return row.from_state or None

    def get_from_state_display(self, row: JobTransition) -> str | None:
        """Return the word for the state before."""
        return row.get_from_state_display() or None
