import pytest

from nornir_tasks.errors import ErrorCode, PrestageError
from nornir_tasks.lab import LabOptions
from nornir_tasks.lab.syslog import SyslogTarget


@pytest.mark.parametrize(
    ("text", "transport", "address", "port", "source"),
    [
        ("udp:127.0.0.1:5514", "udp", "127.0.0.1", 5514, "127.16.0.1"),
        ("tcp:127.1.2.3:1", "tcp", "127.1.2.3", 1, "127.16.0.1"),
        ("udp:[::ffff:127.0.0.1]:514", "udp", "127.0.0.1", 514, "127.16.0.1"),
        ("udp:[::1]:65535", "udp", "::1", 65535, None),
    ],
)
def test_a_device_sends_from_its_own_address_unless_the_collector_speaks_ipv6(
    text: str, transport: str, address: str, port: int, source: str | None
) -> None:
    target = SyslogTarget.parse(text)
    assert (target.transport, target.address, target.port) == (transport, address, port)
    assert target.source("127.16.0.1") == source


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "The collector is udp:ADDRESS:PORT"),
        ("127.0.0.1:514", "The collector is udp:ADDRESS:PORT"),
        ("tls:127.0.0.1:514", "The collector is udp:ADDRESS:PORT"),
        ("udp:127.0.0.1", "The collector is udp:ADDRESS:PORT"),
        ("udp:::1:514", "The collector is udp:ADDRESS:PORT"),
        ("udp:127.0.0.1:0", "The collector is udp:ADDRESS:PORT"),
        ("udp:127.0.0.1:65536", "The collector is udp:ADDRESS:PORT"),
        ("udp:127.0.0.1:514\n", "The collector is udp:ADDRESS:PORT"),
        ("udp:collector:514", "The collector has an IP address"),
        ("udp:192.0.2.1:514", "loopback addresses only"),
        ("tcp:[2001:db8::1]:514", "loopback addresses only"),
        ("tcp:[::ffff:192.0.2.1]:514", "loopback addresses only"),
    ],
)
def test_what_is_no_collector_on_this_machine_is_refused(text: str, reason: str) -> None:
    with pytest.raises(PrestageError, match=reason) as caught:
        LabOptions(syslog=text)
    assert caught.value.code is ErrorCode.INVENTORY


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(PrestageError, match="classic, structured, mixed, not 'cee'"):
        LabOptions(syslog_format="cee")
