"""Whatever a sender signs: no answer is an error of ours, and the tables stay small."""

import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from prestage_plugin.models import ChangeEvent, UnknownSender, WebhookReceipt
from tests.prestage_plugin.events.webhook import bodies
from tests.prestage_plugin.events.webhook.sender import Sender, sign
from tests.prestage_plugin.services.build import make_devices

pytestmark = pytest.mark.django_db

WORDS = [
    "event", "timestamp", "model", "object_type", "username", "request", "user", "data",
    "snapshots", "prechange", "postchange", "differences", "added", "removed", "custom_fields",
    "device", "devices", "addresses", "name", "display", "address", "assigned_object",
    "a_terminations", "object", "termination_a", "primary_ip4", "id", "detail", "dcim.device",
    "interface", "cable", "ipaddress", "updated", "deleted", "created", "pe1", "10.0.0.1/24",
    "prestage",
]  # fmt: skip
# Lone surrogates and zeros are text to JSON.
texts = st.sampled_from(WORDS) | st.text(st.characters(codec=None), max_size=8)
leaves = st.none() | st.booleans() | st.integers() | st.floats() | texts
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=5),
    max_leaves=25,
)


@st.composite
def distorted(draw: st.DrawFn) -> Any:
    """A true body in which something is replaced, here or deeper."""
    model, data = draw(
        st.sampled_from(
            [
                ("device", bodies.device_data("pe1", primary_ip4={"address": "10.0.0.1/24"})),
                ("interface", bodies.interface_data("pe1")),
                ("ipaddress", bodies.address_data("10.0.0.1/24", bodies.interface_data("pe1"))),
                ("cable", {"a_terminations": [{"object": bodies.interface_data("pe1")}]}),
            ]
        )
    )
    build = draw(st.sampled_from([bodies.netbox, bodies.newer_netbox, bodies.nautobot]))
    body = build(model, data)
    if draw(st.booleans()):
        body = bodies.generic("pe1", addresses=["10.0.0.1"])
    body = json.loads(json.dumps(body))
    place: Any = body
    while True:
        key = draw(st.sampled_from(sorted(place)))
        if not (isinstance(place[key], dict) and place[key] and draw(st.booleans())):
            break
        place = place[key]
    place[key] = draw(values)
    return body


payloads = (
    st.binary(max_size=300)
    | values.map(lambda value: json.dumps(value).encode())
    | distorted().map(lambda body: json.dumps(body).encode())
    | distorted().map(lambda body: json.dumps(body, ensure_ascii=False).encode(errors="replace"))
)


@settings(
    max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(payload=payloads)
def test_any_signed_bytes_have_an_answer(netbox: Sender, payload: bytes) -> None:
    if not ChangeEvent.objects.exists():
        make_devices_once()
    before = ChangeEvent.objects.count()
    response = netbox.post(payload)
    assert response.status_code in {202, 400}
    answer = response.json()
    if response.status_code == 400:
        assert answer["code"] in {
            "json-invalid", "json-not-an-object", "timestamp-invalid", "timestamp-outside-window",
        }  # fmt: skip
        assert ChangeEvent.objects.count() == before
    else:
        assert ChangeEvent.objects.count() - before == answer["accepted"] <= 2
        assert all(isinstance(count, int) for count in answer["ignored"].values())
    assert UnknownSender.objects.count() <= 1
    assert WebhookReceipt.objects.count() <= ChangeEvent.objects.count() + unknown_events()


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    payload=st.binary(max_size=50),
    signature=st.text(st.characters(codec=None), max_size=130) | st.just(sign(b"", "x")),
    name=st.text(st.characters(codec="utf-8", exclude_characters="/"), min_size=1, max_size=9),
)
def test_any_signature_of_anybody_has_the_same_answer(
    payload: bytes, signature: str, name: str
) -> None:
    sender = Sender("netbox")
    response = sender.client.post(
        f"/prestage/events/webhook/{quote(name)}/",
        payload,
        content_type="application/json",
        headers={"X-Hook-Signature": signature},
    )
    assert (response.status_code, response.json()["code"]) == (401, "signature-invalid")


def make_devices_once() -> None:
    from prestage_plugin.models import Device

    if not Device.objects.exists():
        make_devices("pe1")


def unknown_events() -> int:
    return sum(UnknownSender.objects.values_list("events", flat=True))
