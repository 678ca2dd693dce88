"""Only who knows a sender's secret is heard, and nobody learns more than that."""

import logging
from typing import Any

import pytest

from prestage_plugin.models import ChangeEvent, UnknownSender, WebhookReceipt
from prestage_plugin.services import delivery
from tests.prestage_plugin.events.webhook.sender import SECRETS, Sender, sign, to_bytes
from tests.prestage_plugin.services.build import make_devices

pytestmark = pytest.mark.django_db

# Without a time: it is made long before some of the tests run.
BODY = to_bytes({"id": "1", "devices": ["pe1"]})
GENUINE = sign(BODY, SECRETS["netbox"])
EMPTY_KEY = sign(BODY, "")


def nothing_was_written() -> bool:
    models = (ChangeEvent, UnknownSender, WebhookReceipt)
    return not any(model.objects.exists() for model in models)


def essence(response: Any) -> tuple[int, bytes, dict[str, str]]:
    return response.status_code, response.content, dict(response.items())


@pytest.mark.parametrize("header", ["X-Hook-Signature", "X-Prestage-Signature"])
@pytest.mark.parametrize("signature", [GENUINE, GENUINE.upper()])
def test_a_genuine_signature_opens_the_door(netbox: Sender, header: str, signature: str) -> None:
    make_devices("pe1")
    response = netbox.post_with({header: signature}, BODY)
    assert response.status_code == 202
    assert response.json() == {"accepted": 1, "unknown": 0, "ignored": {}}


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({}, id="missing"),
        pytest.param({"X-Hook-Signature": ""}, id="empty"),
        pytest.param({"X-Hook-Signature": GENUINE[:-1]}, id="too short"),
        pytest.param({"X-Hook-Signature": GENUINE + "0"}, id="too long"),
        pytest.param({"X-Hook-Signature": GENUINE[:64]}, id="as long as one of SHA-256"),
        pytest.param({"X-Hook-Signature": f"sha512={GENUINE}"}, id="with its algorithm"),
        pytest.param({"X-Hook-Signature": sign(BODY, SECRETS["ci"])}, id="of another sender"),
        pytest.param({"X-Hook-Signature": EMPTY_KEY}, id="with an empty key"),
        pytest.param({"X-Hook-Signature": sign(BODY + b" ", SECRETS["netbox"])}, id="of others"),
        pytest.param({"X-Hook-Signature": "ä" * 128}, id="beyond ASCII"),
        pytest.param({"X-Hook-Signature": "\udcff" * 128}, id="no text at all"),
        pytest.param({"X-Hook-Signature": "\x00" * 128}, id="zeros"),
        pytest.param(
            {"X-Prestage-Signature": "0" * 128, "X-Hook-Signature": GENUINE}, id="two that differ"
        ),
        pytest.param({"Authorization": f"Bearer {SECRETS['netbox']}"}, id="the secret itself"),
    ],
)
def test_everything_else_is_refused_and_all_refusals_are_the_same(
    netbox: Sender, headers: dict[str, str]
) -> None:
    make_devices("pe1")
    response = netbox.post_with(headers, BODY)
    assert response.status_code == 401
    assert response["Content-Type"] == "application/problem+json"
    assert response["WWW-Authenticate"] == "HMAC-SHA512"
    assert response.json() == {
        "type": "about:blank",
        "title": "Unauthorized",
        "status": 401,
        "detail": "The signature is missing or wrong, or the sender is not known.",
        "code": "signature-invalid",
    }
    assert nothing_was_written()
    unknown = Sender("nobody").post_with({"X-Hook-Signature": GENUINE}, BODY)
    assert essence(unknown) == essence(response)


@pytest.mark.parametrize("secret", ["", "short", "s" * 31, None, 5, b"b" * 40])
def test_a_sender_whose_secret_is_too_weak_is_none(
    settings: Any, netbox: Sender, secret: Any
) -> None:
    settings.PRESTAGE = {"WEBHOOK_SECRETS": {"netbox": secret}}
    keys = {"" if secret is None else str(secret), "", "None"}
    for key in keys:
        assert netbox.post(BODY, secret=key).status_code == 401
    assert nothing_was_written()


@pytest.mark.parametrize("secrets", [{}, [], None, "netbox"])
def test_without_senders_nothing_is_accepted(settings: Any, netbox: Sender, secrets: Any) -> None:
    settings.PRESTAGE = {"WEBHOOK_SECRETS": secrets}
    assert netbox.post(BODY).status_code == 401


def test_nothing_is_read_into_a_body_before_it_is_proven_genuine(netbox: Sender) -> None:
    for payload in (b"{", b"[" * 100_000, b"\xff", b""):
        response = netbox.post_with({"X-Hook-Signature": GENUINE}, payload)
        assert response.json()["code"] == "signature-invalid"


def test_the_signature_is_that_of_our_own_notifications(script: Sender) -> None:
    make_devices("pe1")
    signature = delivery._sign(BODY, SECRETS["ci"])
    assert script.post_with({"X-Prestage-Signature": signature}, BODY).status_code == 202


def test_no_session_no_cookie_and_no_csrf_token_are_needed_or_given(netbox: Sender) -> None:
    make_devices("pe1")
    response = netbox.post(BODY)
    assert response.status_code == 202
    assert not response.cookies


@pytest.mark.parametrize("method", ["get", "head", "put", "patch", "delete", "options", "trace"])
def test_other_methods_are_told_which_one_is_allowed(netbox: Sender, method: str) -> None:
    response = getattr(netbox.client, method)("/prestage/events/webhook/netbox/")
    assert response.status_code == 405
    assert response["Allow"] == "POST"
    if method != "head":
        assert response.json()["code"] == "method-not-allowed"


def test_no_secret_is_in_any_answer_or_log(
    settings: Any, netbox: Sender, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    answers = [
        netbox.post(BODY),
        netbox.post(BODY, secret="wrong"),
        netbox.post(b"{"),
        netbox.post({"devices": ["pe1"], "timestamp": 1}),
        Sender("nobody").post_with({}, BODY),
    ]
    told = caplog.text + "".join(f"{each.content!r}{each.items()}" for each in answers)
    for secret in SECRETS.values():
        assert secret not in told
    assert GENUINE not in told


def test_no_secret_is_in_the_repr_of_the_settings() -> None:
    from prestage_plugin.conf import get_settings

    assert get_settings().webhook_secrets == SECRETS
    for secret in SECRETS.values():
        assert secret not in repr(get_settings())
