"""Devices that tell of commits over UDP, each from its own address, as fast as it goes."""

import socket
import struct

from tests.bench_events.fleet import address_of, name_of
from tests.bench_events.senders.messages import message
from tests.bench_events.senders.sending import run

_IP_PKTINFO = getattr(socket, "IP_PKTINFO", 8)
"""Of Linux; Python 3.11 has no name for it."""


def send(*, port: int, events: int, devices: int) -> dict[str, int]:
    """Send everything; devices take turns."""
    datagrams = [
        ([message(name_of(number))], [(socket.IPPROTO_IP, _IP_PKTINFO, _source(number))])
        for number in range(devices)
    ]
    to = ("127.0.0.1", port)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.bind(("0.0.0.0", 0))  # noqa: S104 - it sends from all addresses and receives nothing
        for number in range(events):
            data, source = datagrams[number % devices]
            sender.sendmsg(data, source, 0, to)
    return {"sent": events}


def _source(number: int) -> bytes:
    """Return what lets one socket send from the address of a device (`ip(7)`, `IP_PKTINFO`)."""
    address = socket.inet_aton(address_of(number))
    return struct.pack("@I4s4s", 0, address, b"\0" * 4)


if __name__ == "__main__":
    run(send)
