"""Events: list them, report some."""

from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from prestage_plugin.api.core.actor import actor_of
from prestage_plugin.api.core.idempotency import answer_once
from prestage_plugin.api.core.links import address_of
from prestage_plugin.api.core.permissions import InScope
from prestage_plugin.api.core.view import ListView
from prestage_plugin.api.events.documents import (
    AcceptedSerializer,
    ChangeEventSerializer,
)
from prestage_plugin.api.events.examples import ACCEPTED, EVENT, REPORT
from prestage_plugin.api.events.filters import ChangeEventFilters
from prestage_plugin.api.events.permissions import MayUseEvents
from prestage_plugin.api.events.requests import EventRequestSerializer
from prestage_plugin.api.schema.inspection import describe
from prestage_plugin.conf import get_settings
from prestage_plugin.events.webhook.classification import classify
from prestage_plugin.events.webhook.reception import receive
from prestage_plugin.models import ChangeEvent
from prestage_plugin.states import TokenScope

__all__ = ["EventListView"]

_SENDER_LENGTH = 64
"""Of the column."""


class EventListView(ListView[ChangeEvent]):
    """What was heard of devices, newest first; and a place to tell of changes."""

    serializer_class = ChangeEventSerializer
    queryset = ChangeEvent.objects.none()  # for the schema
    permission_classes = [InScope, MayUseEvents]
    write_scope = TokenScope.EVENTS
    filterset_class = ChangeEventFilters
    orderings = ("-id", "id")
    export_name = "events"
    columns = (
        *("id", "received_at", "device", "source", "fate", "job", "sender", "actor", "detail"),
    )
    idempotent = ("post",)

    def get_queryset(self) -> QuerySet[ChangeEvent]:
        """Return the events with what became of them."""
        return ChangeEvent.objects.with_fates()

    def version_of(self, row: ChangeEvent) -> list[Any]:
        """Return the row and what became of it."""
        job = row.change.job_id if row.change is not None else None
        return [*super().version_of(row), row.fate, job, row.device.name]

    @describe(operation_id="list_events", summary="List events", examples=[EVENT])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        """What was heard of devices, from whom, and what became of it."""
        return super().get(request, *args, **kwargs)

    @describe(
        operation_id="report_events",
        summary="Report that devices changed",
        request=EventRequestSerializer,
        responses={202: AcceptedSerializer},
        examples=[REPORT, ACCEPTED],
    )
    def post(self, request: Request) -> Response:
        """Written down when this answers; what it starts is decided in the next seconds.

        Devices that are not known are counted, not refused.
        """
        return answer_once(request, lambda: self._report(request))

    def _report(self, request: Request) -> Response:
        body = EventRequestSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        sender = actor_of(request)[:_SENDER_LENGTH]
        message = classify(dict(body.validated_data), site=get_settings())
        reception = receive(message, sender=sender, receipt=None)
        document = {
            "accepted": reception.accepted,
            "unknown": reception.unknown,
            "ignored": {str(reason): count for reason, count in sorted(reception.ignored.items())},
        }
        where = f"{address_of('event-list', request)}?{urlencode({'sender': sender})}"
        headers = {"Location": where, "Retry-After": "10"}
        return Response(document, status=HTTPStatus.ACCEPTED, headers=headers)
