"""Where the system logs of a lab go, e.g. `udp:127.0.0.1:5514`."""

import ipaddress
import re
import socket
from dataclasses import dataclass
from typing import Self

from nornir_tasks.errors import ErrorCode, PrestageError

__all__ = ["SyslogTarget"]

_FORM = re.compile(r"(?P<transport>udp|tcp):(?:\[(?P<v6>[^]]+)]|(?P<v4>[^][:]+)):(?P<port>\d{1,5})")


@dataclass(frozen=True, slots=True, kw_only=True)
class SyslogTarget:
    """A collector on this machine.

    Attributes:
        transport: `udp`, or `tcp` with octet counting (RFC 6587, section 3.4.1).
        address: A loopback address.
        port: 1 to 65535.
    """

    transport: str
    address: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `udp:ADDRESS:PORT` or `tcp:ADDRESS:PORT`; IPv6 addresses stand in brackets.

        Raises:
            PrestageError: Code `inventory`; it is no such text, or the address is not on loopback.
        """
        found = _FORM.fullmatch(text)
        if found is None or not 1 <= int(found["port"]) <= 65535:
            raise _bad(f"The collector is udp:ADDRESS:PORT or tcp:ADDRESS:PORT, not {text!r}.")
        try:
            address = ipaddress.ip_address(found["v6"] or found["v4"])
        except ValueError:
            raise _bad(f"The collector has an IP address, not {text!r}.") from None
        if isinstance(address, ipaddress.IPv6Address):
            # An IPv4 address in another dress: devices can send to it from their own.
            address = address.ipv4_mapped or address
        if not address.is_loopback:
            raise _bad(f"The lab sends to loopback addresses only, not to {address}.")
        return cls(transport=found["transport"], address=str(address), port=int(found["port"]))

    @property
    def family(self) -> socket.AddressFamily:
        """The address family of the collector."""
        return socket.AF_INET6 if ":" in self.address else socket.AF_INET

    def source(self, address: str) -> str | None:
        """Return the address that a device sends from.

        Args:
            address: The device's own, 127.x.y.z.

        Returns:
            None when it cannot be the device's own, because the collector speaks IPv6: then all
            devices send from ::1, and only the host name tells them apart.
        """
        return address if self.family == socket.AF_INET else None


def _bad(text: str) -> PrestageError:
    return PrestageError(ErrorCode.INVENTORY, text)
