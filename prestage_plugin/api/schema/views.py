"""`GET schema/`: the OpenAPI document; `GET docs/`: the same for people, without a network."""

from typing import Any

import yaml
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from rest_framework.permissions import AllowAny
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from prestage_plugin.api.core.conditional import entity_tag, is_known
from prestage_plugin.api.core.renderers import PlainJsonRenderer
from prestage_plugin.api.core.view import PrestageView
from prestage_plugin.api.schema.document import shipped, shipped_as_json
from prestage_plugin.api.schema.page import operations_by_tag, schemas_of

__all__ = ["PageView", "SchemaView"]


class _Document(BaseRenderer):
    charset: str | None = None

    def render(
        self, data: Any, accepted_media_type: Any = None, renderer_context: Any = None
    ) -> Any:
        del accepted_media_type, renderer_context
        return data


class _OpenApiJson(_Document):
    media_type = "application/vnd.oai.openapi+json"
    format = "openapi-json"


class _Json(_Document):
    media_type = "application/json"
    format = "json"


class _Yaml(_Document):
    media_type = "application/yaml"
    format = "yaml"
    charset = "utf-8"


class _OpenApiYaml(_Yaml):
    media_type = "application/vnd.oai.openapi"
    format = "openapi"


class _Html(BaseRenderer):
    media_type = "text/html"
    format = "html"
    charset = "utf-8"

    def render(
        self, data: Any, accepted_media_type: Any = None, renderer_context: Any = None
    ) -> Any:
        return PlainJsonRenderer().render(data, accepted_media_type, renderer_context)


class SchemaView(PrestageView):
    """The document is no secret: it is in the package that everybody can read."""

    permission_classes = [AllowAny]
    renderer_classes = [_Json, _Yaml, _OpenApiJson, _OpenApiYaml]
    schema = None  # type: ignore[assignment]

    def get(self, request: Request) -> Response:
        """Answer in JSON or YAML, as `Accept` or `format` says."""
        server = _server(request)
        form = request.accepted_renderer.format
        tag = entity_tag(request, [server, form])
        if is_known(request, tag):
            return Response(status=304, headers={"ETag": tag})
        if "json" in form:
            return Response(shipped_as_json(server), headers={"ETag": tag})
        document = shipped() | {"servers": [{"url": server}]}
        text = yaml.dump(document, sort_keys=False, allow_unicode=True)
        return Response(text.encode(), headers={"ETag": tag})


class PageView(PrestageView):
    """Every operation on one page, from this site alone."""

    permission_classes = [AllowAny]
    renderer_classes = [_Html]
    schema = None  # type: ignore[assignment]

    def get(self, request: Request) -> HttpResponse:
        """Answer with HTML."""
        document = shipped()
        context = {
            "info": document["info"],
            "server": request.build_absolute_uri(_server(request)),
            "tags": operations_by_tag(document),
            "schemas": schemas_of(document),
            "schema_url": reverse(f"{_namespace(request)}:schema"),
        }
        return render(request._request, "prestage_plugin/api/page.html", context)  # noqa: SLF001 - Django's own


def _server(request: Request) -> str:
    return reverse(f"{_namespace(request)}:schema").removesuffix("/schema/")


def _namespace(request: Request) -> str:
    match = request.resolver_match
    assert match is not None
    return match.namespace
