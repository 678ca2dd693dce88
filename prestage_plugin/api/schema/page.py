"""The OpenAPI document in the order in which a page shows it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

__all__ = ["Operation", "Schema", "operations_by_tag", "schemas_of"]

_METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation for a template.

    Attributes:
        id: Operation id, which is an anchor of the page too.
        method: In capitals.
        path: Below the address of the API.
        summary: One sentence.
        description: More of them.
        parameters: As the document has them.
        body: An example of the request's body or its schema, as JSON; empty without a body.
        responses: Status, words, and an example or the name of the schema.
    """

    id: str
    method: str
    path: str
    summary: str
    description: str
    parameters: list[dict[str, Any]]
    body: str
    responses: list[tuple[str, str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema:
    """One schema for a template.

    Attributes:
        name: As others refer to it.
        description: What it is.
        fields: Name, type and meaning.
    """

    name: str
    description: str
    fields: list[tuple[str, str, str]]


def operations_by_tag(document: dict[str, Any]) -> list[tuple[str, list[Operation]]]:
    """Return the operations of each tag, tags and operations in the document's order."""
    found: dict[str, list[Operation]] = {}
    for tag, operation in _operations(document):
        found.setdefault(tag, []).append(operation)
    return list(found.items())


def schemas_of(document: dict[str, Any]) -> list[Schema]:
    """Return the schemas in the document's order."""
    return [
        Schema(
            name=name,
            description=raw.get("description", ""),
            fields=[
                (field, _type_of(shape), shape.get("description", ""))
                for field, shape in raw.get("properties", {}).items()
            ],
        )
        for name, raw in document["components"]["schemas"].items()
    ]


def _type_of(shape: dict[str, Any]) -> str:
    kind = shape.get("type", "")
    return " or ".join(kind) if isinstance(kind, list) else str(kind)


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, Operation]]:
    for path, methods in document["paths"].items():
        for method in _METHODS:
            if method not in methods:
                continue
            raw = methods[method]
            yield (
                raw.get("tags", ["other"])[0],
                Operation(
                    id=raw["operationId"],
                    method=method.upper(),
                    path=path,
                    summary=raw.get("summary", ""),
                    description=raw.get("description", ""),
                    parameters=raw.get("parameters", []),
                    body=_shown(raw.get("requestBody", {}).get("content", {})),
                    responses=[
                        (status, answer.get("description", ""), _shown(answer.get("content", {})))
                        for status, reference in raw["responses"].items()
                        for answer in [_resolved(document, reference)]
                    ],
                ),
            )


def _resolved(document: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in answer:
        return answer
    found: dict[str, Any] = document["components"]["responses"][answer["$ref"].rpartition("/")[2]]
    return found


def _shown(content: dict[str, Any]) -> str:
    for media in content.values():
        for example in media.get("examples", {}).values():
            return json.dumps(example["value"], indent=2, ensure_ascii=False)
        return _name_of(media.get("schema", {}))
    return ""


def _name_of(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    return json.dumps(schema, indent=2, ensure_ascii=False)
