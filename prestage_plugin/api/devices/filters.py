"""What lists of devices and of what belongs to one can be filtered by."""

from django.db.models import Q, QuerySet
from django_filters import rest_framework as filters

from prestage_plugin.api.core.filtering import (
    AnyNumber,
    AnyOf,
    AnyText,
    InstantFilter,
    TextFilter,
    TruthFilter,
)
from prestage_plugin.models import ChangeEvent, Device, JobDevice, RoleChange
from prestage_plugin.states import ChangeSource, DeviceState, RoleChangeKind, RoleChoice

__all__ = [
    "ROLES",
    "DeviceEventFilters",
    "DeviceFilters",
    "DeviceJobFilters",
    "RoleChangeFilters",
    "RoleFilters",
]

ROLES = [("", "none"), *((role.value, role.value) for role in RoleChoice)]
_ROLE = "One of these roles; empty for none."


class RoleFilters(filters.FilterSet):
    """Filters of whatever lists devices; all that are given must match. An empty role is none."""

    id = AnyNumber(help_text="One of these ids.")
    name = AnyText(help_text="One of these names.")
    search = TextFilter(method="with_text", help_text="A part of the name or address, in any case.")
    recommended_role = AnyOf(choices=ROLES, help_text=_ROLE)
    assigned_role = AnyOf(choices=ROLES, help_text=_ROLE)
    platform = TextFilter(help_text="The platform.")
    group = TextFilter(method="with_group", help_text="A group of the inventory.")
    router = AnyNumber(field_name="parent_id", help_text="Logical systems of one of these ids.")
    in_inventory = TruthFilter(help_text="Whether it is in the inventory.")
    events_muted = TruthFilter(help_text="Whether its events start nothing.")
    has_exceptions = TruthFilter(help_text="Whether people have set exceptions.")

    class Meta:
        model = Device
        fields: list[str] = []

    def with_text(self, devices: QuerySet[Device], _name: str, value: str) -> QuerySet[Device]:
        """Keep the devices that hold the text."""
        return devices.filter(Q(name__icontains=value) | Q(address__icontains=value))

    def with_group(self, devices: QuerySet[Device], _name: str, value: str) -> QuerySet[Device]:
        """Keep the devices of a group."""
        return devices.filter(pk__in=Device.objects.in_group(value).values("pk"))


class DeviceFilters(RoleFilters):
    """Filters of `devices/`."""

    drift = TruthFilter(
        method="with_drift", help_text="Whether the assigned role is not supported any more."
    )

    def with_drift(self, devices: QuerySet[Device], _name: str, value: bool) -> QuerySet[Device]:
        """Keep the devices with drift, or without."""
        drifted = Device.objects.drifted().values("pk")
        return devices.filter(pk__in=drifted) if value else devices.exclude(pk__in=drifted)


class RoleChangeFilters(filters.FilterSet):
    """Filters of `devices/ID/history/`."""

    kind = AnyOf(choices=RoleChangeKind.choices, help_text="One of these kinds.")

    class Meta:
        model = RoleChange
        fields: list[str] = []


class DeviceEventFilters(filters.FilterSet):
    """Filters of `devices/ID/events/`."""

    source = AnyOf(choices=ChangeSource.choices, help_text="One of these sources.")
    received_after = InstantFilter(
        field_name="received_at", lookup_expr="gte", help_text="Received then or later."
    )
    received_before = InstantFilter(
        field_name="received_at", lookup_expr="lt", help_text="Received earlier."
    )

    class Meta:
        model = ChangeEvent
        fields: list[str] = []


class DeviceJobFilters(filters.FilterSet):
    """Filters of `devices/ID/jobs/`."""

    state = AnyOf(choices=DeviceState.choices, help_text="One of these states of the device.")

    class Meta:
        model = JobDevice
        fields: list[str] = []
