"""Find the device that a sender speaks for, by address or by name (prestaging spec, section 6)."""

import ipaddress
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from prestage_plugin.models import Device

__all__ = ["Directory", "DirectoryRow", "canonical_address", "forget_directory", "get_directory"]

_FRESH_SECONDS = 30.0
"""A device that is new in the inventory is known to the sources after this."""

_lock = threading.Lock()
_loaded: tuple[float, "Directory"] | None = None


class DirectoryRow(NamedTuple):
    """What the directory needs of a device; of a logical system with the key of its router."""

    pk: int
    router_id: int | None
    name: str
    address: str
    loopback: str | None
    assigned_loopback: str | None

    @property
    def speaker(self) -> int:
        """Primary key of the device that speaks for it."""
        return self.router_id or self.pk


@dataclass(frozen=True, slots=True)
class Directory:
    """The devices of the inventory by address and by name; in memory, so looking up is cheap.

    What several devices have finds none of them.

    Attributes:
        addresses: Primary keys by canonical address: of management first, then the loopbacks,
            from which routers often send.
        names: Primary keys by name in lower case, and by what is before its first dot. A logical
            system finds its router.
    """

    addresses: dict[str, int]
    names: dict[str, int]

    @classmethod
    def load(cls) -> "Directory":
        """Read all devices of the inventory."""
        there = Device.objects.filter(in_inventory=True).exclude(parent__in_inventory=False)
        rows = there.values_list(
            "pk", "parent_id", "name", "address", "loopback", "assigned_loopback"
        )
        return cls.of([DirectoryRow(*row) for row in rows])

    @classmethod
    def of(cls, rows: Sequence[DirectoryRow]) -> "Directory":
        """Make a directory of these devices."""
        management = _owners(
            (canonical_address(row.address), row.pk) for row in rows if row.router_id is None
        )
        loopbacks = _owners(
            (canonical_address(address or ""), row.speaker)
            for row in rows
            for address in (row.loopback, row.assigned_loopback)
        )
        short = _owners((_without_domain(row.name.lower()), row.speaker) for row in rows)
        full = _owners((row.name.lower(), row.speaker) for row in rows)
        return cls(addresses=_sole(loopbacks | management), names=_sole(short | full))

    def find(self, *, address: str = "", name: str = "") -> int | None:
        """Return the device that has this address, or else this name; None when there is none.

        Args:
            address: IPv4 or IPv6 address in any spelling.
            name: Host name, or an address instead of one; its domain may be missing or differ
                from the inventory's.
        """
        found = self.addresses.get(canonical_address(address)) if address else None
        if found is not None or not name:
            return found
        name = name.lower().rstrip(".")
        if name in self.names:
            return self.names[name]
        instead = canonical_address(name)
        return self.addresses.get(instead) if instead else self.names.get(_without_domain(name))


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
    # Most names of devices are told from addresses so, which costs next to nothing.
    if ":" not in text and not text[:1].isdecimal():
        return ""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return ""
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)


def _without_domain(name: str) -> str:
    """Return what is before the first dot; an address has no domain."""
    return "" if canonical_address(name) else name.partition(".")[0]


def _owners(pairs: Iterable[tuple[str, int]]) -> dict[str, set[int]]:
    owners: dict[str, set[int]] = {}
    for key, device_id in pairs:
        owners.setdefault(key, set()).add(device_id)
    return owners


def _sole(owners: Mapping[str, set[int]]) -> dict[str, int]:
    """Return those that belong to one device alone."""
    return {key: min(ids) for key, ids in owners.items() if key and len(ids) == 1}
