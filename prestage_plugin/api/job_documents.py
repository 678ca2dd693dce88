"""The documents of jobs and of their devices."""

from typing import Any

from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from rest_framework import serializers
from rest_framework.reverse import reverse

from prestage_plugin.api.fields import UtcModelSerializer
from prestage_plugin.models import Job, JobDevice
from prestage_plugin.states import DeviceState

__all__ = ["JobDeviceSerializer", "JobSerializer", "with_running"]


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


class JobSerializer(UtcModelSerializer):
    """A job that came out of `with_running`."""

    job_type_display = serializers.CharField(source="get_job_type_display")
    state_display = serializers.CharField(source="get_state_display")
    cancelling = serializers.BooleanField()
    percent = serializers.IntegerField()
    counts = serializers.SerializerMethodField()
    user = serializers.CharField(source="username")
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
            "links",
        ]
        read_only_fields = fields

    def get_counts(self, job: Job) -> dict[str, int]:
        """Return the number of devices by state."""
        running: int = vars(job)["running"]
        queued = job.total - job.finished - job.cancelled - running
        counted = {name: getattr(job, name) for name in _COUNTED}
        return {"total": job.total, "queued": queued, "running": running} | counted

    def get_recurrence(self, job: Job) -> str | None:
        """Return how often it recurs, in words; None for a job that runs once."""
        return job.recurrence or None

    def get_links(self, job: Job) -> dict[str, str]:
        """Return where to go on from here."""
        names = {"self": "job-detail", "devices": "job-device-list", "cancel": "job-cancel"}
        return {
            relation: _address(name, self.context["request"], pk=job.pk)
            for relation, name in names.items()
        }


class JobDeviceSerializer(UtcModelSerializer):
    """One device of a job."""

    device = serializers.CharField(source="device_name")
    state_display = serializers.CharField(source="get_state_display")
    role_before = serializers.SerializerMethodField()
    recommended_role = serializers.SerializerMethodField()
    assigned_role = serializers.SerializerMethodField()
    error = serializers.SerializerMethodField()

    class Meta:
        model = JobDevice
        fields = [
            "device",
            "state",
            "state_display",
            "role_before",
            "recommended_role",
            "assigned_role",
            "reason",
            "loopback",
            "uni_count",
            "excluded_count",
            "evidence",
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

    def get_error(self, row: JobDevice) -> dict[str, str] | None:
        """Return why the device failed."""
        return {"code": row.error_code, "text": row.error_text} if row.error_code else None


_COUNTED = [*map(str, DeviceState.finished()), str(DeviceState.CANCELLED)]


def _address(name: str, request: Any, **kwargs: Any) -> str:
    return str(
        reverse(f"{request.resolver_match.namespace}:{name}", request=request, kwargs=kwargs)
    )
