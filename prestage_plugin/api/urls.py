"""Addresses of the REST API: each resource brings its own."""

from django.urls import re_path

from prestage_plugin.api.core.view import NothingHereView
from prestage_plugin.api.devices.urls import urlpatterns as devices
from prestage_plugin.api.jobs.urls import urlpatterns as jobs
from prestage_plugin.api.schema.urls import urlpatterns as schema

urlpatterns = [
    *jobs,
    *devices,
    *schema,
    re_path("", NothingHereView.as_view()),
]
