"""Devices: list and read."""

from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from rest_framework import generics
from rest_framework.permissions import IsAuthenticated

from prestage_plugin.api.base import MayViewDevices, PrestageView
from prestage_plugin.api.device_documents import DeviceDetailSerializer, DeviceSerializer
from prestage_plugin.api.paging import ByNamePages
from prestage_plugin.api.query import Query
from prestage_plugin.models import Device
from prestage_plugin.states import RoleChoice

__all__ = ["DeviceListView", "DeviceView"]

_ROLES = ["", *RoleChoice.values]


class DeviceListView(PrestageView, generics.ListAPIView[Device]):
    """The devices with their roles, by name; `name` finds a part of it, in any case."""

    serializer_class = DeviceSerializer
    permission_classes = [IsAuthenticated, MayViewDevices]
    pagination_class = ByNamePages

    def get_queryset(self) -> QuerySet[Device]:
        """Return the devices that the query parameters ask for; an empty role means none."""
        queryset = Device.objects.select_related("parent")
        query = Query(
            self.request.query_params,
            filters=("recommended_role", "assigned_role", "name", "platform", "in_inventory"),
        )
        for name in ("recommended_role", "assigned_role"):
            if roles := query.choices(name, _ROLES):
                queryset = queryset.filter(**{f"{name}__in": roles})
        if (part := query.text("name")) is not None:
            queryset = queryset.filter(name__icontains=part)
        if (platform := query.text("platform")) is not None:
            queryset = queryset.filter(platform=platform)
        if (in_inventory := query.boolean("in_inventory")) is not None:
            queryset = queryset.filter(in_inventory=in_inventory)
        return queryset


class DeviceView(PrestageView, generics.RetrieveAPIView[Device]):
    """One device with evidence and interfaces."""

    serializer_class = DeviceDetailSerializer
    permission_classes = [IsAuthenticated, MayViewDevices]
    queryset = Device.objects.select_related("parent", "evaluation")

    def get_object(self) -> Device:
        """Return the device of that name."""
        if "\x00" in self.kwargs["name"]:
            raise Http404
        return get_object_or_404(self.get_queryset(), name=self.kwargs["name"])
