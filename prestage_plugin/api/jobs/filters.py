"""What lists of jobs can be filtered by."""

from django.db.models import Exists, OuterRef, QuerySet
from django_filters import rest_framework as filters

from nornir_tasks.errors import ErrorCode
from prestage_plugin.api.core.filtering import (
    AnyOf,
    InstantFilter,
    NumberIs,
    TextFilter,
    TruthFilter,
)
from prestage_plugin.models import Job, JobDevice
from prestage_plugin.states import DeviceState, JobState, JobType

__all__ = ["JobDeviceFilters", "JobFilters"]


class JobFilters(filters.FilterSet):
    """Filters of `jobs/`; all that are given must match."""

    state = AnyOf(choices=JobState.choices, help_text="One of these states.")
    job_type = AnyOf(choices=JobType.choices, help_text="One of these types.")
    user = TextFilter(field_name="username", help_text="Login of the owner.")
    name = TextFilter(lookup_expr="icontains", help_text="A part of the name, in any case.")
    device = TextFilter(method="with_device", help_text="Name of a device that is in the job.")
    dry_run = TruthFilter(help_text="Whether it writes nothing about devices.")
    schedule = NumberIs(field_name="schedule_id", help_text="Id of the schedule.")
    retry_of = NumberIs(field_name="retry_of_id", help_text="Id of the job that was retried.")
    scheduled_after = InstantFilter(
        field_name="scheduled_for", lookup_expr="gte", help_text="Scheduled then or later."
    )
    scheduled_before = InstantFilter(
        field_name="scheduled_for", lookup_expr="lt", help_text="Scheduled earlier."
    )

    class Meta:
        model = Job
        fields: list[str] = []

    def with_device(self, jobs: QuerySet[Job], _name: str, value: str) -> QuerySet[Job]:
        """Keep the jobs that have a row of the device."""
        return jobs.filter(Exists(JobDevice.objects.filter(job=OuterRef("pk"), device_name=value)))


class JobDeviceFilters(filters.FilterSet):
    """Filters of `jobs/ID/devices/`."""

    state = AnyOf(choices=DeviceState.choices, help_text="One of these states.")
    error_code = AnyOf(
        choices=[(str(code), str(code)) for code in ErrorCode], help_text="One of these codes."
    )
    name = TextFilter(
        field_name="device_name", lookup_expr="icontains", help_text="A part of the name."
    )

    class Meta:
        model = JobDevice
        fields: list[str] = []
