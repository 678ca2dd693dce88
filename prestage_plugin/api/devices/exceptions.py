"""People's exceptions for a device: list, set, read, remove."""

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema_field
from rest_framework import generics, serializers, status
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from prestage_plugin.api.core.actor import actor_of, user_of
from prestage_plugin.api.core.audit import note_edit
from prestage_plugin.api.core.conditional import check_match, entity_tag
from prestage_plugin.api.core.fields import UtcModelSerializer
from prestage_plugin.api.core.idempotency import answer_once
from prestage_plugin.api.core.links import address_of
from prestage_plugin.api.core.permissions import (
    InScope,
    MayViewDevices,
    MayViewExceptions,
    may,
)
from prestage_plugin.api.core.view import DocumentView, ListView
from prestage_plugin.api.devices.examples import CHANGE_NOTE, EXCEPTION, SET_EXCEPTION, SET_LOOPBACK
from prestage_plugin.api.devices.requests import ExceptionRequestSerializer
from prestage_plugin.api.devices.views import device_or_404
from prestage_plugin.api.schema.inspection import Link, describe
from prestage_plugin.models import Device, RoleException
from prestage_plugin.services.role_exceptions import (
    add_exception,
    change_exception,
    remove_exception,
)
from prestage_plugin.states import TokenScope

__all__ = ["ExceptionListView", "ExceptionView"]

# As in the admin, where they are set on the page of a device.
_MayEdit = may("change_device", "change devices")
_MayAdd = may("add_roleexception", "set exceptions")
_MayChange = may("change_roleexception", "change exceptions")
_MayRemove = may("delete_roleexception", "remove exceptions")


class _MayWrite(BasePermission):
    """Changing and removing have permissions of their own."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Whether the request may go on."""
        needed = (_MayRemove if request.method == "DELETE" else _MayChange)()
        self.message = needed.message  # type: ignore[attr-defined]
        return needed.has_permission(request, view)


_FIRST = {"id": "$request.path.id", "exception_id": "$response.body#/results/0/id"}
_SET = {"id": "$request.path.id", "exception_id": "$response.body#/id"}


class ExceptionLinksSerializer(serializers.Serializer[Any]):
    """Where to go on from an exception."""

    self = serializers.URLField()
    device = serializers.URLField()


class ExceptionSerializer(UtcModelSerializer):
    """A person's override for one device; it is applied in every run."""

    kind_display = serializers.CharField(source="get_kind_display")
    author = serializers.SerializerMethodField(help_text="Login of who set it.")
    links = serializers.SerializerMethodField()

    class Meta:
        model = RoleException
        fields = ["id", "kind", "kind_display", "value", "note", "author", "created_at", "links"]
        read_only_fields = fields

    def get_author(self, row: RoleException) -> str | None:
        """Return the login of who set it, None when that user is gone."""
        return row.author.get_username() if row.author is not None else None

    @extend_schema_field(ExceptionLinksSerializer)
    def get_links(self, row: RoleException) -> dict[str, str]:
        """Return where to go on from here."""
        device = address_of("device-detail", self.context["request"], pk=row.device_id)
        return {"self": f"{device}exceptions/{row.pk}/", "device": device}


class _ExceptionRows(generics.GenericAPIView[RoleException]):
    serializer_class = ExceptionSerializer
    write_scope = TokenScope.ROLES
    queryset = RoleException.objects.none()  # for the schema

    def get_queryset(self) -> QuerySet[RoleException]:
        """Return the exceptions of the device; 404 without it."""
        device = device_or_404(self.kwargs["pk"])
        return RoleException.objects.filter(device=device).select_related("author", "device")


class ExceptionListView(_ExceptionRows, ListView[RoleException]):
    """The exceptions of a device, and a place to set one."""

    permission_classes = [InScope, MayViewDevices, MayViewExceptions, _MayEdit, _MayAdd]
    orderings = ("id", "-id")
    export_name = "exceptions"
    columns = ("id", "kind", "value", "note", "author", "created_at")
    answers = {"post": (409,)}
    idempotent = ("post",)
    operation_links = {
        "get": (Link(name="read", status=200, operation="read_exception", parameters=_FIRST),),
        "post": (
            Link(name="read", status=201, operation="read_exception", parameters=_SET),
            Link(name="remove", status=201, operation="remove_exception", parameters=_SET),
        ),
    }

    @describe(
        operation_id="list_exceptions",
        summary="List the exceptions of a device",
        examples=[EXCEPTION],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        """What people have overridden, oldest first."""
        return super().get(request, *args, **kwargs)

    @describe(
        operation_id="set_exception",
        summary="Set an exception for a device",
        request=ExceptionRequestSerializer,
        responses={201: ExceptionSerializer},
        examples=[SET_EXCEPTION, SET_LOOPBACK, EXCEPTION],
    )
    def post(self, request: Request, pk: int) -> Response:
        """Override what discovery recommends.

        The device is judged again at once, from stored facts; without any, by its first run.

        409 with the code `exception-exists` when it is set already, or another loopback is.
        """
        device = device_or_404(pk)
        return answer_once(request, lambda: self._set(request, device))

    def _set(self, request: Request, device: Device) -> Response:
        body = ExceptionRequestSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        with transaction.atomic():
            row = add_exception(
                device=device,
                author=user_of(request),
                actor=actor_of(request),
                **body.validated_data,
            )
            _note(request, device, f"Exception set: {row}.")
        document = self.get_serializer(row).data
        headers = {"Location": document["links"]["self"]}
        return Response(document, status=status.HTTP_201_CREATED, headers=headers)


class ExceptionView(_ExceptionRows, DocumentView[RoleException]):
    """One exception."""

    permission_classes = [InScope, MayViewDevices, MayViewExceptions, _MayEdit, _MayWrite]
    lookup_url_kwarg = "exception_id"
    answers = {"patch": (409,)}
    edited = ("patch", "delete")
    operation_links = {
        "get": (
            Link(
                name="device",
                status=200,
                operation="read_device",
                parameters={"id": "$request.path.id"},
            ),
        )
    }

    @describe(operation_id="read_exception", summary="Read an exception", examples=[EXCEPTION])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """What was overridden, by whom and why."""
        return super().get(request, *args, **kwargs)

    @describe(
        operation_id="change_exception",
        summary="Change an exception",
        request=ExceptionRequestSerializer,
        responses=ExceptionSerializer,
        examples=[CHANGE_NOTE, EXCEPTION],
    )
    def patch(self, request: Request, pk: int, exception_id: int) -> Response:
        """Replace what is given; the device is judged again at once, from stored facts.

        409 with the code `exception-exists` when there is another one like it.
        """
        del pk
        get_object_or_404(self.get_queryset(), pk=exception_id)
        body = ExceptionRequestSerializer(data=request.data, partial=True)
        body.is_valid(raise_exception=True)
        with transaction.atomic():
            row = change_exception(
                exception_id=exception_id,
                change=body.validated_data,
                actor=actor_of(request),
                check=lambda held: check_match(request, self.version_of(held)),
            )
            _note(request, row.device, f"Exception changed: {row}.")
        tag = entity_tag(request, self.version_of(row))
        return Response(self.get_serializer(row).data, headers={"ETag": tag})

    @describe(operation_id="remove_exception", summary="Remove an exception", responses={204: None})
    def delete(self, request: Request, pk: int, exception_id: int) -> Response:
        """The rules decide again, at once."""
        del pk
        with transaction.atomic():
            row = get_object_or_404(self.get_queryset(), pk=exception_id)
            check_match(request, self.version_of(row))
            remove_exception(exception_id=row.pk, actor=actor_of(request))
            _note(request, row.device, f"Exception removed: {row}.")
        return Response(status=status.HTTP_204_NO_CONTENT)


def _note(request: Request, device: Device, text: str) -> None:
    note_edit(request, model=Device, rows={device.pk: device.name}, text=text)
