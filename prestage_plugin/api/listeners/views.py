"""Listeners: list, read."""

from collections.abc import Iterable
from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_field
from rest_framework import serializers
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from prestage_plugin.api.core.conditional import row_version
from prestage_plugin.api.core.fields import UtcModelSerializer
from prestage_plugin.api.core.links import address_of
from prestage_plugin.api.core.permissions import InScope
from prestage_plugin.api.core.view import DocumentView, ListView, RowsView
from prestage_plugin.api.listeners.filters import ListenerFilters
from prestage_plugin.api.schema.inspection import Link, describe
from prestage_plugin.models import ListenerStatus
from prestage_plugin.services.listeners import listener_state
from prestage_plugin.states import ListenerState

__all__ = ["ListenerListView", "ListenerView"]

_FIRST = {"id": "$response.body#/results/0/id"}

_LISTENER = OpenApiExample(
    "One that lost messages when many came at once",
    value={
        "id": 2,
        "name": "collector1 syslog udp:0.0.0.0:514",
        "state": "running",
        "state_display": "Running",
        "started_at": "2026-11-20T09:00:00Z",
        "seen_at": "2026-11-23T08:15:00Z",
        "ended_at": None,
        "died_at": None,
        "counters": {"syslog": {"received": 5120, "triggers": 31}},
        "lost": 12,
        "lost_at": "2026-11-21T03:00:00Z",
        "links": {"self": "https://example.org/prestage/api/v1/listeners/2/"},
    },
    response_only=True,
)


class ListenerLinksSerializer(serializers.Serializer[Any]):
    """Where to go on from a listener."""

    self = serializers.URLField()


class ListenerSerializer(UtcModelSerializer):
    """A `prestage_listen` process: whether it lives, what it counted and lost since its start."""

    state = serializers.SerializerMethodField(help_text="By what it said last.")
    state_display = serializers.SerializerMethodField()
    counters = serializers.DictField(
        child=serializers.DictField(child=serializers.IntegerField()),
        help_text="Numbers by source, e.g. how many messages were received.",
    )
    links = serializers.SerializerMethodField()

    class Meta:
        model = ListenerStatus
        fields = [
            "id",
            "name",
            "state",
            "state_display",
            "started_at",
            "seen_at",
            "ended_at",
            "died_at",
            "counters",
            "lost",
            "lost_at",
            "links",
        ]
        read_only_fields = fields

    @extend_schema_field(serializers.ChoiceField(choices=ListenerState.choices))
    def get_state(self, row: ListenerStatus) -> str:
        """Return how it is."""
        return str(listener_state(row))

    def get_state_display(self, row: ListenerStatus) -> str:
        """Return the word for it."""
        return str(listener_state(row).label)

    @extend_schema_field(ListenerLinksSerializer)
    def get_links(self, row: ListenerStatus) -> dict[str, str]:
        """Return where to go on from here."""
        return {"self": address_of("listener-detail", self.context["request"], pk=row.pk)}


class MayViewListeners(BasePermission):
    """As in the admin."""

    message = "You may not view listeners; that needs the permission prestage.view_listenerstatus."

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Whether the request may go on."""
        del view
        verbs = ("view", "change")
        return any(request.user.has_perm(f"prestage.{verb}_listenerstatus") for verb in verbs)


class _ListenerRows(RowsView[ListenerStatus]):
    serializer_class = ListenerSerializer
    queryset = ListenerStatus.objects.all()
    permission_classes = [InScope, MayViewListeners]

    def version_of(self, row: ListenerStatus) -> Iterable[Any]:
        """Return the row, and its state, which changes when it says nothing for a while."""
        return [*row_version(row), listener_state(row)]


class ListenerListView(_ListenerRows, ListView[ListenerStatus]):
    """Every listener there was within a week."""

    filterset_class = ListenerFilters
    orderings = ("name", "-name", "id", "-id")
    export_name = "listeners"
    columns = (
        *("id", "name", "state", "started_at", "seen_at", "ended_at", "died_at", "counters"),
        *("lost", "lost_at"),
    )
    operation_links = {
        "get": (Link(name="read", status=200, operation="read_listener", parameters=_FIRST),)
    }

    @describe(operation_id="list_listeners", summary="List listeners", examples=[_LISTENER])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        """Which processes hear of changes, whether each lives, and what it counted and lost."""
        return super().get(request, *args, **kwargs)


class ListenerView(_ListenerRows, DocumentView[ListenerStatus]):
    """One listener."""

    @describe(operation_id="read_listener", summary="Read a listener", examples=[_LISTENER])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Whether it lives, and what it counted and lost since its start."""
        return super().get(request, *args, **kwargs)
