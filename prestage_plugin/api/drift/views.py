"""Drift: list and count."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from prestage_plugin.api.core.fields import UtcDateTimeField
from prestage_plugin.api.core.permissions import InScope, MayViewDevices
from prestage_plugin.api.core.view import ListView, PrestageView
from prestage_plugin.api.devices.documents import DeviceSerializer, with_exceptions
from prestage_plugin.api.devices.examples import DEVICE
from prestage_plugin.api.devices.filters import RoleFilters
from prestage_plugin.api.schema.inspection import Link, describe
from prestage_plugin.models import Device
from prestage_plugin.services.drift import drifted_devices

__all__ = ["DriftCountView", "DriftListView"]

_FIRST = {"id": "$response.body#/results/0/id"}


class DriftSerializer(DeviceSerializer):
    """A device with drift; the id is the device's."""

    since = UtcDateTimeField(allow_null=True, help_text="When it was found out.")

    class Meta(DeviceSerializer.Meta):
        fields = [
            "id",
            "name",
            "platform",
            "groups",
            "in_inventory",
            "router",
            "assigned_role",
            "assigned_role_display",
            "assigned_loopback",
            "assigned_at",
            "assigned_by",
            "recommended_role",
            "recommended_role_display",
            "reason",
            "loopback",
            "since",
            "links",
        ]
        read_only_fields = fields


_VALUES = DEVICE.value | {"assigned_role": "P", "assigned_role_display": "P", "since": None}
DRIFT = OpenApiExample(
    "A P router that became an N-PE",
    value={name: _VALUES[name] for name in DriftSerializer.Meta.fields}
    | {"since": "2027-01-30T12:00:01.250000Z"},
    response_only=True,
)


class DriftListView(ListView[Device]):
    """The devices with drift."""

    serializer_class = DriftSerializer
    permission_classes = [InScope, MayViewDevices]
    queryset = Device.objects.none()  # for the schema
    filterset_class = RoleFilters
    orderings = ("name", "-name", "id", "-id")
    export_name = "drift"
    columns = (
        *("id", "name", "platform", "assigned_role", "assigned_loopback", "recommended_role"),
        *("reason", "loopback", "since"),
    )
    operation_links = {
        "get": (
            Link(name="evidence", status=200, operation="read_evidence", parameters=_FIRST),
            Link(name="follow", status=200, operation="follow_configuration", parameters=_FIRST),
        )
    }

    def get_queryset(self) -> QuerySet[Device]:
        """Return the devices with drift."""
        return with_exceptions(drifted_devices())

    @describe(operation_id="list_drift", summary="List devices with drift", examples=[DRIFT])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        """Whose configuration does not support the assigned role any more, and why.

        Nothing is changed by itself: `devices/ID/follow/` assigns what the configuration says now,
        `devices/ID/unassign/` takes the role back.
        """
        return super().get(request, *args, **kwargs)


class CountSerializer(serializers.Serializer[Any]):
    """How many."""

    count = serializers.IntegerField()


class DriftCountView(PrestageView):
    """The number of devices with drift."""

    permission_classes = [InScope, MayViewDevices]

    @describe(
        operation_id="count_drift",
        summary="Count devices with drift",
        responses=CountSerializer,
        examples=[OpenApiExample("Three", value={"count": 3}, response_only=True)],
    )
    def get(self, request: Request) -> Response:
        """For a monitoring system."""
        del request
        return Response({"count": Device.objects.drifted().count()})
