"""Interfaces, units and loopback addresses of one system."""

import ipaddress
from collections.abc import Iterable, Iterator

from nornir_tasks.facts import InterfaceFacts, LoopbackAddress, UnitFacts
from nornir_tasks.platforms.junos.names import ALL, vlan_range
from nornir_tasks.platforms.junos.tree import Node, merged

__all__ = [
    "LOOPBACK",
    "Ports",
    "has_ipv6",
    "interface_facts",
    "loopback_units",
    "loopbacks",
    "ports",
]

LOOPBACK = "lo0"

Ports = dict[str, Node]

_OPTIONS = ("gigether-options", "ether-options", "fastether-options")
_EVERY_VLAN = (1, 4094)
_VLAN_STATEMENTS = (
    ("vlan-id",),
    ("vlan-id-list",),
    ("vlan-id-range",),
    ("vlan-tags", "outer"),
    ("family", "bridge", "vlan-id"),
    ("family", "bridge", "vlan-id-list"),
    ("family", "ethernet-switching", "vlan", "members"),
)


def ports(root: Node) -> Ports:
    """Return every configured interface of a system by name."""
    return _by_key(root.all("interfaces", "interface"))


def interface_facts(name: str, node: Node, prefix: str) -> InterfaceFacts:
    """Return what one interface's configuration says.

    Args:
        name: The interface.
        node: Its statement.
        prefix: Path of the system it belongs to, empty or ending in a slash.
    """
    units = _by_key(node.all("unit"))
    return InterfaceFacts(
        name=name,
        path=f"{prefix}interfaces/interface[{name}]",
        units=tuple(_unit_facts(number, unit) for number, unit in units.items()),
        encapsulation=node.value("encapsulation"),
        bundle=_first(node.all(option, "ieee-802.3ad", "bundle") for option in _OPTIONS),
        redundant_parent=_redundant_parent(node),
        disabled=node.has("disable"),
    )


def loopback_units(lo0: Node | None, *, only_unit_0: bool, excluded: frozenset[str]) -> Ports:
    """Return the active loopback units of a system by number.

    Args:
        lo0: Its `lo0` interface; None when it has none.
        only_unit_0: The main system's loopback is unit 0; a logical system's has any number.
        excluded: Logical interfaces that belong to a routing instance: no loopbacks of ours.
    """
    if lo0 is None or lo0.has("disable"):
        return {}
    return {
        number: unit
        for number, unit in _by_key(lo0.all("unit")).items()
        if (number == "0" or not only_unit_0)
        and not unit.has("disable")
        and f"{LOOPBACK}.{number}" not in excluded
    }


def loopbacks(units: Ports, prefix: str) -> tuple[tuple[LoopbackAddress, ...], tuple[str, ...]]:
    """Return the IPv4 addresses of loopback units, and a warning for each that is none."""
    addresses: list[LoopbackAddress] = []
    warnings: list[str] = []
    for number, unit in units.items():
        path = f"{prefix}interfaces/interface[{LOOPBACK}]/unit[{number}]/family/inet/address"
        for node in unit.all("family", "inet", "address"):
            try:
                address = ipaddress.IPv4Interface(node.key).ip
            except ValueError:
                warnings.append(f"loopback-address-not-understood:{node.key}")
                continue
            addresses.append(
                LoopbackAddress(
                    address=str(address),
                    primary=node.has("primary"),
                    preferred=node.has("preferred"),
                    path=f"{path}[{node.key}]",
                )
            )
    return tuple(addresses), tuple(warnings)


def has_ipv6(units: Ports) -> bool:
    """Return whether a loopback unit has an IPv6 address that others can reach."""
    keys = (node.key for unit in units.values() for node in unit.all("family", "inet6", "address"))
    return any(map(_is_reachable_ipv6, keys))


def _is_reachable_ipv6(text: str) -> bool:
    try:
        address = ipaddress.IPv6Interface(text).ip
    except ValueError:
        return False
    return not (
        address.is_loopback
        or address.is_link_local
        or address.is_unspecified
        or address.is_multicast
    )


def _by_key(nodes: Iterable[Node]) -> Ports:
    grouped: dict[str, list[Node]] = {}
    for node in nodes:
        if key := node.key:
            grouped.setdefault(key, []).append(node)
    return {key: merged(group) for key, group in grouped.items()}


def _first(candidates: Iterable[Iterable[Node]]) -> str:
    return next((node.key for nodes in candidates for node in nodes if node.key), "")


def _redundant_parent(node: Node) -> str:
    return _first(
        (*parent.all("parent"), parent)
        for option in _OPTIONS
        for parent in node.all(option, "redundant-parent")
    )


def _unit_facts(number: str, unit: Node) -> UnitFacts:
    families = {name for family in unit.all("family") for name in family.children}
    return UnitFacts(
        name=number,
        families=tuple(sorted(families)),
        encapsulation=unit.value("encapsulation"),
        vlans=tuple(sorted(set(_vlans(unit)))),
        disabled=unit.has("disable"),
    )


def _vlans(unit: Node) -> Iterator[tuple[int, int]]:
    for path in _VLAN_STATEMENTS:
        for node in unit.all(*path):
            for text in node.key.split():
                vlans = _EVERY_VLAN if text == ALL else vlan_range(text)
                if vlans is not None:
                    yield vlans
