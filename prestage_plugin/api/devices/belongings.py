"""What belongs to a device: its evidence, interfaces, history, events and jobs."""

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from nornir_tasks.evaluation import InterfaceDecision, complete_document
from prestage_plugin.api.core.computed import ComputedListView
from prestage_plugin.api.core.conditional import row_version
from prestage_plugin.api.core.permissions import InScope, MayViewDevices
from prestage_plugin.api.core.problems import invalid_parameter
from prestage_plugin.api.core.view import DocumentView, ListView
from prestage_plugin.api.devices.belonging_documents import (
    DeviceJobSerializer,
    EvidenceSerializer,
    RoleChangeSerializer,
)
from prestage_plugin.api.devices.examples import DEVICE_JOB, EVIDENCE, INTERFACE, ROLE_CHANGE
from prestage_plugin.api.devices.filters import (
    DeviceEventFilters,
    DeviceJobFilters,
    RoleChangeFilters,
)
from prestage_plugin.api.devices.views import device_or_404
from prestage_plugin.api.events.documents import ChangeEventSerializer
from prestage_plugin.api.events.examples import EVENT
from prestage_plugin.api.rules.verdicts import InterfaceVerdictSerializer
from prestage_plugin.api.schema.inspection import Link, describe
from prestage_plugin.models import ChangeEvent, Device, DeviceEvaluation, Job, JobDevice, RoleChange

__all__ = [
    "DeviceEventListView",
    "DeviceInterfaceListView",
    "DeviceJobListView",
    "EvidenceView",
    "RoleChangeListView",
]

_ID = {"id": "$request.path.id"}
_TO_DEVICE = {"get": (Link(name="device", status=200, operation="read_device", parameters=_ID),)}


def _evaluation_of(device_id: int) -> DeviceEvaluation:
    """Return the last evaluation of a device, without the facts, which are as large again.

    Raises:
        Http404: There is no such device.
        NotFound: `not-evaluated`.
    """
    devices = Device.objects.select_related("evaluation").defer("evaluation__facts")
    device = get_object_or_404(devices, pk=device_id)
    try:
        return device.evaluation
    except DeviceEvaluation.DoesNotExist:
        text = f"{device.name} was never evaluated; prestage it first."
        raise NotFound(text, code="not-evaluated") from None


def _version(evaluation: DeviceEvaluation) -> list[Any]:
    return [evaluation.pk, evaluation.digest, evaluation.rules_key, evaluation.device.evaluated_at]


class EvidenceView(DocumentView[Any]):
    """Why a device got its role."""

    serializer_class = EvidenceSerializer
    permission_classes = [InScope, MayViewDevices]
    queryset = Device.objects.none()  # for the schema: addressed by the device
    operation_links = {
        "get": (
            Link(name="device", status=200, operation="read_device", parameters=_ID),
            Link(name="interfaces", status=200, operation="list_device_interfaces", parameters=_ID),
        )
    }

    def get_object(self) -> DeviceEvaluation:
        """Return the evaluation."""
        return _evaluation_of(self.kwargs["pk"])

    def version_of(self, row: DeviceEvaluation) -> Iterable[Any]:
        """Return the digest of the evaluation."""
        return _version(row)

    @describe(
        operation_id="read_evidence", summary="Read why a device got its role", examples=[EVIDENCE]
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Every rule with its verdict and the statements of the configuration it rests on.

        404 with the code `not-evaluated` before the device was evaluated.
        """
        return super().get(request, *args, **kwargs)


class DeviceInterfaceListView(ComputedListView):
    """The interfaces of a device with their verdicts."""

    serializer_class = InterfaceVerdictSerializer
    permission_classes = [InScope, MayViewDevices]
    queryset = Device.objects.none()  # for the schema: addressed by the device
    parameters = ("verdict", "rule")
    key = "name"
    export_name = "interfaces"
    columns = ("name", "verdict", "rule", "in_use", "vlan_pool", "used_vlans", "warnings")
    operation_links = _TO_DEVICE

    @describe(
        operation_id="list_device_interfaces",
        summary="List the interfaces of a device",
        parameters=[
            OpenApiParameter(
                "verdict", str, enum=list(InterfaceDecision), description="With this verdict."
            ),
            OpenApiParameter("rule", str, description="Decided by this rule."),
        ],
        responses=InterfaceVerdictSerializer(many=True),
        examples=[INTERFACE],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        """Which interfaces can be UNI, and why the others cannot, as of the last evaluation."""
        del args
        evaluation = _evaluation_of(kwargs["pk"])
        verdict = request.query_params.get("verdict")
        rule = request.query_params.get("rule")
        if verdict is not None and verdict not in list(InterfaceDecision):
            words = ", ".join(InterfaceDecision)
            raise invalid_parameter("verdict", f"It must be one of {words}.", code="invalid-choice")
        rows = [
            each
            for each in complete_document(evaluation.result)["interfaces"]
            if verdict in {None, each["verdict"]} and rule in {None, each["rule"]}
        ]
        return self.answer_list(rows, versions=_version(evaluation))


class RoleChangeListView(ListView[RoleChange]):
    """The role history of a device."""

    serializer_class = RoleChangeSerializer
    permission_classes = [InScope, MayViewDevices]
    queryset = RoleChange.objects.none()  # for the schema
    filterset_class = RoleChangeFilters
    orderings = ("-id", "id")
    export_name = "history"
    columns = ("id", "at", "kind", "role_before", "role_after", "actor", "job", "reason")
    operation_links = _TO_DEVICE

    def get_queryset(self) -> QuerySet[RoleChange]:
        """Return the rows; 404 without the device."""
        return RoleChange.objects.filter(device=device_or_404(self.kwargs["pk"]))

    @describe(
        operation_id="list_role_changes",
        summary="List how a device's roles changed",
        examples=[ROLE_CHANGE],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        """Every change of the recommended and the assigned role, newest first."""
        return super().get(request, *args, **kwargs)


class DeviceEventListView(ListView[ChangeEvent]):
    """The events of a device."""

    serializer_class = ChangeEventSerializer
    permission_classes = [InScope, MayViewDevices]
    queryset = ChangeEvent.objects.none()  # for the schema
    filterset_class = DeviceEventFilters
    orderings = ("-id", "id")
    export_name = "events"
    columns = ("id", "received_at", "source", "fate", "job", "actor", "detail", "sender")
    operation_links = _TO_DEVICE

    def get_queryset(self) -> QuerySet[ChangeEvent]:
        """Return the rows with what became of them; 404 without the device."""
        events: QuerySet[ChangeEvent] = ChangeEvent.objects.with_fates()
        return events.filter(device=device_or_404(self.kwargs["pk"]))

    def version_of(self, row: ChangeEvent) -> Iterable[Any]:
        """Return the row and what became of it, which other rows say."""
        return [*row_version(row), row.fate, row.change and row.change.job_id]

    @describe(
        operation_id="list_device_events", summary="List the events of a device", examples=[EVENT]
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        """What was heard of changes of the device, and what became of it, newest first."""
        return super().get(request, *args, **kwargs)


class DeviceJobListView(ListView[JobDevice]):
    """The jobs of a device."""

    serializer_class = DeviceJobSerializer
    permission_classes = [InScope, MayViewDevices]
    queryset = JobDevice.objects.none()  # for the schema
    filterset_class = DeviceJobFilters
    orderings = ("-id", "id")
    export_name = "jobs"
    columns = (
        *("job.id", "job.name", "job.state", "state", "recommended_role", "assigned_role"),
        *("reason", "error.code", "error.text", "attempt", "started_at", "ended_at"),
    )
    operation_links = {
        "get": (
            Link(
                name="job",
                status=200,
                operation="read_job",
                parameters={"id": "$response.body#/results/0/job/id"},
            ),
        )
    }

    def get_queryset(self) -> QuerySet[JobDevice]:
        """Return the rows of jobs that the user may see; 404 without the device."""
        device = device_or_404(self.kwargs["pk"])
        rows = JobDevice.objects.filter(
            device=device, job__in=Job.objects.visible_to(self.request.user)
        )
        return rows.select_related("job").defer("evidence", "job__scope")

    def version_of(self, row: JobDevice) -> Iterable[Any]:
        """Return the row, and the state of its job."""
        return [*row_version(row), row.job.state]

    @describe(
        operation_id="list_device_jobs", summary="List the jobs of a device", examples=[DEVICE_JOB]
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        """What the jobs that one may see found out about the device, newest first."""
        return super().get(request, *args, **kwargs)
