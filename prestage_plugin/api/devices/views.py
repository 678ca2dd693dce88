"""Devices: list, read, find by name."""

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import status
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from prestage_plugin.api.core.conditional import row_version
from prestage_plugin.api.core.links import address_of
from prestage_plugin.api.core.permissions import InScope, MayViewDevices
from prestage_plugin.api.core.problems import invalid_parameter
from prestage_plugin.api.core.view import DocumentView, ListView, PrestageView, RowsView
from prestage_plugin.api.devices.documents import (
    DeviceDetailSerializer,
    DeviceSerializer,
    with_exceptions,
)
from prestage_plugin.api.devices.examples import DEVICE, LISTED
from prestage_plugin.api.devices.filters import DeviceFilters
from prestage_plugin.api.schema.inspection import Link, describe
from prestage_plugin.models import Device
from prestage_plugin.states import TokenScope

__all__ = [
    "DEVICE_COLUMNS",
    "DeviceByNameView",
    "DeviceListView",
    "DeviceRows",
    "DeviceView",
    "device_or_404",
]

DEVICE_COLUMNS = (
    *("id", "name", "address", "platform", "in_inventory", "router.name", "events_muted"),
    *("recommended_role", "reason", "loopback", "uni_count", "excluded_count", "evaluated_at"),
    *("assigned_role", "assigned_loopback", "assigned_at", "assigned_by", "drift"),
    "has_exceptions",
)

_ID = {"id": "$response.body#/id"}
_FIRST = {"id": "$response.body#/results/0/id"}


class DeviceRows(RowsView[Device]):
    """The devices, for views of any kind."""

    serializer_class = DeviceDetailSerializer
    permission_classes = [InScope, MayViewDevices]
    write_scope = TokenScope.ROLES
    queryset = Device.objects.none()  # for the schema

    def get_queryset(self) -> QuerySet[Device]:
        """Return the devices with what their documents need."""
        return with_exceptions(Device.objects.all())

    def version_of(self, row: Device) -> Iterable[Any]:
        """Return the row, and its logical systems, which are in the document too."""
        systems = row.logical_systems.order_by("name").values_list("pk", flat=True)
        return [*row_version(row), list(systems)]

    def document(self, device_id: int) -> dict[str, Any]:
        """Return a device as it is now."""
        device = self.get_queryset().get(pk=device_id)
        context = self.get_serializer_context()
        return dict(DeviceDetailSerializer(device, context=context).data)


class DeviceListView(ListView[Device]):
    """The devices with their roles."""

    serializer_class = DeviceSerializer
    permission_classes = [InScope, MayViewDevices]
    write_scope = TokenScope.ROLES
    queryset = Device.objects.none()  # for the schema
    filterset_class = DeviceFilters
    orderings = ("name", "-name", "id", "-id")
    export_name = "devices"
    columns = DEVICE_COLUMNS
    operation_links = {
        "get": (Link(name="read", status=200, operation="read_device", parameters=_FIRST),)
    }

    def get_queryset(self) -> QuerySet[Device]:
        """Return the devices with what their documents need."""
        return with_exceptions(Device.objects.all())

    @describe(operation_id="list_devices", summary="List devices", examples=[LISTED])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        """Every device and logical system, with its recommended and its assigned role."""
        return super().get(request, *args, **kwargs)


class DeviceView(DeviceRows, DocumentView[Device]):
    """One device."""

    operation_links = {
        "get": (
            Link(name="evidence", status=200, operation="read_evidence", parameters=_ID),
            Link(name="assign", status=200, operation="assign_role", parameters=_ID),
            Link(name="prestage", status=200, operation="prestage_device", parameters=_ID),
        )
    }

    @describe(operation_id="read_device", summary="Read a device", examples=[DEVICE])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The device with its roles; `links` lead to what belongs to it."""
        return super().get(request, *args, **kwargs)


class DeviceByNameView(PrestageView):
    """Finds a device by its name, which may hold any character, slashes included."""

    permission_classes = [InScope, MayViewDevices]
    write_scope = TokenScope.ROLES
    parameters = ("name",)
    answers = {"get": (404,)}

    @describe(
        operation_id="find_device",
        summary="Find a device by its name",
        parameters=[OpenApiParameter("name", str, required=True, description="Its whole name.")],
        responses={302: OpenApiResponse(description="`Location` is the address of the device.")},
    )
    def get(self, request: Request) -> Response:
        """Lead to the device of that name, e.g. `router:LS1`."""
        name = request.query_params.get("name", "")
        if not name or "\x00" in name:
            raise invalid_parameter("name", "It must be the name of a device.")
        devices = Device.objects.only("pk")
        device = devices.filter(name=name).first()
        if device is None:
            raise NotFound("There is no device of that name.")
        address = address_of("device-detail", request, pk=device.pk)
        return Response(status=status.HTTP_302_FOUND, headers={"Location": address})


def device_or_404(device_id: int) -> Device:
    """Return a device for what belongs to it.

    Raises:
        Http404: There is none.
    """
    return get_object_or_404(Device.objects.only("pk", "name"), pk=device_id)
