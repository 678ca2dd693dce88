"""Where a receiver listens."""

import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from prestage_plugin.errors import Refused
from prestage_plugin.events.syslog.endpoint import Endpoint, open_socket, parse_endpoint
from tests.prestage_plugin.events.syslog.receiving import needs_ipv6

UNPRIVILEGED_FROM = Path("/proc/sys/net/ipv4/ip_unprivileged_port_start")
NOBODY = 65534
MANY = 1000


@pytest.mark.parametrize("text", ["0.0.0.0:514", "127.0.0.1:0", "[::]:514", "[2001:db8::1]:65535"])
def test_an_address_and_a_port(text: str) -> None:
    assert str(parse_endpoint(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "514",
        ":514",
        "127.0.0.1",
        "0.0.0.0:",
        "0.0.0.0:x",
        "0.0.0.0:70000",
        "0.0.0.0:-1",
        "::1:514",
        "[127.0.0.1]:514",
        "[::1]",
        "[::1]514",
        "router:514",
        "0.0.0.0:²",
        "0.0.0.0:5 14",
    ],
)
def test_anything_else_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(Refused, match=r"0\.0\.0\.0:514 or \[::\]:514") as refusal:
        parse_endpoint(text)
    assert refusal.value.code == "bad-address"


@pytest.mark.parametrize("kind", ["udp", "tcp"])
def test_a_port_that_somebody_has_is_refused(kind: str) -> None:
    with (
        open_socket(kind, Endpoint("127.0.0.1", 0)) as taken,
        pytest.raises(Refused, match="another process has this port") as refusal,
    ):
        open_socket(kind, Endpoint("127.0.0.1", taken.getsockname()[1]))
    assert refusal.value.code == "port-in-use"


def test_an_address_that_this_host_does_not_have_is_refused() -> None:
    with pytest.raises(Refused) as refusal:
        open_socket("udp", Endpoint("192.0.2.1", 0))
    assert refusal.value.code == "not-our-address"


@contextmanager
def without_privileges() -> Iterator[None]:
    user = os.geteuid()
    if user == 0:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(user)


@pytest.mark.skipif(
    int(UNPRIVILEGED_FROM.read_text()) <= 514, reason="here port 514 needs no privilege"
)
@pytest.mark.parametrize("kind", ["udp", "tcp"])
def test_a_port_that_needs_privileges_is_refused_with_what_to_do(kind: str) -> None:
    with without_privileges(), pytest.raises(Refused, match="CAP_NET_BIND_SERVICE") as refusal:
        open_socket(kind, Endpoint("127.0.0.1", 514))
    assert refusal.value.code == "port-needs-privileges"


@needs_ipv6
@pytest.mark.parametrize("kind", ["udp", "tcp"])
def test_one_port_serves_ipv4_and_ipv6(kind: str) -> None:
    with open_socket(kind, parse_endpoint("0.0.0.0:0")) as first:
        open_socket(kind, Endpoint("::", first.getsockname()[1])).close()


@pytest.mark.skipif(
    int(Path("/proc/sys/net/core/somaxconn").read_text()) < MANY, reason="the kernel keeps fewer"
)
def test_many_devices_can_connect_before_any_is_accepted() -> None:
    """Else they would try again after a second, in the middle of a storm."""
    with ExitStack() as stack:
        listening = stack.enter_context(open_socket("tcp", parse_endpoint("127.0.0.1:0")))
        for _device in range(MANY):
            stack.enter_context(socket.create_connection(listening.getsockname(), timeout=0.5))
