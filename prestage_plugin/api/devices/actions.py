"""What can be done with one device: assign, assign anew, take back, mute, prestage."""

from collections.abc import Callable
from typing import Protocol

from django.db import transaction
from django.http import Http404
from django.shortcuts import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from prestage_plugin.api.core.actor import actor_of, user_of
from prestage_plugin.api.core.audit import note_edit
from prestage_plugin.api.core.conditional import check_match
from prestage_plugin.api.core.fields import NothingSerializer
from prestage_plugin.api.core.idempotency import answer_once, idempotency_key_of
from prestage_plugin.api.core.permissions import InScope, MayViewDevices, may
from prestage_plugin.api.devices.documents import DeviceDetailSerializer
from prestage_plugin.api.devices.examples import DEVICE, PRESTAGE
from prestage_plugin.api.devices.requests import PrestageRequestSerializer
from prestage_plugin.api.devices.views import DeviceRows
from prestage_plugin.api.jobs.documents import JobSerializer
from prestage_plugin.api.jobs.examples import JOB
from prestage_plugin.api.jobs.views import JobRows, MayRun
from prestage_plugin.api.schema.inspection import Link, describe
from prestage_plugin.models import Device
from prestage_plugin.services.auto import mute_devices, unmute_devices
from prestage_plugin.services.device_job import prestage_device
from prestage_plugin.services.device_locks import lock_devices
from prestage_plugin.services.device_report import DeviceReport
from prestage_plugin.services.roles import assign_roles, follow_configurations, unassign_roles

__all__ = [
    "MUTED",
    "UNMUTED",
    "DeviceAssignView",
    "DeviceFollowView",
    "DeviceMuteView",
    "DevicePrestageView",
    "DeviceUnassignView",
    "DeviceUnmuteView",
    "MayAssign",
    "MayMute",
]

MayAssign = may("assign_role", "assign roles")
MayMute = may("change_device", "mute the events of devices")

MUTED, UNMUTED = "Events muted.", "Events unmuted."
"""In histories, in the same words as the admin's."""

_ID = {"id": "$response.body#/id"}
_AS_WANTED = {"already-muted", "not-muted"}
"""Refusals that say that the device is as was wanted."""


class _RolesService(Protocol):
    def __call__(self, *, device_ids: list[int], actor: str) -> DeviceReport: ...


class _ActionView(DeviceRows):
    edited = ("post",)
    operation_links = {
        "post": (Link(name="read", status=200, operation="read_device", parameters=_ID),)
    }

    def answer(self, pk: int, report: DeviceReport) -> Response:
        """Answer with the device as it is now, or with why it was refused."""
        for refusal in report.refused.values():
            if refusal.code not in _AS_WANTED:
                raise refusal
        return Response(self.document(pk))


class _RoleActionView(_ActionView):
    permission_classes = [InScope, MayViewDevices, MayAssign]
    answers = {"post": (409,)}
    idempotent = ("post",)

    def act(self, request: Request, pk: int, service: _RolesService) -> Response:
        """Change the assigned role of what the caller has seen."""
        get_object_or_404(Device.objects.only("pk"), pk=pk)
        return answer_once(request, lambda: self._act(request, pk, service))

    def _act(self, request: Request, pk: int, service: _RolesService) -> Response:
        NothingSerializer(data=request.data).is_valid(raise_exception=True)
        with transaction.atomic():
            # Held from here on, so that no job recommends another role in between.
            held = lock_devices(self.get_queryset().filter(pk=pk))
            if not held:
                raise Http404
            check_match(request, self.version_of(held[0]))
            report = service(device_ids=[pk], actor=actor_of(request))
        return self.answer(pk, report)


class DeviceAssignView(_RoleActionView):
    """Confirms the recommended role of a device."""

    @describe(
        operation_id="assign_role",
        summary="Assign the recommended role",
        request=NothingSerializer,
        responses=DeviceDetailSerializer,
        examples=[DEVICE],
    )
    def post(self, request: Request, pk: int) -> Response:
        """Confirm what is recommended, with the loopback.

        With `If-Match` it is confirmed only when it is still what was seen. 409 when nothing can be
        assigned (`no-recommendation`) or a role is assigned already (`role-assigned`).
        """
        return self.act(request, pk, assign_roles)


class DeviceFollowView(_RoleActionView):
    """Assigns a device as its configuration says now."""

    @describe(
        operation_id="follow_configuration",
        summary="Assign what the configuration says now",
        request=NothingSerializer,
        responses=DeviceDetailSerializer,
        examples=[DEVICE],
    )
    def post(self, request: Request, pk: int) -> Response:
        """Say of a device with drift that its configuration is right, and the role was to change.

        409 when it has no role (`no-role`), its configuration supports it (`no-drift`), nothing is
        recommended any more (`no-recommendation`), or something uses the role (`role-in-use`).
        """
        return self.act(request, pk, follow_configurations)


class DeviceUnassignView(_RoleActionView):
    """Takes the assigned role of a device back."""

    @describe(
        operation_id="unassign_role",
        summary="Take the assigned role back",
        request=NothingSerializer,
        responses=DeviceDetailSerializer,
        examples=[DEVICE],
    )
    def post(self, request: Request, pk: int) -> Response:
        """Afterwards the device is a candidate again, and is read anew.

        409 when it has no role (`no-role`), or something uses it (`role-in-use`), which is named.
        """
        return self.act(request, pk, unassign_roles)


class _MuteActionView(_ActionView):
    permission_classes = [InScope, MayViewDevices, MayMute]
    answers = {"post": (409,)}

    def act(
        self, request: Request, pk: int, service: Callable[..., DeviceReport], text: str
    ) -> Response:
        """Mute or unmute; when it is so already, that is no error."""
        device = get_object_or_404(self.get_queryset(), pk=pk)
        NothingSerializer(data=request.data).is_valid(raise_exception=True)
        check_match(request, self.version_of(device))
        with transaction.atomic():
            report = service(device_ids=[pk])
            if report.changed:
                note_edit(request, model=Device, rows={pk: device.name}, text=text)
        return self.answer(pk, report)


class DeviceMuteView(_MuteActionView):
    """Mutes the events of a device; repeating it gives the same answer."""

    @describe(
        operation_id="mute_device",
        summary="Mute the events of a device",
        request=NothingSerializer,
        responses=DeviceDetailSerializer,
        examples=[DEVICE],
    )
    def post(self, request: Request, pk: int) -> Response:
        """Its events are recorded from now on and start nothing; 409 for a logical system."""
        return self.act(request, pk, mute_devices, MUTED)


class DeviceUnmuteView(_MuteActionView):
    """Unmutes the events of a device; repeating it gives the same answer."""

    @describe(
        operation_id="unmute_device",
        summary="Unmute the events of a device",
        request=NothingSerializer,
        responses=DeviceDetailSerializer,
        examples=[DEVICE],
    )
    def post(self, request: Request, pk: int) -> Response:
        """Its events count again, those that came meanwhile included."""
        return self.act(request, pk, unmute_devices, UNMUTED)


class DevicePrestageView(JobRows):
    """Starts a job for one device."""

    permission_classes = [InScope, MayViewDevices, MayRun]
    answers = {"post": (409,)}
    idempotent = ("post",)
    operation_links = {
        "post": (
            Link(name="read", status=202, operation="read_job", parameters=_ID),
            Link(name="cancel", status=202, operation="cancel_job", parameters=_ID),
        )
    }

    @describe(
        operation_id="prestage_device",
        summary="Prestage a device now",
        request=PrestageRequestSerializer,
        responses={202: JobSerializer},
        examples=[PRESTAGE, JOB],
    )
    def post(self, request: Request, pk: int) -> Response:
        """Start a job for this device alone.

        409 for a logical system (`logical-system`), whose router can be prestaged, and for a device
        that left the inventory (`not-in-inventory`).
        """
        device = get_object_or_404(Device.objects.select_related("parent"), pk=pk)
        return answer_once(request, lambda: self._start(request, device))

    def _start(self, request: Request, device: Device) -> Response:
        body = PrestageRequestSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        job = prestage_device(
            device=device,
            run=body.as_run(),
            user=user_of(request),
            idempotency_key=idempotency_key_of(request),
            actor=actor_of(request),
        )
        return self.answer_started(job)
