"""Devices: list and read."""

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from prestage_plugin.api.core.conditional import row_version
from prestage_plugin.api.core.permissions import InScope, MayViewDevices
from prestage_plugin.api.core.view import DocumentView, ListView
from prestage_plugin.api.devices.documents import DeviceDetailSerializer, DeviceSerializer
from prestage_plugin.api.devices.filters import DeviceFilters
from prestage_plugin.api.schema.inspection import describe
from prestage_plugin.models import Device
from prestage_plugin.states import TokenScope

__all__ = ["DeviceListView", "DeviceView"]


class DeviceListView(ListView[Device]):
    """The devices with their roles."""

    serializer_class = DeviceSerializer
    permission_classes = [InScope, MayViewDevices]
    write_scope = TokenScope.ROLES
    queryset = Device.objects.select_related("parent")
    filterset_class = DeviceFilters
    orderings = ("name", "-name")
    export_name = "devices"
    columns = (
        *("name", "address", "platform", "in_inventory", "router", "recommended_role", "reason"),
        *("loopback", "uni_count", "excluded_count", "evaluated_at"),
        *("assigned_role", "assigned_loopback", "assigned_at", "assigned_by", "drift"),
    )

    @describe(operation_id="list_devices", summary="List devices")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        """Every device and logical system, with its recommended and its assigned role."""
        return super().get(request, *args, **kwargs)


class DeviceView(DocumentView[Device]):
    """One device with evidence and interfaces."""

    serializer_class = DeviceDetailSerializer
    permission_classes = [InScope, MayViewDevices]
    write_scope = TokenScope.ROLES
    queryset = Device.objects.select_related("parent")
    lookup_field = "name"

    def get_object(self) -> Device:
        """Return the device of that name."""
        if "\x00" in self.kwargs["name"]:
            raise Http404
        return get_object_or_404(self.get_queryset(), name=self.kwargs["name"])

    def version_of(self, row: Device) -> Iterable[Any]:
        """Return the row, and the names of its logical systems; its evaluation has a time there."""
        systems: QuerySet[Device] = row.logical_systems.all()
        return [*row_version(row), sorted(systems.values_list("name", flat=True))]

    @describe(operation_id="read_device", summary="Read a device")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The device with everything that says why it got its role."""
        return super().get(request, *args, **kwargs)
