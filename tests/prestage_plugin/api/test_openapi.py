import json
from typing import Any

import pytest
import yaml
from django.utils import translation
from openapi_spec_validator import validate
from rest_framework.test import APIClient

from prestage_plugin.api.schema.document import DOCUMENT, digest_of, generate, shipped
from tests.docs.pages import ROOT
from tests.prestage_plugin.api.conftest import client_of

API = "/prestage/api/v1/"
METHODS = {"get", "post", "put", "patch", "delete"}


def operations() -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (path, method, operation)
        for path, methods in shipped()["paths"].items()
        for method, operation in methods.items()
        if method in METHODS
    ]


def test_the_committed_document_is_that_of_the_views() -> None:
    assert generate() == DOCUMENT.read_text(encoding="utf-8"), (
        "The API has changed: run `make openapi`, and say in CHANGELOG.md what is new for its users"
    )
    assert (ROOT / "docs" / "openapi.yaml").resolve() == DOCUMENT


def test_the_changelog_names_the_document() -> None:
    digest = digest_of(DOCUMENT.read_text(encoding="utf-8"))
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    unreleased = changelog.split("\n## ")[1]

    assert f"`{digest}`" in unreleased, (
        "The API has changed: say in the section API of CHANGELOG.md what is new for its users, "
        f"and that its document is `{digest}`"
    )


def test_the_document_is_valid_openapi() -> None:
    document = yaml.safe_load(DOCUMENT.read_text(encoding="utf-8"))

    assert document["openapi"] == "3.1.0"
    validate(document)


def test_the_document_does_not_depend_on_the_site(settings: Any) -> None:
    settings.REST_FRAMEWORK = {"DEFAULT_SCHEMA_CLASS": "rest_framework.schemas.openapi.AutoSchema"}
    settings.SPECTACULAR_SETTINGS = {"TITLE": "another"}
    with translation.override("de"):
        assert generate() == DOCUMENT.read_text(encoding="utf-8")


def test_every_operation_has_an_id_a_summary_and_examples() -> None:
    ids = [operation["operationId"] for _path, _method, operation in operations()]
    assert len(set(ids)) == len(ids)
    for path, method, operation in operations():
        assert operation["summary"], (method, path)
        assert operation["description"], (method, path)
        assert operation["responses"].keys() >= {"400", "401", "403", "406", "429"}, (method, path)
        answers = [
            answer for status, answer in operation["responses"].items() if status.startswith("2")
        ]
        for message in (operation.get("requestBody", {}), *answers):
            for media_type, media in message.get("content", {}).items():
                streamed = media_type in {"text/csv", "application/jsonl"}
                assert streamed or "examples" in media or "problem" in media_type, (method, path)


def test_links_lead_to_operations_that_there_are() -> None:
    ids = {operation["operationId"] for _path, _method, operation in operations()}
    links = [
        link
        for _path, _method, operation in operations()
        for answer in operation["responses"].values()
        for link in answer.get("links", {}).values()
    ]
    assert links
    assert {link["operationId"] for link in links} <= ids


@pytest.mark.parametrize(
    ("query", "accept", "media_type"),
    [
        ("", "application/json", "application/json"),
        ("", "application/yaml", "application/yaml; charset=utf-8"),
        ("", "application/vnd.oai.openapi+json", "application/vnd.oai.openapi+json"),
        ("?format=yaml", "*/*", "application/yaml; charset=utf-8"),
        ("?format=json", "text/html", "application/json"),
    ],
)
def test_the_site_serves_it_under_its_own_address(query: str, accept: str, media_type: str) -> None:
    response = client_of(None).get(f"{API}schema/{query}", headers={"Accept": accept})

    document = yaml.safe_load(response.content)
    assert (response.status_code, response["Content-Type"]) == (200, media_type)
    assert document.pop("servers") == [{"url": "/prestage/api/v1"}]
    assert document == {key: value for key, value in shipped().items() if key != "servers"}


def test_who_has_the_document_is_told_so() -> None:
    client = client_of(None)
    tag = client.get(f"{API}schema/")["ETag"]

    assert client.get(f"{API}schema/", headers={"If-None-Match": tag}).status_code == 304


def test_the_page_shows_every_operation_and_loads_nothing_from_elsewhere() -> None:
    response = client_of(None).get(f"{API}docs/")

    page = response.content.decode()
    assert (response.status_code, response["Content-Type"]) == (200, "text/html; charset=utf-8")
    for _path, _method, operation in operations():
        assert f'<section id="{operation["operationId"]}">' in page
    assert "<script" not in page
    assert 'href="/static/prestage_plugin/api.css"' in page or "api.css" in page
    for address in page.split('href="')[1:]:
        assert address.startswith(("#", "/")), address[:40]


def test_the_examples_are_what_the_schemas_say() -> None:
    from jsonschema import Draft202012Validator

    components = {"components": json.loads(json.dumps(shipped()["components"]))}
    checked = 0
    for path, method, operation in operations():
        bodies = [operation.get("requestBody", {}), *operation["responses"].values()]
        for content in (body.get("content", {}) for body in bodies):
            for media in content.values():
                for example in media.get("examples", {}).values():
                    Draft202012Validator(components | media["schema"]).validate(example["value"])
                    checked += 1
        assert method in METHODS, path
    assert checked


def test_an_unknown_parameter_of_the_schema_is_refused(db: None, api: APIClient) -> None:
    assert api.get(f"{API}schema/?lang=de").status_code == 400
