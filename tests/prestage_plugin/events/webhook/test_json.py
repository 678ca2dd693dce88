"""A genuine signature does not make a body harmless."""

import json
from typing import Any

import pytest

from prestage_plugin.events.webhook.classification import MOST_DEVICES
from prestage_plugin.events.webhook.document import MOST_DEPTH
from prestage_plugin.models import ChangeEvent, UnknownSender, WebhookReceipt
from tests.prestage_plugin.events.webhook import bodies
from tests.prestage_plugin.events.webhook.sender import Sender, to_bytes
from tests.prestage_plugin.services.build import make_devices

pytestmark = pytest.mark.django_db


def nested(levels: int, *, kind: str = "[]") -> bytes:
    """A body whose deepest value has so many levels above it, the body itself included."""
    opening, closing = ('{"a":', "}") if kind == "{}" else ("[", "]")
    inner = levels - 1
    return f'{{"devices":["pe1"],"x":{opening * inner}1{closing * inner}}}'.encode()


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (b"", "json-invalid"),
        (b"{", "json-invalid"),
        (b"nonsense", "json-invalid"),
        (b'{"devices": ["pe1"],}', "json-invalid"),
        (b'{"devices": ["pe1"]} {}', "json-invalid"),
        (b'{"devices": ["pe1"], "x": NaN}', "json-invalid"),
        (b'{"devices": ["pe1"], "x": -Infinity}', "json-invalid"),
        (b'{"devices": ["pe1"], "x": ' + b"9" * 100_000 + b"}", "json-invalid"),
        (b'{"devices": ["\xff"]}', "json-invalid"),
        (b'{"devices": ["pe\n1"]}', "json-invalid"),
        ('{"devices": ["pe1"]}'.encode("utf-16"), "json-invalid"),
        ('{"devices": ["pe1"]}'.encode("utf-8-sig"), "json-invalid"),
        (b"\x1f\x8b\x08\x00", "json-invalid"),
        (b"[]", "json-not-an-object"),
        (b'["pe1"]', "json-not-an-object"),
        (b'"pe1"', "json-not-an-object"),
        (b"null", "json-not-an-object"),
        (b"1", "json-not-an-object"),
        (b"[" * 100_000 + b"]" * 100_000, "json-too-deep"),
        (b"[" * 1_000_000, "json-too-deep"),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "json-too-deep"),
        (b'[{"a":' * 50_000, "json-too-deep"),
        (nested(MOST_DEPTH + 1), "json-too-deep"),
        (nested(MOST_DEPTH + 1, kind="{}"), "json-too-deep"),
        (b'"' + b'\\"' * 500_000, "json-invalid"),
        (b"\\" * 1_000_000, "json-invalid"),
    ],
)
def test_what_is_no_json_object_is_refused(script: Sender, payload: bytes, code: str) -> None:
    response = script.post(payload)
    assert (response.status_code, response.json()["code"]) == (400, code)
    assert not WebhookReceipt.objects.exists()


@pytest.mark.parametrize(
    "payload",
    [
        nested(MOST_DEPTH),
        nested(MOST_DEPTH, kind="{}"),
        b'{"devices": ["pe1"], "x": [' + b"[]," * 300_000 + b"{}]}",
        b'{"devices": ["pe1"], "x": "' + b"[" * 500_000 + b'"}',
        b'{"devices": ["pe1"], "x": "\\"' + b"{" * 500_000 + b'"}',
        b'{"devices": ["pe1"], "x": "\\\\"' + b" " * 70 + b"}",
        b'{"devices": ["pe2"], "devices": ["pe1"]}',
        b'{"devices": ["pe1"], "x": 1e999}',
        b'\r\n {"devices": ["pe1"]} \t',
    ],
)
def test_what_is_one_is_read_of_a_double_key_the_last_value(script: Sender, payload: bytes) -> None:
    make_devices("pe1")
    response = script.post(payload)
    assert response.json() == {"accepted": 1, "unknown": 0, "ignored": {}}


@pytest.mark.parametrize("name", ["\x00", "pe1\x00", "\ud800", "\udfff\ud800", "a" * 100_000, "☃"])
def test_any_text_may_be_a_name_and_none_reaches_a_table_as_it_is(
    script: Sender, name: str
) -> None:
    response = script.post(bodies.generic(name, name, user=name, detail=name))
    assert response.json() == {"accepted": 0, "unknown": 2, "ignored": {}}
    sender = UnknownSender.objects.get()
    assert (sender.sender, sender.events) == ("ci", 2)
    assert sender.detail.isprintable()
    assert len(sender.detail) <= 120


@pytest.mark.parametrize("name", ["al\x00ice", "al\ud800ice", "al\u202eice"])
def test_what_is_said_about_a_known_device_is_cleaned_too(script: Sender, name: str) -> None:
    make_devices("pe1")
    assert script.post(bodies.generic("pe1", user=name, detail=name)).json()["accepted"] == 1
    event = ChangeEvent.objects.get()
    assert (event.actor, event.detail) == ("al ice", "al ice")


@pytest.mark.parametrize(
    "body",
    [
        {"model": "cable", "data": {"a_terminations": [{"device": {"name": "x"}}] * 1001}},
        {"devices": ["pe1"] * (MOST_DEVICES + 1)},
        {"addresses": ["10.0.0.1"] * MOST_DEVICES, "devices": ["pe1"]},
    ],
)
def test_a_message_that_names_too_many_devices_is_refused_whole(
    script: Sender, body: dict[str, Any]
) -> None:
    make_devices("pe1")
    response = script.post(body)
    assert (response.status_code, response.json()["code"]) == (400, "too-many-devices")
    assert not ChangeEvent.objects.exists()
    assert not UnknownSender.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"hello": "world"},
        {"model": 5, "data": {"name": "pe1"}},
        {"model": "", "object_type": None},
        {"text": "IP address 10.0.0.1/24 was created by alice!"},
    ],
)
def test_an_object_that_is_none_of_ours_is_counted_as_not_understood(
    script: Sender, body: dict[str, Any]
) -> None:
    response = script.post(body)
    assert response.status_code == 202
    assert response.json() == {"accepted": 0, "unknown": 0, "ignored": {"not-understood": 1}}


def test_a_double_key_counts_once_in_the_signed_bytes_too(script: Sender) -> None:
    make_devices("pe1", "pe2")
    payload = (
        to_bytes(bodies.generic("pe1"))[:-1]
        + b', "devices": '
        + json.dumps(["pe2"]).encode()
        + b"}"
    )
    assert script.post(payload).json()["accepted"] == 1
    assert ChangeEvent.objects.get().device.name == "pe2"
