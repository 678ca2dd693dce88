"""`POST classify/`: a configuration in, every verdict out."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from prestage_plugin.api.classify.requests import (
    ClassifySerializer,
    LargeJsonParser,
    RulesSerializer,
    XmlParser,
    XmlTextParser,
)
from prestage_plugin.api.core.permissions import InScope, MayViewDevices
from prestage_plugin.api.core.problems import (
    Fault,
    InvalidRequest,
    PayloadTooLarge,
    invalid_parameter,
)
from prestage_plugin.api.core.view import PrestageView
from prestage_plugin.api.rules.verdicts import EvaluationSerializer
from prestage_plugin.api.schema.inspection import Link, describe
from prestage_plugin.errors import Refused
from prestage_plugin.services.classification import classify_document
from prestage_plugin.services.rule_choice import choose_rules
from prestage_plugin.states import TokenScope

__all__ = ["ClassifyView"]

_PARAMETERS = {
    "device": "Name of the device; the configured host name without it.",
    "platform": "`junos` without it.",
    "profile": "Name of a profile; the site's without it.",
    "capability_policy": "`any`, `all` or `none`; the site's without it.",
}


class ClassifiedSerializer(serializers.Serializer[Any]):
    """The main system first, then one per logical system."""

    results = EvaluationSerializer(many=True)


_CONFIGURATION = (
    "<configuration><system><host-name>pe1</host-name></system><interfaces><interface>"
    "<name>lo0</name><unit><name>0</name><family><inet><address><name>10.0.0.7/32</name>"
    "</address></inet></family></unit></interface></interfaces></configuration>"
)
_AS_JSON = OpenApiExample(
    "With the rules to ask",
    value={
        "configuration": _CONFIGURATION,
        "profile": "extended",
        "exceptions": [{"kind": "exclude-interface", "value": "ge-0/0/1"}],
    },
    request_only=True,
    media_type="application/json",
)
_AS_XML = OpenApiExample(
    "The configuration itself",
    value=_CONFIGURATION,
    request_only=True,
    media_type="application/xml",
)
_AS_TEXT_XML = OpenApiExample(
    "The configuration, as some programs name its type",
    value=_CONFIGURATION,
    request_only=True,
    media_type="text/xml",
)
_VERDICT = OpenApiExample(
    "No service capability",
    value={
        "results": [
            {
                "device": "pe1",
                "role": "UNKNOWN",
                "role_display": "UNKNOWN",
                "reason": "no-service-capability",
                "loopback": "10.0.0.7",
                "loopback_alternatives": [],
                "capabilities": [],
                "flags": [],
                "warnings": [],
                "profile": "csd",
                "capability_policy": "any",
                "sources": ["configuration"],
                "rules": [
                    {
                        "id": "R3",
                        "name": "loopback",
                        "verdict": "pass",
                        "verdict_display": "pass",
                        "reason": "lo0.0 has the address 10.0.0.7.",
                        "evidence": [
                            {
                                "path": "interfaces/interface[lo0]/unit[0]/family/inet/address",
                                "value": "10.0.0.7/32",
                            }
                        ],
                    }
                ],
                "uni_count": 0,
                "excluded_count": 1,
                "interfaces": [
                    {
                        "name": "lo0",
                        "verdict": "excluded",
                        "verdict_display": "excluded",
                        "rule": "pseudo",
                        "matched": ["pseudo"],
                        "in_use": False,
                        "vlan_pool": [1, 4094],
                        "used_vlans": [],
                        "warnings": [],
                        "evidence": [],
                    }
                ],
            }
        ]
    },
    response_only=True,
)


class ClassifyView(PrestageView):
    """Judges a configuration without any device; it writes nothing, so reading is enough."""

    permission_classes = [InScope, MayViewDevices]
    write_scope = TokenScope.READ
    rate = "compute"
    write_parameters = tuple(_PARAMETERS)
    parser_classes = [LargeJsonParser, XmlParser, XmlTextParser]
    operation_links = {
        "post": (
            Link(
                name="rule",
                status=200,
                operation="read_rule",
                parameters={"id": "$response.body#/results/0/rules/0/id"},
            ),
        )
    }

    @describe(
        operation_id="classify",
        summary="Judge a configuration",
        parameters=[
            OpenApiParameter(name, str, description=f"With a body of XML: {text}")
            for name, text in _PARAMETERS.items()
        ],
        request={
            "application/json": ClassifySerializer,
            "application/xml": OpenApiTypes.STR,
            "text/xml": OpenApiTypes.STR,
        },
        responses=ClassifiedSerializer,
        examples=[_AS_JSON, _AS_XML, _AS_TEXT_XML, _VERDICT],
    )
    def post(self, request: Request) -> Response:
        """Every verdict with its evidence; nothing is stored, and no device is touched.

        The configuration is XML of at most 8 MiB, without DOCTYPE and entities.
        """
        body, data = _read(request)
        values = body.validated_data
        rules = choose_rules(
            profile=values["profile"], capability_policy=values["capability_policy"]
        )
        try:
            found = classify_document(document=body.as_document(data), rules=rules)
        except Refused as refusal:
            if refusal.code == "payload-too-large":
                raise PayloadTooLarge(refusal.text) from None
            raise
        document = {"results": [each.as_dict() for each in found]}
        headers = {"Cache-Control": "no-store"}
        return Response(ClassifiedSerializer(document).data, headers=headers)


def _read(request: Request) -> tuple[RulesSerializer, bytes]:
    """Return what was asked, and the configuration."""
    sent: Any = request.data
    if isinstance(sent, bytes):
        return _parameters(request), sent
    for name in request.query_params:
        if name in _PARAMETERS:
            raise invalid_parameter(name, "With a body of JSON it is a field of the body.")
    body = ClassifySerializer(data=sent)
    body.is_valid(raise_exception=True)
    return body, body.validated_data["configuration"].encode()


def _parameters(request: Request) -> RulesSerializer:
    given = request.query_params
    body = RulesSerializer(data={name: given[name] for name in _PARAMETERS if name in given})
    if not body.is_valid():
        raise InvalidRequest(
            *(
                Fault(
                    kind="parameter",
                    name=name,
                    code=str(error.code).replace("_", "-"),
                    detail=str(error),
                )
                for name, errors in body.errors.items()
                for error in errors
            )
        )
    return body
