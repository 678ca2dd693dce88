"""Make the OpenAPI document out of the views (`make openapi`), and read the one that is shipped.

A site serves what was released: the document is made once, here, and committed. Its digest stands
in CHANGELOG.md, so that nobody changes the API without saying so.
"""

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from django.utils import translation
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiYamlRenderer
from drf_spectacular.settings import patched_settings

from prestage_plugin.api.schema.inspection import problem_responses
from prestage_plugin.api.version import API_VERSION

__all__ = ["DOCUMENT", "digest_of", "generate", "shipped", "shipped_as_json"]

DOCUMENT = Path(__file__).with_name("openapi.yaml")
_DIGEST_LENGTH = 12

_DESCRIPTION = """\
Prestage network devices: start jobs, follow them, confirm roles.

Times are ISO 8601 in UTC. Errors are problem documents (RFC 9457) with a stable `code`. Lists come
in pages; nothing is counted. Send `If-None-Match` when you poll, `Idempotency-Key` when you create.
"""

_SETTINGS: dict[str, Any] = {
    "OAS_VERSION": "3.1.0",
    "TITLE": "Prestage",
    "DESCRIPTION": _DESCRIPTION,
    "VERSION": API_VERSION,
    "LICENSE": {"name": "Apache-2.0"},
    # The address is that of the ready-made site; a site that serves the document puts its own.
    "SERVERS": [{"url": "/prestage/api/v1"}],
    "SCHEMA_PATH_PREFIX": "/",
    "SCHEMA_PATH_PREFIX_TRIM": False,
    "SCHEMA_PATH_PREFIX_INSERT": "",
    "COMPONENT_SPLIT_REQUEST": True,
    # A sparse document has not all fields.
    "COMPONENT_NO_READ_ONLY_REQUIRED": True,
    "PREPROCESSING_HOOKS": [],
    "POSTPROCESSING_HOOKS": [],
    "ENUM_GENERATE_CHOICE_DESCRIPTION": True,
    "SORT_OPERATIONS": True,
    "AUTHENTICATION_WHITELIST": None,
    "PARSER_WHITELIST": None,
    "RENDERER_WHITELIST": None,
    "APPEND_COMPONENTS": {},
    "SECURITY": [],
    "TAGS": [],
    "CAMELIZE_NAMES": False,
    "GENERIC_ADDITIONAL_PROPERTIES": "dict",
    "DISABLE_ERRORS_AND_WARNINGS": False,
}


class _TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "prestage_plugin.api.core.authentication.TokenInHeader"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        del auto_schema
        return {"type": "http", "scheme": "bearer", "description": "A token of the API."}


class _SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "prestage_plugin.api.core.authentication.BrowserSession"
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        del auto_schema
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": "sessionid",
            "description": "A session of the site; writing also needs `X-CSRFToken`.",
        }


def generate() -> str:
    """Return the document of the API as it is now, in YAML."""
    with translation.override("en"), patched_settings(_SETTINGS):
        generator = SchemaGenerator(urlconf="prestage_plugin.api.urls")  # type: ignore[no-untyped-call]
        document = generator.get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
        document["components"]["responses"] = problem_responses()
        _drop_notes(document)
        _let_be_sparse(document)
        text: bytes = OpenApiYamlRenderer().render(document, renderer_context={})  # type: ignore[no-untyped-call]
    return text.decode()


def _drop_notes(value: Any) -> None:
    """Remove what drf-spectacular notes for itself."""
    if isinstance(value, dict):
        value.pop("x-spec-enum-id", None)
        for each in value.values():
            _drop_notes(each)
    elif isinstance(value, list):
        for each in value:
            _drop_notes(each)


def _let_be_sparse(document: dict[str, Any]) -> None:
    """Say of documents whose fields can be chosen that none of these must be there."""
    schemas = document["components"]["schemas"]
    for methods in document["paths"].values():
        parameters = [each["name"] for each in methods.get("get", {}).get("parameters", [])]
        if "fields" not in parameters:
            continue
        shown = methods["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        name = _component_of(shown)
        if "results" in schemas[name]["properties"]:
            name = _component_of(schemas[name]["properties"]["results"]["items"])
        schemas[name].pop("required", None)


def _component_of(reference: dict[str, str]) -> str:
    return reference["$ref"].rpartition("/")[2]


def digest_of(text: str) -> str:
    """Return what CHANGELOG.md must name for this document."""
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGEST_LENGTH]


@cache
def shipped() -> dict[str, Any]:
    """Return the released document."""
    # In C it takes a tenth of the time.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    text = DOCUMENT.read_text(encoding="utf-8")
    document: dict[str, Any] = yaml.load(text, Loader=loader)  # noqa: S506 - both are safe
    return document


@cache
def shipped_as_json(server: str) -> bytes:
    """Return the released document for a site.

    Args:
        server: Address of the API within the site.
    """
    return json.dumps(shipped() | {"servers": [{"url": server}]}).encode()
