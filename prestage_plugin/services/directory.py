"""Find the device that a sender speaks for, by address or by name (prestaging spec, section 6)."""

import ipaddress
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass

from prestage_plugin.models import Device

__all__ = ["Directory", "canonical_address", "forget_directory", "get_directory"]

_FRESH_SECONDS = 30.0
"""A device that is new in the inventory is known to the sources after this."""

_lock = threading.Lock()
_loaded: tuple[float, "Directory"] | None = None


@dataclass(frozen=True, slots=True)
class Directory:
    """The devices of the inventory by address and by name; in memory, so looking up is cheap.

    Attributes:
        addresses: Primary keys by canonical address: of management first, then the loopbacks,
            from which routers often send. An address that several devices have finds none.
        names: Primary keys by name in lower case. A logical system finds its router.
    """

    addresses: dict[str, int]
    names: dict[str, int]

    @classmethod
    def load(cls) -> "Directory":
        """Read all devices of the inventory."""
        rows = list(
            Device.objects.filter(in_inventory=True).values_list(
                "pk", "parent_id", "name", "address", "loopback", "assigned_loopback"
            )
        )
        routers = [row for row in rows if row[1] is None]
        management = _unique((row[3], row[0]) for row in routers)
        loopbacks = _unique(
            (address, row[1] or row[0]) for row in rows for address in {row[4], row[5]}
        )
        return cls(
            addresses=loopbacks | management,
            names={row[2].lower(): row[1] or row[0] for row in rows},
        )

    def find(self, *, address: str = "", name: str = "") -> int | None:
        """Return the device that has this address, or else this name; None when there is none.

        Args:
            address: IPv4 or IPv6 address in any spelling.
            name: Host name; a domain behind it may differ from the inventory's.
        """
        found = self.addresses.get(canonical_address(address)) if address else None
        if found is not None or not name:
            return found
        name = name.lower().rstrip(".")
        return self.names.get(name) or self.names.get(name.partition(".")[0])


def get_directory() -> Directory:
    """Return the directory; read anew when it is older than half a minute."""
    global _loaded  # noqa: PLW0603 - a cache for the process, behind a lock
    with _lock:
        if _loaded is None or time.monotonic() - _loaded[0] > _FRESH_SECONDS:
            _loaded = (time.monotonic(), Directory.load())
        return _loaded[1]


def forget_directory() -> None:
    """Drop the directory, so that the next use reads it anew."""
    global _loaded  # noqa: PLW0603 - a cache for the process, behind a lock
    with _lock:
        _loaded = None


def canonical_address(text: str) -> str:
    """Return an address in its one canonical spelling; empty when it is none.

    IPv4 addresses inside IPv6 ones (RFC 4291, section 2.5.5.2) are IPv4 addresses here, because a
    socket that serves both shows them so.
    """
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return ""
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)


def _unique(pairs: Iterable[tuple[str | None, int]]) -> dict[str, int]:
    """Map addresses to devices, less those that several devices have."""
    found: dict[str, int] = {}
    shared: set[str] = set()
    for text, device_id in pairs:
        address = canonical_address(text or "")
        if found.setdefault(address, device_id) != device_id:
            shared.add(address)
    return {address: pk for address, pk in found.items() if address and address not in shared}
