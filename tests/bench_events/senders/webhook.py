"""A sender of signed webhooks over a few connections that it keeps, one message for each event.

Written on sockets: an HTTP library would cost the machine as much as what is measured.
"""

import hashlib
import hmac
import itertools
import json
import socket
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from tests.bench_events.fleet import name_of
from tests.bench_events.senders.sending import run

CONNECTIONS = 8
_ACCEPTED = b"202"
_SILENCE = 60.0
"""Seconds without an answer after which it gives up."""


def send(*, port: int, events: int, devices: int, secret: str, path: str) -> dict[str, int]:
    """Send everything; devices take turns."""
    numbers = itertools.count()
    key = secret.encode()

    def serve() -> Counter[bytes]:
        answers = Counter[bytes]()
        with socket.create_connection(("127.0.0.1", port), timeout=_SILENCE) as connection:
            # `next` is one step of the interpreter, so no two threads get the same number.
            while (number := next(numbers)) < events:
                connection.sendall(_request(number, devices, key, path))
                answers[_answer(connection)] += 1
        return answers

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        threads = [pool.submit(serve) for _each in range(CONNECTIONS)]
        answers: Counter[bytes] = sum((each.result() for each in threads), Counter())
    return {
        "sent": answers.total(),
        "accepted": answers[_ACCEPTED],
        "refused": answers.total() - answers[_ACCEPTED],
    }


def _request(number: int, devices: int, key: bytes, path: str) -> bytes:
    body = json.dumps(
        {
            "id": f"{number:032x}",
            "timestamp": int(time.time()),
            "devices": [name_of(number % devices)],
            "user": "ci",
            "detail": "deployed",
        }
    ).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Forwarded-Proto: https\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        f"X-Prestage-Signature: {hmac.new(key, body, hashlib.sha512).hexdigest()}\r\n\r\n"
    )
    return head.encode() + body


def _answer(connection: socket.socket) -> bytes:
    """Read one answer and return its status."""
    data = b""
    while True:
        head, blank, body = data.partition(b"\r\n\r\n")
        if blank and len(body) >= _length(head):
            return head.split(b" ", 2)[1]
        more = connection.recv(65536)
        if not more:
            raise ConnectionError("the server closed the connection")
        data += more


def _length(head: bytes) -> int:
    _before, _name, value = head.lower().partition(b"\r\ncontent-length:")
    return int(value.split(b"\r\n", 1)[0])


if __name__ == "__main__":
    run(send)
