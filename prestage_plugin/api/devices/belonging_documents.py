"""The documents of what belongs to a device."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from nornir_tasks.evaluation import complete_document
from prestage_plugin.api.core.fields import UtcDateTimeField, UtcModelSerializer
from prestage_plugin.api.core.links import address_of
from prestage_plugin.api.devices.documents import word_of
from prestage_plugin.api.jobs.documents import FindingSerializer
from prestage_plugin.api.rules.verdicts import JudgementSerializer
from prestage_plugin.models import DeviceEvaluation, JobDevice, RoleChange
from prestage_plugin.states import JobState

__all__ = [
    "DeviceJobSerializer",
    "EvidenceSerializer",
    "RoleChangeSerializer",
]


class EvidenceLinksSerializer(serializers.Serializer[Any]):
    """Where to go on from the evidence."""

    self = serializers.URLField()
    device = serializers.URLField()
    interfaces = serializers.URLField()


class EvidenceSerializer(JudgementSerializer):
    """Why a device got its role, as of its last evaluation."""

    id = serializers.IntegerField(help_text="Of the device.")
    evaluated_at = UtcDateTimeField(allow_null=True)
    uni_count = serializers.IntegerField(help_text="Interfaces recommended as UNI.")
    excluded_count = serializers.IntegerField(help_text="The other interfaces.")
    links = EvidenceLinksSerializer()

    def to_representation(self, evaluation: DeviceEvaluation) -> dict[str, Any]:
        """Return the stored result with what the device's row adds."""
        device, request = evaluation.device, self.context["request"]
        own = address_of("device-detail", request, pk=device.pk)
        added = {
            "id": device.pk,
            "evaluated_at": device.evaluated_at,
            "uni_count": device.uni_count,
            "excluded_count": device.excluded_count,
            "links": {
                "self": f"{own}evidence/",
                "device": own,
                "interfaces": f"{own}interfaces/",
            },
        }
        return super().to_representation(complete_document(evaluation.result) | added)


class RoleChangeSerializer(UtcModelSerializer):
    """One change of a device's recommended or assigned role."""

    kind_display = serializers.CharField(source="get_kind_display")
    role_before = serializers.SerializerMethodField()
    role_before_display = serializers.SerializerMethodField()
    role_after = serializers.SerializerMethodField()
    role_after_display = serializers.SerializerMethodField()
    job = serializers.IntegerField(
        source="job_id", allow_null=True, help_text="Id of the job that changed it."
    )

    class Meta:
        model = RoleChange
        fields = [
            "id",
            "at",
            "kind",
            "kind_display",
            "role_before",
            "role_before_display",
            "role_after",
            "role_after_display",
            "actor",
            "job",
            "reason",
        ]
        read_only_fields = fields

    def get_role_before(self, change: RoleChange) -> str | None:
        """Return the role that it had."""
        return change.role_before or None

    def get_role_before_display(self, change: RoleChange) -> str | None:
        """Return it in words."""
        return word_of(change.role_before)

    def get_role_after(self, change: RoleChange) -> str | None:
        """Return the role that it has since."""
        return change.role_after or None

    def get_role_after_display(self, change: RoleChange) -> str | None:
        """Return it in words."""
        return word_of(change.role_after)


class DeviceJobReferenceSerializer(serializers.Serializer[Any]):
    """Which job, and how it is."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    state = serializers.ChoiceField(choices=JobState.choices)
    state_display = serializers.CharField()
    link = serializers.URLField()


class DeviceJobSerializer(FindingSerializer):
    """What one job found out about the device."""

    job = serializers.SerializerMethodField()

    class Meta(FindingSerializer.Meta):
        fields = ["job", *FindingSerializer.Meta.fields]
        read_only_fields = fields

    @extend_schema_field(DeviceJobReferenceSerializer)
    def get_job(self, row: JobDevice) -> dict[str, Any]:
        """Return the job."""
        job = row.job
        return {
            "id": job.pk,
            "name": job.name,
            "state": job.state,
            "state_display": job.get_state_display(),
            "link": address_of("job-detail", self.context["request"], pk=job.pk),
        }
