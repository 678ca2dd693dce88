"""Addresses of devices."""

from django.urls import path

from prestage_plugin.api.devices.views import DeviceListView, DeviceView

urlpatterns = [
    path("devices/", DeviceListView.as_view(), name="device-list"),
    # A path, for Nornir lets a host's name hold slashes.
    path("devices/<path:name>/", DeviceView.as_view(), name="device-detail"),
]
