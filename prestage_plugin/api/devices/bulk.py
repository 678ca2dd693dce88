"""What can be done with several devices at once, each for itself."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from prestage_plugin.api.core.actor import actor_of
from prestage_plugin.api.core.audit import note_edit
from prestage_plugin.api.core.idempotency import answer_once
from prestage_plugin.api.core.permissions import InScope, MayViewDevices
from prestage_plugin.api.core.view import PrestageView
from prestage_plugin.api.devices.actions import MUTED, UNMUTED, MayAssign, MayMute
from prestage_plugin.api.devices.examples import DEVICES, REPORT
from prestage_plugin.api.devices.requests import DevicesSerializer
from prestage_plugin.api.schema.inspection import Link, describe
from prestage_plugin.models import Device
from prestage_plugin.services.auto import mute_devices, unmute_devices
from prestage_plugin.services.device_report import DeviceReport
from prestage_plugin.services.roles import assign_roles, follow_configurations, unassign_roles
from prestage_plugin.states import TokenScope

__all__ = [
    "DeviceBulkAssignView",
    "DeviceBulkFollowView",
    "DeviceBulkMuteView",
    "DeviceBulkUnassignView",
    "DeviceBulkUnmuteView",
    "ReportSerializer",
    "report_document",
]


class FateSerializer(serializers.Serializer[Any]):
    """What became of one device."""

    id = serializers.IntegerField()
    name = serializers.CharField(allow_null=True, help_text="Null when there is no such device.")
    outcome = serializers.ChoiceField(choices=["done", "skipped"])
    code = serializers.CharField(allow_null=True, help_text="Why it was skipped, for programs.")
    detail = serializers.CharField(allow_null=True, help_text="Why it was skipped.")


class ReportSerializer(serializers.Serializer[Any]):
    """What became of several devices, in the order of the request."""

    done = serializers.IntegerField()
    skipped = serializers.IntegerField()
    results = FateSerializer(many=True)


def report_document(
    *, ids: Iterable[int], names: Mapping[int, str], report: DeviceReport
) -> dict[str, Any]:
    """Return what became of devices.

    Args:
        ids: Of the request, in its order.
        names: Of those that exist.
        report: Of the service.
    """
    results = [_fate(each, names.get(each), report) for each in ids]
    done = sum(each["outcome"] == "done" for each in results)
    return {"done": done, "skipped": len(results) - done, "results": results}


def _fate(device_id: int, name: str | None, report: DeviceReport) -> dict[str, Any]:
    fate = {"id": device_id, "name": name, "outcome": "done", "code": None, "detail": None}
    if name is None:
        detail = f"There is no device #{device_id}."
        return fate | {"outcome": "skipped", "code": "not-found", "detail": detail}
    refusal = report.refused.get(name)
    if refusal is None:
        return fate
    return fate | {"outcome": "skipped", "code": refusal.code, "detail": refusal.text}


class _BulkView(PrestageView):
    permission_classes = [InScope, MayViewDevices, MayAssign]
    write_scope = TokenScope.ROLES
    idempotent = ("post",)
    operation_links = {
        "post": (
            Link(
                name="read",
                status=200,
                operation="read_device",
                parameters={"id": "$response.body#/results/0/id"},
            ),
        )
    }

    def act(self, request: Request, service: Any, *, note: str = "", **values: Any) -> Response:
        """Do something with each of the devices.

        Args:
            request: Names them.
            service: What is done.
            note: For their histories, when the service writes none.
            **values: For the service.
        """
        return answer_once(request, lambda: self._act(request, service, note, values))

    def _act(self, request: Request, service: Any, note: str, values: dict[str, Any]) -> Response:
        body = DevicesSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        ids: list[int] = list(dict.fromkeys(body.validated_data["ids"]))
        names = dict(Device.objects.filter(pk__in=ids).values_list("pk", "name"))
        with transaction.atomic(savepoint=False):
            report: DeviceReport = service(device_ids=list(names), **values)
            if note:
                changed = {pk: name for pk, name in names.items() if name not in report.refused}
                note_edit(request, model=Device, rows=changed, text=note)
        return Response(report_document(ids=ids, names=names, report=report))


class DeviceBulkAssignView(_BulkView):
    """Confirms the recommended roles of several devices."""

    @describe(
        operation_id="assign_roles",
        summary="Assign the recommended roles of several devices",
        request=DevicesSerializer,
        responses=ReportSerializer,
        examples=[DEVICES, REPORT],
    )
    def post(self, request: Request) -> Response:
        """Confirm up to 1,000; those that cannot be are reported with the reason."""
        return self.act(request, assign_roles, actor=actor_of(request))


class DeviceBulkFollowView(_BulkView):
    """Assigns several devices as their configurations say now."""

    @describe(
        operation_id="follow_configurations",
        summary="Assign what the configurations of several devices say now",
        request=DevicesSerializer,
        responses=ReportSerializer,
        examples=[DEVICES, REPORT],
    )
    def post(self, request: Request) -> Response:
        """Assign up to 1,000 anew; those that cannot be are reported with the reason."""
        return self.act(request, follow_configurations, actor=actor_of(request))


class DeviceBulkUnassignView(_BulkView):
    """Takes the assigned roles of several devices back."""

    @describe(
        operation_id="unassign_roles",
        summary="Take the assigned roles of several devices back",
        request=DevicesSerializer,
        responses=ReportSerializer,
        examples=[DEVICES, REPORT],
    )
    def post(self, request: Request) -> Response:
        """Take up to 1,000 roles back; those that cannot be are reported with the reason."""
        return self.act(request, unassign_roles, actor=actor_of(request))


class DeviceBulkMuteView(_BulkView):
    """Mutes the events of several devices."""

    permission_classes = [InScope, MayViewDevices, MayMute]

    @describe(
        operation_id="mute_devices",
        summary="Mute the events of several devices",
        request=DevicesSerializer,
        responses=ReportSerializer,
        examples=[DEVICES, REPORT],
    )
    def post(self, request: Request) -> Response:
        """Mute up to 1,000 devices; those that are muted already are reported as skipped."""
        return self.act(request, mute_devices, note=MUTED)


class DeviceBulkUnmuteView(_BulkView):
    """Unmutes the events of several devices."""

    permission_classes = [InScope, MayViewDevices, MayMute]

    @describe(
        operation_id="unmute_devices",
        summary="Unmute the events of several devices",
        request=DevicesSerializer,
        responses=ReportSerializer,
        examples=[DEVICES, REPORT],
    )
    def post(self, request: Request) -> Response:
        """Unmute up to 1,000 devices; those that are not muted are reported as skipped."""
        return self.act(request, unmute_devices, note=UNMUTED)
