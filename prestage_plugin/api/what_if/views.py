"""`GET what-if/`: which devices would change under other rules, from what to what."""

import base64
import json
from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter
from rest_framework.mixins import ListModelMixin
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from nornir_tasks.rules import CapabilityPolicy
from prestage_plugin.api.core.exporting import stream
from prestage_plugin.api.core.filtering import Filters
from prestage_plugin.api.core.paging import page_size_of, paging_parameters
from prestage_plugin.api.core.permissions import InScope, MayViewDevices
from prestage_plugin.api.core.problems import invalid_parameter
from prestage_plugin.api.core.renderers import CsvRenderer, JsonLinesRenderer, PlainJsonRenderer
from prestage_plugin.api.core.view import RowsView
from prestage_plugin.api.devices.documents import with_exceptions
from prestage_plugin.api.devices.filters import DeviceFilters
from prestage_plugin.api.schema.inspection import Link, describe
from prestage_plugin.api.what_if.documents import (
    ProspectPageSerializer,
    ProspectSerializer,
    tally_document,
)
from prestage_plugin.api.what_if.examples import PROSPECT
from prestage_plugin.models import Device
from prestage_plugin.services.rule_choice import choose_rules
from prestage_plugin.services.what_if import Prospect, Shown, take_page, what_if

__all__ = ["WhatIfView"]

MOST_EXAMINED = 250
"""Devices that one page looks at; each costs about two milliseconds."""

_COLUMNS = (
    *("id", "name", "router.name", "assigned_role", "changes", "would_drift"),
    *("now.role", "then.role", "now.reason", "then.reason", "now.loopback", "then.loopback"),
    *("now.uni_count", "then.uni_count", "problem.code"),
)


class ProspectPages(BasePagination):
    """The parameters of pages, for the schema."""

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """Return the parameters of the pages."""
        del view
        return paging_parameters()


class WhatIfView(RowsView[Any], ListModelMixin):
    """What other rules would recommend, from stored facts.

    The mixin tells drf-spectacular that the filters are parameters of this operation.
    """

    serializer_class = ProspectSerializer
    permission_classes = [InScope, MayViewDevices]
    rate = "compute"
    queryset = Device.objects.none()  # for the schema
    filter_backends = [Filters]
    filterset_class = DeviceFilters
    pagination_class = ProspectPages
    renderer_classes = [PlainJsonRenderer, CsvRenderer, JsonLinesRenderer]
    parameters = ("profile", "capability_policy", "show", "cursor", "page_size")
    operation_links = {
        "get": (
            Link(
                name="evidence",
                status=200,
                operation="read_evidence",
                parameters={"id": "$response.body#/results/0/id"},
            ),
        )
    }

    def known_parameters(self) -> list[str]:
        """Return the filters of devices, and the parameters of this view."""
        return [*DeviceFilters.base_filters, *self.parameters]

    def get_queryset(self) -> QuerySet[Device]:
        """Return the devices with what their filters need."""
        return with_exceptions(Device.objects.all())

    @describe(
        operation_id="what_if",
        summary="Read what other rules would recommend",
        parameters=[
            OpenApiParameter("profile", str, description="The site's without it."),
            OpenApiParameter(
                "capability_policy",
                str,
                enum=list(CapabilityPolicy),
                description="The site's without it.",
            ),
            OpenApiParameter(
                "show",
                str,
                enum=list(Shown),
                default="role",
                description="Devices whose role would be another, of which anything would, or all.",
            ),
        ],
        responses=ProspectPageSerializer,
        examples=[PROSPECT],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        """Which devices would change under another profile or policy, from what to what.

        Computed from what was read last; no device is touched and nothing is written. A page looks
        at 250 devices at most, so it may be short, or empty, and yet have a `next`.
        """
        del args, kwargs
        show = request.query_params.get("show", "role")
        if show not in list(Shown):
            words = ", ".join(Shown)
            raise invalid_parameter("show", f"It must be one of {words}.", code="invalid-choice")
        rules = choose_rules(
            profile=request.query_params.get("profile", ""),
            capability_policy=request.query_params.get("capability_policy", ""),
        )
        devices = self.filter_queryset(self.get_queryset())
        prospects = what_if(rules=rules, devices=devices, after=_after(request))
        form = request.accepted_renderer.format
        if form != PlainJsonRenderer.format:
            return stream(
                request,
                rows=filter(Shown(show).fits, prospects),
                document=self.get_serializer(),
                columns=_COLUMNS,
                form=form,
                name="what-if",
            )
        return self._page(prospects, Shown(show), page_size_of(request))

    def _page(self, prospects: Iterator[Prospect], shown: Shown, size: int) -> Response:
        page = take_page(prospects, shown=shown, size=size, most=MOST_EXAMINED)
        return Response(
            {
                "next": self._address(page.last) if page.last else None,
                "tally": tally_document(page.tally),
                "results": self.get_serializer(page.prospects, many=True).data,
            }
        )

    def _address(self, name: str) -> str:
        cursor = base64.urlsafe_b64encode(json.dumps(name).encode()).decode().rstrip("=")
        return replace_query_param(self.request.build_absolute_uri(), "cursor", cursor)


def _after(request: Request) -> str:
    given = request.query_params.get("cursor")
    if given is None:
        return ""
    refusal = invalid_parameter("cursor", "Take the cursor from `next` of a page.")
    try:
        padded = given.encode("ascii") + b"=" * (-len(given) % 4)
        name = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, RecursionError):
        raise refusal from None
    if not isinstance(name, str) or any(c == "\x00" or "\ud800" <= c <= "\udfff" for c in name):
        raise refusal
    return name
