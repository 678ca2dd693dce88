import json
import logging
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from nornir_tasks.rules import RULES
from prestage_plugin.models import Device, DeviceEvaluation, IdempotentRequest
from prestage_plugin.services.classification import MOST_BYTES
from tests.prestage_plugin.api.conftest import client_of, client_with, make_token
from tests.prestage_plugin.factories import make_user

pytestmark = pytest.mark.django_db
CLASSIFY = "/prestage/api/v1/classify/"
SECRET = "hunter2hunter2"
LOOPBACK = (
    "<interfaces><interface><name>lo0</name><unit><name>0</name><family><inet><address>"
    "<name>10.0.0.7/32</name></address></inet></family></unit></interface>"
    "<interface><name>ge-0/0/1</name></interface></interfaces>"
)
VPN = (
    "<protocols><bgp><group><name>RR</name><family><inet-vpn><unicast/></inet-vpn></family>"
    "</group></bgp></protocols>"
)
SYSTEM = (
    "<system><host-name>pe7</host-name><root-authentication><encrypted-password>"
    f"{SECRET}</encrypted-password></root-authentication></system>"
)
CONFIGURATION = f"<configuration>{SYSTEM}{LOOPBACK}{VPN}</configuration>"


@pytest.fixture
def api(db: None) -> APIClient:
    return client_of(make_user("viewer", "view_device"))


def as_json(api: APIClient, configuration: str = CONFIGURATION, **values: Any) -> Any:
    return api.post(CLASSIFY, {"configuration": configuration} | values, format="json")


def as_xml(
    api: APIClient,
    configuration: str = CONFIGURATION,
    query: str = "",
    content_type: str = "application/xml",
) -> Any:
    return api.generic("POST", f"{CLASSIFY}?{query}", configuration, content_type=content_type)


def test_every_verdict_comes_with_its_evidence(api: APIClient) -> None:
    [found] = as_json(api).json()["results"]

    assert (found["device"], found["role"], found["reason"]) == ("pe7", "N-PE", "capabilities")
    assert (found["loopback"], found["capabilities"]) == ("10.0.0.7", ["l3"])
    verdicts = {each["id"]: each for each in found["rules"]}
    assert set(verdicts) == {"R1", "R2", "R3", "R4", "R5", "R6"}
    assert verdicts["R6"]["verdict"] == "pass"
    assert verdicts["R6"]["evidence"][0]["path"].startswith("protocols/bgp/group[RR]")
    assert (found["uni_count"], found["excluded_count"]) == (1, 1)
    ports = {each["name"]: each["verdict_display"] for each in found["interfaces"]}
    assert ports == {"lo0": "excluded", "ge-0/0/1": "recommended"}


@pytest.mark.parametrize("content_type", ["application/xml", "text/xml; charset=utf-8"])
def test_xml_itself_gives_the_same(api: APIClient, content_type: str) -> None:
    assert as_xml(api, content_type=content_type).json() == as_json(api).json()


def test_it_is_judged_as_one_asks(api: APIClient) -> None:
    in_json = as_json(
        api, device="r1", profile="extended", capability_policy="all", platform="juniper_junos"
    ).json()
    in_xml = as_xml(
        api, query="device=r1&profile=extended&capability_policy=all&platform=juniper_junos"
    ).json()

    assert in_json == in_xml
    [found] = in_json["results"]
    assert (found["device"], found["profile"], found["capability_policy"]) == (
        "r1",
        "extended",
        "all",
    )
    assert found["role"] != "N-PE"


def test_exceptions_are_tried(api: APIClient) -> None:
    port = {"kind": "exclude-interface", "value": "ge-0/0/1"}
    other = {"kind": "loopback", "value": "10.0.0.9"}

    [found] = as_json(api, exceptions=[port, other]).json()["results"]
    [excluded] = as_json(api, exceptions=[{"kind": "exclude"}]).json()["results"]

    assert (found["uni_count"], found["loopback"]) == (0, "10.0.0.9")
    assert found["interfaces"][0]["rule"] == "exception"
    assert (excluded["role"], excluded["reason"]) == ("UNKNOWN", "excluded")


def test_logical_systems_are_judged_apart(api: APIClient) -> None:
    system = f"<logical-systems><name>LS1</name>{VPN}</logical-systems>"
    configuration = CONFIGURATION.replace("</configuration>", f"{system}</configuration>")

    names = [each["device"] for each in as_xml(api, configuration).json()["results"]]

    assert names == ["pe7", "pe7:LS1"]


def test_nothing_is_stored(api: APIClient) -> None:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert as_json(api).status_code == 200
        assert (
            api.post(
                CLASSIFY,
                {"configuration": CONFIGURATION},
                format="json",
                headers={"Idempotency-Key": "k"},
            ).status_code
            == 200
        )
    statements = [query["sql"].split()[0] for query in queries.captured_queries]
    assert set(statements) == {"SELECT"}
    assert len(statements) == 2 * 4
    for model in (Device, DeviceEvaluation, IdempotentRequest):
        assert not model.objects.exists()


DTD = f'<!DOCTYPE x [<!ENTITY e "{SECRET}">]>'
BAD: list[tuple[str, str]] = [
    (" ", "bad-xml"),
    (f"set system host-name {SECRET}", "bad-xml"),
    (f"<configuration><{SECRET}></configuration>", "bad-xml"),
    (f"<configuration {SECRET}></configuration>", "bad-xml"),
    (f"<configuration>&{SECRET};</configuration>", "bad-xml"),
    (f"<configuration>{SECRET}", "bad-xml"),
    (f"<?xml version='1.0' encoding='{SECRET}'?><configuration/>", "bad-xml"),
    (f"<{SECRET}>" * 300 + f"</{SECRET}>" * 300, "bad-xml"),
    (f"{DTD}<configuration>&e;</configuration>", "doctype-refused"),
    (f"<!-- {SECRET} -->{DTD}<configuration/>", "doctype-refused"),
    ('<!DOCTYPE x SYSTEM "file:///etc/passwd"><configuration/>', "doctype-refused"),
    (f"<{SECRET}/>", "no-configuration"),
    (f"<a><configuration>{SECRET}</configuration><configuration/></a>", "no-configuration"),
    (
        f"<rpc-reply><rpc-error><error-message>{SECRET}</error-message></rpc-error></rpc-reply>",
        "no-configuration",
    ),
]


@pytest.mark.parametrize(("configuration", "code"), BAD)
def test_what_is_no_configuration_is_refused_without_repeating_it(
    api: APIClient, caplog: pytest.LogCaptureFixture, configuration: str, code: str
) -> None:
    caplog.set_level(logging.DEBUG)
    answers = [as_xml(api, configuration)]
    if configuration.strip():  # else it is blank, which no field may be
        answers.append(as_json(api, configuration))

    for answer in answers:
        assert (answer.status_code, answer.json()["code"]) == (400, code)
        assert answer["Content-Type"] == "application/problem+json"
        assert SECRET not in answer.content.decode()
    assert SECRET not in caplog.text


def test_a_line_says_where_it_breaks(api: APIClient) -> None:
    detail = as_xml(api, "<configuration>\n<a>\n</configuration>").json()["detail"]

    assert detail == "The configuration is not well-formed XML (line 3)."


def test_what_was_handed_in_is_not_in_the_answer(api: APIClient) -> None:
    assert SECRET not in as_json(api).content.decode()
    assert as_json(api)["Cache-Control"] == "no-store"


def test_a_configuration_has_a_largest_size(api: APIClient) -> None:
    padding = " " * (MOST_BYTES - len(CONFIGURATION))
    largest = CONFIGURATION.replace("</configuration>", f"{padding}</configuration>")
    assert len(largest) == MOST_BYTES

    assert as_xml(api, largest).status_code == 200
    assert as_json(api, largest).status_code == 200
    answers = [
        as_xml(api, f"{largest} "),
        as_json(api, f"{largest} "),
        as_json(api, "é" * (MOST_BYTES // 2 + 1)),
        api.generic("POST", CLASSIFY, " " * (2 * MOST_BYTES + 1), content_type="application/json"),
    ]
    for answer in answers:
        assert (answer.status_code, answer.json()["code"]) == (413, "payload-too-large")


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"profile": "none"}, "unknown-profile"),
        ({"capability_policy": "some"}, "bad-policy"),
        ({"platform": "ios"}, "unsupported-platform"),
        ({"exceptions": [{"kind": "loopback", "value": "x"}]}, "bad-exception"),
        ({"exceptions": [{"kind": "other"}]}, "invalid-choice"),
        ({"exceptions": {}}, "not-a-list"),
        ({"exceptions": [{"kind": "exclude"}] * 1001}, "max-length"),
        ({"config": "x"}, "unknown-field"),
        ({"configuration": None}, "null"),
        ({"configuration": 7}, "invalid"),
        ({"device": "x" * 256}, "max-length"),
    ],
)
def test_what_contradicts_itself_is_refused(api: APIClient, values: Any, code: str) -> None:
    response = (
        as_json(api, **values)
        if "configuration" not in values
        else api.post(CLASSIFY, values, format="json")
    )

    assert (response.status_code, response.json()["code"]) == (400, code)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("profile=none", "unknown-profile"),
        ("platform=", "blank"),
        ("device=%00", "null-characters-not-allowed"),
        (f"device={'x' * 256}", "max-length"),
        ("exceptions=x", "unknown-parameter"),
    ],
)
def test_a_wrong_parameter_beside_xml_is_refused(api: APIClient, query: str, code: str) -> None:
    response = as_xml(api, query=query)

    assert (response.status_code, response.json()["code"]) == (400, code)
    if code != "unknown-profile":
        assert response.json()["errors"][0]["parameter"] == query.partition("=")[0]


def test_beside_json_there_are_no_parameters(api: APIClient) -> None:
    response = api.post(f"{CLASSIFY}?profile=csd", {"configuration": "<a/>"}, format="json")

    assert response.json()["errors"][0]["parameter"] == "profile"


def test_another_kind_of_body_is_refused(api: APIClient) -> None:
    assert as_xml(api, content_type="text/plain").status_code == 415
    assert api.get(CLASSIFY).status_code == 405


def test_reading_is_enough_for_whom_may_view_devices() -> None:
    viewer = make_user("viewer", "view_device")
    assert as_xml(client_of(make_user("nobody", "run_job"))).status_code == 403
    assert as_xml(client_of(None)).status_code == 401
    assert as_xml(client_with(make_token(viewer, "read"))).status_code == 200
    other = make_token(viewer, "jobs", "roles", "events", name="others")
    assert as_xml(client_with(other)).status_code == 403


def test_any_sample_of_a_rule_is_judged(api: APIClient) -> None:
    for rule in RULES:
        if rule.sample.startswith("<configuration"):
            answer = as_json(api, rule.sample)
            assert answer.status_code == 200, rule.id
            assert json.dumps(answer.json())
