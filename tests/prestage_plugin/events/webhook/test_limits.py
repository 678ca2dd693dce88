"""Bytes on the wire: lengths that lie, bodies that are too large, slow or cut off."""

import io
import json
import socket
import struct
import time
from collections.abc import Iterator

import pytest
from django.core.handlers.asgi import ASGIRequest

from prestage_plugin.events.webhook.payload import MOST_BYTES, read_payload
from prestage_plugin.events.webhook.refusal import Refusal
from prestage_plugin.models import ChangeEvent, WebhookReceipt
from tests.prestage_plugin.events.webhook import bodies
from tests.prestage_plugin.events.webhook.sender import SECRETS, sign, to_bytes, url_of
from tests.prestage_plugin.events.webhook.server import Answer, Peer, serving
from tests.prestage_plugin.services.build import make_devices

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def port() -> Iterator[int]:
    make_devices("pe1")
    with serving() as port:
        yield port


def head(payload: bytes, *lengths: str) -> bytes:
    """The head of a request that signs a body, with these lines about its length."""
    lines = [
        f"POST {url_of('ci')} HTTP/1.1",
        "Host: localhost",
        "Content-Type: application/json",
        f"X-Prestage-Signature: {sign(payload, SECRETS['ci'])}",
        *lengths,
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def length(number: object) -> str:
    return f"Content-Length: {number}"


def padded(size: int) -> bytes:
    body = to_bytes(bodies.generic("pe1"))
    return body + b" " * (size - len(body))


def code_of(answer: Answer) -> str:
    assert answer.headers["content-type"] == "application/problem+json"
    document = json.loads(answer.body)
    assert document["status"] == answer.status
    code: str = document["code"]
    return code


def test_a_body_that_is_as_large_as_allowed_is_taken(port: int) -> None:
    payload = padded(MOST_BYTES)
    with Peer(port) as peer:
        peer.send(head(payload, length(len(payload))) + payload)
        assert peer.answer().status == 202
    assert ChangeEvent.objects.count() == 1


@pytest.mark.parametrize("sign_before_it", ["", "+"])
def test_a_body_that_is_larger_is_refused(port: int, sign_before_it: str) -> None:
    """`+1048577` is no Content-Length, but Django takes it for one."""
    payload = padded(MOST_BYTES + 1)
    with Peer(port) as peer:
        peer.send(head(payload, length(f"{sign_before_it}{len(payload)}")) + payload)
        answer = peer.answer()
    assert (answer.status, code_of(answer)) == (413, "payload-too-large")
    assert not ChangeEvent.objects.exists()


@pytest.mark.parametrize("announced", [MOST_BYTES + 1, 10**15, "9" * 4000])
def test_a_large_body_is_refused_before_it_is_sent(port: int, announced: object) -> None:
    with Peer(port) as peer:
        peer.send(head(b"{}", length(announced)))
        answer = peer.answer()
    assert (answer.status, code_of(answer)) == (413, "payload-too-large")


def test_a_body_in_chunks_is_told_what_this_server_needs(port: int) -> None:
    payload = padded(200)
    chunks = b"%x\r\n%s\r\n0\r\n\r\n" % (len(payload), payload)
    with Peer(port) as peer:
        peer.send(head(payload, "Transfer-Encoding: chunked") + chunks)
        answer = peer.answer()
    assert (answer.status, code_of(answer)) == (411, "length-required")
    assert not ChangeEvent.objects.exists()


@pytest.mark.parametrize("lengths", [[], [length(0)], [length("")], [length(-5)], [length("abc")]])
def test_without_a_length_there_is_no_body(port: int, lengths: list[str]) -> None:
    with Peer(port) as peer:
        peer.send(head(padded(200), *lengths))
        answer = peer.answer()
    assert (answer.status, code_of(answer)) == (401, "signature-invalid")


def test_a_length_that_is_too_small_cuts_the_body_and_so_the_signature(port: int) -> None:
    payload = padded(200)
    with Peer(port) as peer:
        peer.send(head(payload, length(len(payload) - 1)) + payload)
        answer = peer.answer()
    assert (answer.status, code_of(answer)) == (401, "signature-invalid")
    assert not ChangeEvent.objects.exists()


def test_a_length_that_is_too_large_waits_for_the_end_and_then_does_not_match(port: int) -> None:
    payload = padded(200)
    with Peer(port) as peer:
        peer.send(head(payload + b" ", length(len(payload) + 1)) + payload)
        peer.end()
        answer = peer.answer()
    assert (answer.status, code_of(answer)) == (401, "signature-invalid")
    assert not ChangeEvent.objects.exists()


def test_a_slow_body_is_waited_for(port: int) -> None:
    payload = padded(200)
    with Peer(port) as peer:
        peer.send(head(payload, length(len(payload))))
        for at in range(0, len(payload), 50):
            time.sleep(0.05)
            peer.send(payload[at : at + 50])
        assert peer.answer().status == 202
    assert ChangeEvent.objects.count() == 1


def test_a_sender_that_vanishes_in_the_middle_leaves_nothing(
    port: int, caplog: pytest.LogCaptureFixture
) -> None:
    payload = padded(200)
    with Peer(port) as peer:
        peer.send(head(payload, length(len(payload))) + payload[:100])
        # Closing sends a reset, which breaks the read on the other side.
        peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    give_up = time.monotonic() + 30
    while not (told := [each for each in caplog.records if each.name == "django.request"]):
        assert time.monotonic() < give_up, "the server still waits"
        time.sleep(0.01)
    assert [vars(each)["status_code"] for each in told] == [400]
    with Peer(port) as peer:
        peer.send(head(payload, length(len(payload))) + payload)
        assert peer.answer().status == 202
    assert ChangeEvent.objects.count() == WebhookReceipt.objects.count() == 1


def test_many_messages_come_over_one_connection(port: int) -> None:
    with Peer(port) as peer:
        for number in range(1, 6):
            payload = to_bytes(bodies.generic("pe1"))
            peer.send(head(payload, length(len(payload))) + payload)
            assert peer.answer().status == 202
            assert ChangeEvent.objects.count() == number


def asgi_request(payload: bytes) -> ASGIRequest:
    """What an ASGI server makes of a body in chunks, which it collects itself."""
    scope = {
        "type": "http",
        "method": "POST",
        "path": url_of("ci"),
        "query_string": b"",
        "headers": [(b"transfer-encoding", b"chunked")],
    }
    return ASGIRequest(scope, io.BytesIO(payload))


def test_behind_a_server_that_collects_chunks_they_are_a_body_like_others() -> None:
    payload = padded(MOST_BYTES)
    assert read_payload(asgi_request(payload)) == payload
    with pytest.raises(Refusal, match="larger than 1048576 bytes"):
        read_payload(asgi_request(payload + b" "))
