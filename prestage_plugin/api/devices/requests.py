"""The bodies that devices take."""

from rest_framework import serializers

from prestage_plugin.api.core.fields import (
    StrictBooleanField,
    StrictCharField,
    StrictIntegerField,
    StrictSerializer,
)
from prestage_plugin.models import RoleException
from prestage_plugin.services.device_job import DeviceRun
from prestage_plugin.states import JobType

__all__ = [
    "MOST_DEVICES",
    "DevicesSerializer",
    "ExceptionRequestSerializer",
    "PrestageRequestSerializer",
]

MOST_DEVICES = 1000
"""Devices that one request names at most."""


class DevicesSerializer(StrictSerializer):
    """Which devices."""

    ids = serializers.ListField(
        child=StrictIntegerField(min_value=1, max_value=2**63 - 1),
        allow_empty=False,
        max_length=MOST_DEVICES,
    )


class PrestageRequestSerializer(StrictSerializer):
    """How the device is prestaged; the body may be left out."""

    job_type = serializers.ChoiceField(
        choices=[(str(each), each.label) for each in (JobType.MANUAL, JobType.DISCOVER_ONLY)],
        default=str(JobType.MANUAL),
        help_text="`manual` assigns what is recommended.",
    )
    dry_run = StrictBooleanField(default=False, help_text="Write nothing about the device.")
    read_all = StrictBooleanField(
        default=False, help_text="Transfer the configuration even when it has not changed."
    )

    def as_run(self) -> DeviceRun:
        """Return what is wanted for the service."""
        values = self.validated_data
        return DeviceRun(
            job_type=JobType(values["job_type"]),
            dry_run=values["dry_run"],
            read_all=values["read_all"],
        )


class ExceptionRequestSerializer(StrictSerializer):
    """An exception to set; it counts at once where the device has been evaluated."""

    kind = serializers.ChoiceField(choices=RoleException.Kind.choices)
    value = StrictCharField(
        default="",
        allow_blank=True,
        max_length=64,
        help_text="Empty for `exclude`, an IPv4 address for `loopback`, else an interface.",
    )
    note = StrictCharField(default="", allow_blank=True, max_length=255, help_text="For people.")
