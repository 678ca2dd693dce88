"""Recommendations: list, and confirm some or all of them."""

from typing import Any

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from prestage_plugin.api.core.actor import actor_of
from prestage_plugin.api.core.idempotency import answer_once
from prestage_plugin.api.core.permissions import InScope, MayViewDevices
from prestage_plugin.api.core.view import ListView, PrestageView
from prestage_plugin.api.devices.actions import MayAssign
from prestage_plugin.api.devices.bulk import ReportSerializer, report_document
from prestage_plugin.api.devices.documents import with_exceptions
from prestage_plugin.api.devices.examples import REPORT
from prestage_plugin.api.recommendations.documents import RecommendationSerializer
from prestage_plugin.api.recommendations.examples import ALL, RECOMMENDATION, SOME
from prestage_plugin.api.recommendations.filters import RecommendationFilters
from prestage_plugin.api.recommendations.requests import ConfirmSerializer
from prestage_plugin.api.schema.inspection import Link, describe
from prestage_plugin.models import Device
from prestage_plugin.services.roles import assign_recommendations
from prestage_plugin.states import TokenScope

__all__ = ["RecommendationAssignView", "RecommendationListView"]

_FIRST = {"id": "$response.body#/results/0/id"}


class RecommendationListView(ListView[Device]):
    """The recommendations that are not what is assigned."""

    serializer_class = RecommendationSerializer
    permission_classes = [InScope, MayViewDevices]
    write_scope = TokenScope.ROLES
    queryset = Device.objects.none()  # for the schema
    filterset_class = RecommendationFilters
    orderings = ("name", "-name", "id", "-id")
    export_name = "recommendations"
    columns = (
        *("id", "name", "platform", "router.name", "state", "assignable", "recommended_role"),
        *("reason", "loopback", "uni_count", "excluded_count", "evaluated_at", "assigned_role"),
        *("assigned_loopback", "has_exceptions"),
    )
    operation_links = {
        "get": (
            Link(name="assign", status=200, operation="assign_role", parameters=_FIRST),
            Link(name="evidence", status=200, operation="read_evidence", parameters=_FIRST),
        )
    }

    def get_queryset(self) -> QuerySet[Device]:
        """Return the devices whose recommendation is not what is assigned."""
        return with_exceptions(Device.objects.differing())

    @describe(
        operation_id="list_recommendations",
        summary="List recommendations",
        examples=[RECOMMENDATION],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        """What discovery recommends and nobody has confirmed, or what differs from what was."""
        return super().get(request, *args, **kwargs)


class RecommendationAssignView(PrestageView):
    """Confirms recommendations."""

    permission_classes = [InScope, MayViewDevices, MayAssign]
    write_scope = TokenScope.ROLES
    idempotent = ("post",)
    operation_links = {
        "post": (Link(name="read", status=200, operation="read_device", parameters=_FIRST),)
    }

    @describe(
        operation_id="assign_recommendations",
        summary="Assign what is recommended",
        request=ConfirmSerializer,
        responses=ReportSerializer,
        examples=[SOME, ALL, REPORT],
    )
    def post(self, request: Request) -> Response:
        """Confirm some recommendations, or all; those that cannot be are reported as skipped."""
        return answer_once(request, lambda: self._assign(request))

    def _assign(self, request: Request) -> Response:
        body = ConfirmSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        wanted = body.validated_data
        if wanted["all"]:
            chosen: QuerySet[Device] = Device.objects.assignable().filter(in_inventory=True)
            if role := wanted.get("recommended_role"):
                chosen = chosen.filter(recommended_role=role)
        else:
            chosen = Device.objects.filter(pk__in=wanted["ids"])
        names = dict(chosen.order_by("name").values_list("pk", "name"))
        ids = list(dict.fromkeys(wanted.get("ids", names)))
        report = assign_recommendations(device_ids=list(names), actor=actor_of(request))
        return Response(report_document(ids=ids, names=names, report=report))
