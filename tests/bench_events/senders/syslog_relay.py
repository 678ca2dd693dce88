"""A relay that hands on over a few TCP connections what devices told it."""

import socket
from contextlib import ExitStack

from tests.bench_events.fleet import name_of
from tests.bench_events.senders.messages import counted, message
from tests.bench_events.senders.sending import run

CONNECTIONS = 4
TOGETHER = 50
"""Messages that are written at a time, as relays do."""


def send(*, port: int, events: int, devices: int) -> dict[str, int]:
    """Send everything; devices take turns."""
    frames = [counted(message(name_of(number))) for number in range(devices)]
    with ExitStack() as stack:
        opened = [
            stack.enter_context(socket.create_connection(("127.0.0.1", port)))
            for _each in range(CONNECTIONS)
        ]
        for start in range(0, events, TOGETHER):
            batch = range(start, min(start + TOGETHER, events))
            relay = opened[start // TOGETHER % CONNECTIONS]
            relay.sendall(b"".join(frames[number % devices] for number in batch))
    return {"sent": events}


if __name__ == "__main__":
    run(send)
