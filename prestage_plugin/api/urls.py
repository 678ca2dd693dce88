"""URLs of the REST API."""

from django.urls import path, re_path

from prestage_plugin.api.base import NothingHereView
from prestage_plugin.api.device_views import DeviceListView, DeviceView
from prestage_plugin.api.job_views import JobCancelView, JobDeviceListView, JobListView, JobView

urlpatterns = [
    path("jobs/", JobListView.as_view(), name="job-list"),
    path("jobs/<int:pk>/", JobView.as_view(), name="job-detail"),
    path("jobs/<int:pk>/cancel/", JobCancelView.as_view(), name="job-cancel"),
    path("jobs/<int:pk>/devices/", JobDeviceListView.as_view(), name="job-device-list"),
    path("devices/", DeviceListView.as_view(), name="device-list"),
    # A path, for Nornir lets a host's name hold slashes.
    path("devices/<path:name>/", DeviceView.as_view(), name="device-detail"),
    re_path("", NothingHereView.as_view()),
]
