"""How an operation is described, from what its view says about itself.

drf-spectacular reads serializers, filters and pages; here is added what every operation has: the
problems, the headers, the parameters of `core.view`, and the links.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, TypeVar

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, extend_schema

from prestage_plugin.api.schema.problem import ProblemSerializer

__all__ = ["Link", "PrestageSchema", "describe", "problem_responses"]

_Method = TypeVar("_Method", bound=Callable[..., Any])

_PROBLEM_TYPE = "application/problem+json"
_ALWAYS = (400, 401, 403, 406, 429, 503)
_WITH_BODY = (413, 415)
_PROBLEMS = (*_ALWAYS, 404, 409, 412, *_WITH_BODY, 422, 428, 501)
_TEXT = {"type": "string"}
_HEADERS: dict[str, dict[str, Any]] = {
    "ETag": {"description": "Version of the answer, for `If-None-Match` and `If-Match`."},
    "Location": {"description": "Where to look from now on."},
    "Retry-After": {"description": "Seconds after which to ask again."},
    "WWW-Authenticate": {"description": "How to show who asks."},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Where to go on from an answer (OpenAPI: link object).

    Attributes:
        name: Of the link.
        status: Of the answer.
        operation: Id of the operation that it leads to.
        parameters: Of that operation, as runtime expressions, e.g.
            `{"id": "$response.body#/id"}`.
    """

    name: str
    status: int
    operation: str
    parameters: Mapping[str, str] = field(default_factory=dict)


class PrestageSchema(AutoSchema):
    """Describes operations of `core.view.PrestageView`."""

    view: Any

    def get_override_parameters(self) -> list[Any]:
        """Return the parameters that follow from what the view is."""
        view, method = self.view, self.method.lower()
        known = view.known_parameters()
        found = []
        if method == "get" and "fields" in known:
            found += [
                _parameter("fields", "Fields of the documents, with commas between; all without."),
                _header("If-None-Match", "An `ETag`: 304 when nothing is new."),
            ]
        if method in view.idempotent:
            found.append(
                _header("Idempotency-Key", "The same key and request are carried out once.", 255)
            )
        if method in view.edited:
            found.append(_header("If-Match", "The `ETag` of what is edited: 412 when it is old."))
        return found

    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        """Return the operation with what all of them have."""
        operation: dict[str, Any] | None = super().get_operation(*args, **kwargs)
        if operation is None:
            return None
        responses = operation["responses"]
        if "fields" in self.view.known_parameters() and self.method == "GET":
            responses["304"] = {"description": "Nothing is new.", "headers": _headers("ETag")}
            responses["200"]["headers"] = _headers("ETag")
        self._describe_export(responses)
        if "202" in responses:
            responses["202"]["headers"] = _headers("Location", "Retry-After")
        for status in {"201", "302"} & responses.keys():
            responses[status]["headers"] = _headers("Location")
        for status in self._problems("requestBody" in operation):
            problem = self._problem(status)
            if str(status) in responses:
                content = {_PROBLEM_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
                responses[str(status)]["content"] |= content
            else:
                responses[str(status)] = problem
        for link in self.view.operation_links.get(self.method.lower(), ()):
            links = responses[str(link.status)].setdefault("links", {})
            links[link.name] = {
                "operationId": link.operation,
                "parameters": dict(link.parameters),
            }
        operation["responses"] = {key: responses[key] for key in sorted(responses)}
        return operation

    def map_renderers(self, attribute: str) -> list[Any]:
        """Return the forms of answers; exports are described apart."""
        if attribute != "media_type":
            return []
        return [self.view.renderer_classes[0].media_type]

    def _describe_export(self, responses: dict[str, Any]) -> None:
        streamed = [each.media_type for each in self.view.renderer_classes[1:]]
        if self.method != "GET" or not streamed or "content" not in responses.get("200", {}):
            return
        for media_type in streamed:
            responses["200"]["content"][media_type] = {"schema": _TEXT}

    def _get_format_parameters(self) -> list[dict[str, Any]]:
        formats = [str(each.format) for each in self.view.renderer_classes]
        if self.method != "GET" or len(formats) == 1:
            return []
        return [
            {
                "name": "format",
                "in": "query",
                "description": "Form of the answer, instead of `Accept`.",
                "schema": {"type": "string", "enum": formats},
            }
        ]

    def _problems(self, has_body: bool) -> list[int]:
        view, method = self.view, self.method.lower()
        found = {*_ALWAYS, *view.answers.get(method, ())}
        if "{" in self.path:
            found.add(404)
        if has_body or self.method in {"POST", "PUT", "PATCH"}:
            found.update(_WITH_BODY)
        if method in view.idempotent:
            found.update({409, 422})
        if method in view.edited:
            found.add(412)
        return sorted(found)

    def _problem(self, status: int) -> dict[str, str]:
        self.resolve_serializer(ProblemSerializer, "response")  # so that the document has it
        return {"$ref": f"#/components/responses/{_name_of(status)}"}


def problem_responses() -> dict[str, Any]:
    """Return the answers that operations refer to, by name."""
    return {_name_of(status): _problem(status) for status in _PROBLEMS}


def _name_of(status: int) -> str:
    return HTTPStatus(status).phrase.title().replace(" ", "").replace("-", "")


def _problem(status: int) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    problem: dict[str, Any] = {
        "description": HTTPStatus(status).phrase,
        "content": {_PROBLEM_TYPE: {"schema": schema}},
    }
    if status in {401, 403}:
        problem["headers"] = _headers("WWW-Authenticate")
    elif status in {409, 429, 503}:
        problem["headers"] = _headers("Retry-After")
    return problem


def describe(**said: Any) -> Callable[[_Method], _Method]:
    """Say about an operation what its view does not say (a decorator of its method).

    Args:
        **said: As for drf-spectacular's `extend_schema`; at least `operation_id` and `summary`.
    """

    def decorate(method: _Method) -> _Method:
        # Otherwise drf-spectacular builds on what the site has set for its own API.
        method.schema = PrestageSchema  # type: ignore[attr-defined]
        return extend_schema(**said)(method)

    return decorate


def _parameter(name: str, description: str) -> OpenApiParameter:
    return OpenApiParameter(name, str, OpenApiParameter.QUERY, description=description)


def _header(name: str, description: str, length: int | None = None) -> OpenApiParameter:
    schema = _TEXT if length is None else _TEXT | {"maxLength": length, "pattern": r"^[ -~]*$"}
    return OpenApiParameter(name, schema, OpenApiParameter.HEADER, description=description)


def _headers(*names: str) -> dict[str, Any]:
    return {name: {"schema": _TEXT} | _HEADERS[name] for name in names}
