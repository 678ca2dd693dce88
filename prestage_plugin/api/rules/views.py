"""Rules and profiles: list, read. They are part of the software, so every user may read them."""

from collections.abc import Iterable
from typing import Any

from django.http import Http404
from drf_spectacular.utils import OpenApiExample, OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from nornir_tasks.rules import RULES, RuleScope
from prestage_plugin.api.core.computed import ComputedListView
from prestage_plugin.api.core.permissions import InScope
from prestage_plugin.api.core.problems import invalid_parameter
from prestage_plugin.api.core.view import DocumentView
from prestage_plugin.api.rules.documents import (
    ProfileSerializer,
    RuleSerializer,
    profile_documents,
    rule_documents,
)
from prestage_plugin.api.schema.inspection import Link, describe

__all__ = ["ProfileListView", "ProfileView", "RuleListView", "RuleView"]

_ADDRESS = "https://example.org/prestage/api/v1/"
_SAMPLE = next(each for each in RULES if each.id == "R2")
RULE = OpenApiExample(
    "EBGP makes a P router",
    value={
        "id": _SAMPLE.id,
        "name": _SAMPLE.name,
        "scope": "device",
        "scope_display": "Device",
        "check": _SAMPLE.check,
        "description": _SAMPLE.description,
        "sample": _SAMPLE.sample,
        "profiles": ["csd", "extended"],
        "links": {"self": f"{_ADDRESS}rules/R2/"},
    },
    response_only=True,
)
PROFILE = OpenApiExample(
    "The documented rules",
    value={
        "name": "csd",
        "description": "The documented rules of Connectivity Services Director.",
        "is_default": True,
        "device_rules": ["R1", "R2", "R3", "R4", "R5", "R6"],
        "decision": ["loopback", "comment", "ebgp", "capabilities"],
        "uni_rules": ["management", "pseudo"],
        "switches": {
            "ipv6_loopback_counts": False,
            "bare_pe_token": True,
            "infer_ebgp": False,
            "capabilities_from_services": False,
        },
        "links": {"self": f"{_ADDRESS}profiles/csd/"},
    },
    response_only=True,
)


class RuleListView(ComputedListView):
    """All rules."""

    serializer_class = RuleSerializer
    permission_classes = [InScope]
    parameters = ("scope",)
    export_name = "rules"
    columns = ("id", "name", "scope", "check", "description", "profiles", "sample")
    operation_links = {
        "get": (
            Link(
                name="read",
                status=200,
                operation="read_rule",
                parameters={"id": "$response.body#/results/0/id"},
            ),
        )
    }

    @describe(
        operation_id="list_rules",
        summary="List rules",
        parameters=[
            OpenApiParameter("scope", str, enum=list(RuleScope), description="What they judge.")
        ],
        responses=RuleSerializer(many=True),
        examples=[RULE],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        """What is asked about devices and interfaces, with a sample that matches."""
        del args, kwargs
        scope = request.query_params.get("scope")
        if scope is not None and scope not in list(RuleScope):
            words = ", ".join(RuleScope)
            raise invalid_parameter("scope", f"It must be one of {words}.", code="invalid-choice")
        rows = [each for each in rule_documents(request) if scope in {None, each["scope"]}]
        return self.answer_list(rows, versions=rows)


class _ComputedView(DocumentView[Any]):
    permission_classes = [InScope]

    def version_of(self, row: Any) -> Iterable[Any]:
        """Return the document itself."""
        return [row]


class RuleView(_ComputedView):
    """One rule."""

    serializer_class = RuleSerializer

    def get_object(self) -> dict[str, Any]:
        """Return the rule."""
        return _find(rule_documents(self.request), "id", self.kwargs["id"])

    @describe(operation_id="read_rule", summary="Read a rule", examples=[RULE])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """What it means, and a configuration that it matches."""
        return super().get(request, *args, **kwargs)


class ProfileListView(ComputedListView):
    """All profiles."""

    serializer_class = ProfileSerializer
    permission_classes = [InScope]
    key = "name"
    export_name = "profiles"
    columns = ("name", "description", "is_default", "device_rules", "decision", "uni_rules")
    operation_links = {
        "get": (
            Link(
                name="read",
                status=200,
                operation="read_profile",
                parameters={"name": "$response.body#/results/0/name"},
            ),
        )
    }

    @describe(
        operation_id="list_profiles",
        summary="List profiles of rules",
        responses=ProfileSerializer(many=True),
        examples=[PROFILE],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        """Which rules are asked by each, in which order."""
        del args, kwargs
        rows = profile_documents(request)
        return self.answer_list(rows, versions=rows)


class ProfileView(_ComputedView):
    """One profile."""

    serializer_class = ProfileSerializer

    def get_object(self) -> dict[str, Any]:
        """Return the profile."""
        return _find(profile_documents(self.request), "name", self.kwargs["name"])

    @describe(operation_id="read_profile", summary="Read a profile of rules", examples=[PROFILE])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Which rules it asks, in which order, and what it decides otherwise than others."""
        return super().get(request, *args, **kwargs)


def _find(rows: list[dict[str, Any]], key: str, value: str) -> dict[str, Any]:
    for row in rows:
        if row[key] == value:
            return row
    raise Http404
