"""`GET` of the API's own address: where its resources are."""

from typing import Any

from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from prestage_plugin.api.core.links import address_of
from prestage_plugin.api.core.view import PrestageView
from prestage_plugin.api.schema.inspection import describe
from prestage_plugin.api.version import API_VERSION

__all__ = ["RootView"]

_RESOURCES = {
    "jobs": "job-list",
    "schedules": "schedule-list",
    "devices": "device-list",
    "recommendations": "recommendation-list",
    "drift": "drift-list",
    "rules": "rule-list",
    "profiles": "profile-list",
    "classify": "classify",
    "what_if": "what-if",
    "events": "event-list",
    "unknown_senders": "unknown-sender-list",
    "listeners": "listener-list",
    "auto_settings": "auto-settings",
    "statistics": "statistics",
    "health": "health",
    "tokens": "token-list",
    "schema": "schema",
    "docs": "docs",
}
"""Names of addresses, by resource."""

_ROOT = OpenApiExample(
    "A site",
    value={
        "version": API_VERSION,
        "resources": {
            name: f"https://example.org/prestage/api/v1/{name.replace('_', '-')}/"
            for name in _RESOURCES
        },
    },
    response_only=True,
)


class RootSerializer(serializers.Serializer[Any]):
    """Where to begin."""

    version = serializers.CharField(help_text="Of the API.")
    resources = serializers.DictField(
        child=serializers.URLField(), help_text="Addresses, by what is there."
    )


class RootView(PrestageView):
    """The resources."""

    @describe(
        operation_id="read_root",
        summary="Read where everything is",
        responses=RootSerializer,
        examples=[_ROOT],
    )
    def get(self, request: Request) -> Response:
        """The address of each resource, of the schema and of its page for people."""
        resources = {name: address_of(view, request) for name, view in _RESOURCES.items()}
        return Response({"version": API_VERSION, "resources": resources})
