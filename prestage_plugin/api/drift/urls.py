"""Addresses of drift."""

from django.urls import path

from prestage_plugin.api.drift.views import DriftCountView, DriftListView

urlpatterns = [
    path("drift/", DriftListView.as_view(), name="drift-list"),
    path("drift/count/", DriftCountView.as_view(), name="drift-count"),
]
