"""The documents of devices."""

from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from prestage_plugin.api.core.fields import UtcModelSerializer
from prestage_plugin.api.core.links import address_of
from prestage_plugin.models import Device, RoleException
from prestage_plugin.states import RoleChoice

__all__ = [
    "DeviceDetailSerializer",
    "DeviceReferenceSerializer",
    "DeviceSerializer",
    "with_exceptions",
    "word_of",
]

_LINKED = ("evidence", "interfaces", "history", "events", "jobs", "exceptions")


def with_exceptions(devices: QuerySet[Device]) -> QuerySet[Device]:
    """Add `has_exceptions`, which is no column of a device, and the router.

    Args:
        devices: Any devices; one statement stays one statement.
    """
    exceptions = RoleException.objects.filter(device=OuterRef("pk"))
    return devices.select_related("parent").annotate(has_exceptions=Exists(exceptions))


def word_of(role: str) -> str | None:
    """Return a role in words, None when there is none."""
    return str(RoleChoice(role).label) if role else None


class DeviceReferenceSerializer(serializers.Serializer[Any]):
    """Which device."""

    id = serializers.IntegerField()
    name = serializers.CharField()


class DeviceLinksSerializer(serializers.Serializer[Any]):
    """Where to go on from a device."""

    self = serializers.URLField()
    evidence = serializers.URLField()
    interfaces = serializers.URLField()
    history = serializers.URLField()
    events = serializers.URLField()
    jobs = serializers.URLField()
    exceptions = serializers.URLField()


class DeviceSerializer(UtcModelSerializer):
    """A device in a list; it must have been read `with_exceptions`."""

    groups = serializers.ListField(child=serializers.CharField())
    router = serializers.SerializerMethodField(help_text="Of a logical system.")
    recommended_role = serializers.SerializerMethodField(help_text="Null before it was evaluated.")
    recommended_role_display = serializers.SerializerMethodField()
    reason = serializers.CharField(help_text="Machine code of the recommendation.")
    capabilities = serializers.ListField(child=serializers.CharField())
    flags = serializers.ListField(child=serializers.CharField())
    warnings = serializers.ListField(child=serializers.CharField())
    assigned_role = serializers.SerializerMethodField(help_text="Null when none is.")
    assigned_role_display = serializers.SerializerMethodField()
    drift = serializers.BooleanField(
        help_text="The configuration does not support the assigned role any more."
    )
    has_exceptions = serializers.BooleanField(help_text="People have set exceptions.")
    links = serializers.SerializerMethodField()

    class Meta:
        model = Device
        fields = [
            "id",
            "name",
            "address",
            "platform",
            "groups",
            "in_inventory",
            "router",
            "events_muted",
            "recommended_role",
            "recommended_role_display",
            "reason",
            "loopback",
            "capabilities",
            "flags",
            "warnings",
            "uni_count",
            "excluded_count",
            "evaluated_at",
            "assigned_role",
            "assigned_role_display",
            "assigned_loopback",
            "assigned_at",
            "assigned_by",
            "drift",
            "has_exceptions",
            "links",
        ]
        read_only_fields = fields

    @extend_schema_field(DeviceReferenceSerializer(allow_null=True))
    def get_router(self, device: Device) -> dict[str, Any] | None:
        """Return the router of a logical system."""
        router = device.parent
        return None if router is None else {"id": router.pk, "name": router.name}

    def get_recommended_role(self, device: Device) -> str | None:
        """Return the role that discovery recommends."""
        return device.recommended_role or None

    def get_recommended_role_display(self, device: Device) -> str | None:
        """Return it in words."""
        return word_of(device.recommended_role)

    def get_assigned_role(self, device: Device) -> str | None:
        """Return the confirmed role."""
        return device.assigned_role or None

    def get_assigned_role_display(self, device: Device) -> str | None:
        """Return it in words."""
        return word_of(device.assigned_role)

    @extend_schema_field(DeviceLinksSerializer)
    def get_links(self, device: Device) -> dict[str, str]:
        """Return where to go on from here."""
        own = address_of("device-detail", self.context["request"], pk=device.pk)
        return {"self": own} | {name: f"{own}{name}/" for name in _LINKED}


class DeviceDetailSerializer(DeviceSerializer):
    """A device with its logical systems."""

    logical_systems = serializers.SerializerMethodField(help_text="They are devices of their own.")

    class Meta(DeviceSerializer.Meta):
        fields = [*DeviceSerializer.Meta.fields[:-1], "logical_systems", "links"]
        read_only_fields = fields

    @extend_schema_field(DeviceReferenceSerializer(many=True))
    def get_logical_systems(self, device: Device) -> list[dict[str, Any]]:
        """Return the logical systems."""
        return [dict(each) for each in device.logical_systems.order_by("name").values("id", "name")]
