"""Addresses of the OpenAPI document."""

from django.urls import path

from prestage_plugin.api.schema.views import PageView, SchemaView

urlpatterns = [
    path("schema/", SchemaView.as_view(), name="schema"),
    path("docs/", PageView.as_view(), name="docs"),
]
