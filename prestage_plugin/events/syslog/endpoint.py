"""Where a receiver listens: an address of this host and a port."""

import errno
import ipaddress
import socket
from dataclasses import dataclass

from prestage_plugin.errors import Refused

__all__ = ["Endpoint", "open_socket", "parse_endpoint"]

_HIGHEST_PORT = 65535
_BACKLOG = 4096
"""Connections that the kernel keeps until we accept them, or `net.core.somaxconn` if that is less.
One for which it has no room is tried again by its device a second later."""
_KINDS = {"udp": socket.SOCK_DGRAM, "tcp": socket.SOCK_STREAM}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An IPv4 or IPv6 address and a port; port 0 is any that is free."""

    address: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.address}]" if ":" in self.address else self.address
        return f"{host}:{self.port}"


def parse_endpoint(text: str) -> Endpoint:
    """Read `ADDRESS:PORT`, an IPv6 address in brackets.

    Args:
        text: E.g. `0.0.0.0:514` or `[::]:514`.

    Raises:
        Refused: It is not of that form.
    """
    host, colon, port = text.strip().rpartition(":")
    bracketed = host.startswith("[") and host.endswith("]")
    try:
        address = ipaddress.ip_address(host[1:-1] if bracketed else host)
        number = int(port) if port.isascii() and port.isdigit() else -1
    except ValueError:
        number = -1
    if not colon or not 0 <= number <= _HIGHEST_PORT or bracketed != (address.version == 6):
        raise Refused(
            "bad-address",
            f"{text!r} is not ADDRESS:PORT; give for example 0.0.0.0:514 or [::]:514.",
        )
    return Endpoint(str(address), number)


def open_socket(kind: str, endpoint: Endpoint) -> socket.socket:
    """Return a bound socket that does not block.

    An IPv6 socket gets IPv6 only, so that `0.0.0.0:514` and `[::]:514` can both be listened at.

    Args:
        kind: `udp` or `tcp`.
        endpoint: Where to listen.

    Raises:
        Refused: The operating system does not allow it.
    """
    family = socket.AF_INET6 if ":" in endpoint.address else socket.AF_INET
    try:
        opened = socket.socket(family, _KINDS[kind])
    except OSError as error:
        raise _refusal(kind, endpoint, error) from error
    try:
        opened.setblocking(False)
        if family == socket.AF_INET6:
            opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        if kind == "tcp":
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind((endpoint.address, endpoint.port))
        if kind == "tcp":
            opened.listen(_BACKLOG)
    except OSError as error:
        opened.close()
        raise _refusal(kind, endpoint, error) from error
    return opened


def _refusal(kind: str, endpoint: Endpoint, error: OSError) -> Refused:
    what = f"Cannot listen at {kind} {endpoint}: "
    if error.errno in {errno.EACCES, errno.EPERM}:
        return Refused(
            "port-needs-privileges",
            f"{what}ports below 1024 need a privilege. Run it under systemd with "
            "AmbientCapabilities=CAP_NET_BIND_SERVICE, or listen at a port from 1024 up and let "
            "the devices or a relay send there.",
        )
    if error.errno == errno.EADDRINUSE:
        return Refused(
            "port-in-use",
            f"{what}another process has this port; stop it (`ss -lnp` names it), or let it "
            "forward to another port and list its address in SYSLOG_RELAYS.",
        )
    if error.errno == errno.EADDRNOTAVAIL:
        return Refused("not-our-address", f"{what}this host does not have that address.")
    return Refused("cannot-listen", f"{what}{error.strerror}.")
