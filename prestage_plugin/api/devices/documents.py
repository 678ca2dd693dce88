"""The documents of devices."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from prestage_plugin.api.core.fields import UtcModelSerializer
from prestage_plugin.api.core.links import address_of
from prestage_plugin.models import Device, DeviceEvaluation

__all__ = ["DeviceDetailSerializer", "DeviceSerializer"]

_OF_THE_EVALUATION = (
    "profile",
    "capability_policy",
    "sources",
    "loopback_alternatives",
    "rules",
    "interfaces",
)


class DeviceLinksSerializer(serializers.Serializer[Any]):
    """Where to go on from a device."""

    self = serializers.URLField()


class DeviceSerializer(UtcModelSerializer):
    """A device in a list; its router must have been selected with it."""

    router = serializers.CharField(source="parent.name", default=None, allow_null=True)
    groups = serializers.ListField(child=serializers.CharField())
    capabilities = serializers.ListField(child=serializers.CharField())
    flags = serializers.ListField(child=serializers.CharField())
    warnings = serializers.ListField(child=serializers.CharField())
    recommended_role = serializers.SerializerMethodField()
    assigned_role = serializers.SerializerMethodField()
    drift = serializers.BooleanField()
    links = serializers.SerializerMethodField()

    class Meta:
        model = Device
        fields = [
            "name",
            "address",
            "platform",
            "groups",
            "in_inventory",
            "router",
            "recommended_role",
            "reason",
            "loopback",
            "capabilities",
            "flags",
            "warnings",
            "uni_count",
            "excluded_count",
            "evaluated_at",
            "assigned_role",
            "assigned_loopback",
            "assigned_at",
            "assigned_by",
            "drift",
            "links",
        ]
        read_only_fields = fields

    def get_recommended_role(self, device: Device) -> str | None:
        """Return the role that discovery recommends, None before the first discovery."""
        return device.recommended_role or None

    def get_assigned_role(self, device: Device) -> str | None:
        """Return the confirmed role."""
        return device.assigned_role or None

    @extend_schema_field(DeviceLinksSerializer)
    def get_links(self, device: Device) -> dict[str, str]:
        """Return where to go on from here."""
        request = self.context["request"]
        return {"self": address_of("device-detail", request, name=device.name)}


class DeviceDetailSerializer(DeviceSerializer):
    """A device with everything that says why it got its role."""

    logical_systems = serializers.SerializerMethodField()
    evaluation = serializers.SerializerMethodField()

    class Meta(DeviceSerializer.Meta):
        fields = [*DeviceSerializer.Meta.fields, "logical_systems", "evaluation"]
        read_only_fields = fields

    def get_logical_systems(self, device: Device) -> list[str]:
        """Return the names under which the logical systems are devices of their own."""
        return sorted(device.logical_systems.values_list("name", flat=True))

    def get_evaluation(self, device: Device) -> dict[str, Any] | None:
        """Return evidence and interfaces of the last evaluation, None before the first."""
        try:
            result = device.evaluation.result
        except DeviceEvaluation.DoesNotExist:
            return None
        return {key: result.get(key) for key in _OF_THE_EVALUATION}
