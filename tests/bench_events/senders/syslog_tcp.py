"""Devices that tell of commits over TCP, each from its own address over its own connection."""

import socket
from contextlib import ExitStack

from tests.bench_events.fleet import address_of, events_of, name_of
from tests.bench_events.senders.messages import counted, message
from tests.bench_events.senders.sending import run

AT_ONCE = 500
"""Connections that are open at a time."""


def send(*, port: int, events: int, devices: int) -> dict[str, int]:
    """Send everything; the devices of one wave take turns."""
    sent = 0
    for first in range(0, devices, AT_ONCE):
        wave = range(first, min(first + AT_ONCE, devices))
        with ExitStack() as stack:
            opened = [(number, stack.enter_context(connect(number, port))) for number in wave]
            for turn in range(-(-events // devices)):
                for number, device in opened:
                    if turn < events_of(number, events=events, devices=devices):
                        device.sendall(counted(message(name_of(number))))
                        sent += 1
    return {"sent": sent}


def connect(number: int, port: int) -> socket.socket:
    """Open the connection of a device."""
    return socket.create_connection(("127.0.0.1", port), source_address=(address_of(number), 0))


if __name__ == "__main__":
    run(send)
