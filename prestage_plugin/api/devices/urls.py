"""Addresses of devices.

A device is addressed by its id: its name may hold any character, slashes included.
"""

from django.urls import path

from prestage_plugin.api.devices.actions import (
    DeviceAssignView,
    DeviceFollowView,
    DeviceMuteView,
    DevicePrestageView,
    DeviceUnassignView,
    DeviceUnmuteView,
)
from prestage_plugin.api.devices.belongings import (
    DeviceEventListView,
    DeviceInterfaceListView,
    DeviceJobListView,
    EvidenceView,
    RoleChangeListView,
)
from prestage_plugin.api.devices.bulk import (
    DeviceBulkAssignView,
    DeviceBulkFollowView,
    DeviceBulkMuteView,
    DeviceBulkUnassignView,
    DeviceBulkUnmuteView,
)
from prestage_plugin.api.devices.exceptions import ExceptionListView, ExceptionView
from prestage_plugin.api.devices.synchronising import DeviceSynchroniseView
from prestage_plugin.api.devices.views import DeviceByNameView, DeviceListView, DeviceView

_ONE = "devices/<int:pk>/"

urlpatterns = [
    path("devices/", DeviceListView.as_view(), name="device-list"),
    path("devices/by-name/", DeviceByNameView.as_view(), name="device-by-name"),
    path("devices/assign/", DeviceBulkAssignView.as_view(), name="device-bulk-assign"),
    path("devices/follow/", DeviceBulkFollowView.as_view(), name="device-bulk-follow"),
    path("devices/unassign/", DeviceBulkUnassignView.as_view(), name="device-bulk-unassign"),
    path("devices/mute/", DeviceBulkMuteView.as_view(), name="device-bulk-mute"),
    path("devices/unmute/", DeviceBulkUnmuteView.as_view(), name="device-bulk-unmute"),
    path("devices/synchronise/", DeviceSynchroniseView.as_view(), name="device-synchronise"),
    path(_ONE, DeviceView.as_view(), name="device-detail"),
    path(f"{_ONE}evidence/", EvidenceView.as_view(), name="device-evidence"),
    path(f"{_ONE}interfaces/", DeviceInterfaceListView.as_view(), name="device-interface-list"),
    path(f"{_ONE}history/", RoleChangeListView.as_view(), name="device-history"),
    path(f"{_ONE}events/", DeviceEventListView.as_view(), name="device-event-list"),
    path(f"{_ONE}jobs/", DeviceJobListView.as_view(), name="device-job-list"),
    path(f"{_ONE}exceptions/", ExceptionListView.as_view(), name="device-exception-list"),
    path(
        f"{_ONE}exceptions/<int:exception_id>/",
        ExceptionView.as_view(),
        name="device-exception-detail",
    ),
    path(f"{_ONE}assign/", DeviceAssignView.as_view(), name="device-assign"),
    path(f"{_ONE}follow/", DeviceFollowView.as_view(), name="device-follow"),
    path(f"{_ONE}unassign/", DeviceUnassignView.as_view(), name="device-unassign"),
    path(f"{_ONE}mute/", DeviceMuteView.as_view(), name="device-mute"),
    path(f"{_ONE}unmute/", DeviceUnmuteView.as_view(), name="device-unmute"),
    path(f"{_ONE}prestage/", DevicePrestageView.as_view(), name="device-prestage"),
]
