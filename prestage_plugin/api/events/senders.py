"""Unknown senders: list, read, forget."""

from typing import Any

from django.db import transaction
from django.shortcuts import get_object_or_404
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from prestage_plugin.api.core.audit import note_edit
from prestage_plugin.api.core.conditional import check_match
from prestage_plugin.api.core.permissions import InScope
from prestage_plugin.api.core.view import DocumentView, ListView, RowsView
from prestage_plugin.api.events.documents import UnknownSenderSerializer
from prestage_plugin.api.events.examples import SENDER
from prestage_plugin.api.events.filters import UnknownSenderFilters
from prestage_plugin.api.events.permissions import MayUseSenders
from prestage_plugin.api.schema.inspection import Link, describe
from prestage_plugin.models import UnknownSender
from prestage_plugin.services.senders import forget_senders
from prestage_plugin.states import TokenScope

__all__ = ["UnknownSenderListView", "UnknownSenderView"]

_FIRST = {"id": "$response.body#/results/0/id"}
_ID = {"id": "$response.body#/id"}


class _SenderRows(RowsView[UnknownSender]):
    serializer_class = UnknownSenderSerializer
    queryset = UnknownSender.objects.all()
    permission_classes = [InScope, MayUseSenders]
    write_scope = TokenScope.SITE


class UnknownSenderListView(_SenderRows, ListView[UnknownSender]):
    """Senders whose events fit no device."""

    filterset_class = UnknownSenderFilters
    orderings = ("-last_at", "last_at", "-id", "id")
    export_name = "unknown-senders"
    columns = ("sender", "source", "events", "first_at", "last_at", "detail")
    operation_links = {
        "get": (Link(name="read", status=200, operation="read_unknown_sender", parameters=_FIRST),)
    }

    @describe(
        operation_id="list_unknown_senders", summary="List unknown senders", examples=[SENDER]
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        """New routers, relays, or somebody who should not: each is counted."""
        return super().get(request, *args, **kwargs)


class UnknownSenderView(_SenderRows, DocumentView[UnknownSender]):
    """One unknown sender."""

    edited = ("delete",)
    operation_links = {
        "get": (Link(name="forget", status=200, operation="forget_unknown_sender", parameters=_ID),)
    }

    @describe(
        operation_id="read_unknown_sender", summary="Read an unknown sender", examples=[SENDER]
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Who it is, since when and how often it was heard."""
        return super().get(request, *args, **kwargs)

    @describe(
        operation_id="forget_unknown_sender",
        summary="Forget an unknown sender",
        responses={204: None},
    )
    def delete(self, request: Request, pk: int) -> Response:
        """Once it is dealt with; heard of again, it is counted anew."""
        with transaction.atomic():
            row = get_object_or_404(self.get_queryset().select_for_update(), pk=pk)
            check_match(request, self.version_of(row))
            forget_senders(sender_ids=[pk])
            rows = {pk: str(row)}
            note_edit(request, model=UnknownSender, rows=rows, text="Forgotten.", kind="removed")
        return Response(status=status.HTTP_204_NO_CONTENT)
