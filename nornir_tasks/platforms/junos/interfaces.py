"""Interfaces, units and loopback addresses of one system."""

import ipaddress
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

from lxml import etree

from nornir_tasks.facts import InterfaceFacts, LoopbackAddress, UnitFacts
from nornir_tasks.platforms.junos.names import ALL, vlan_range
from nornir_tasks.platforms.junos.node import (
    Node,
    element_key,
    element_text,
    find_below,
    first_text,
)
from nornir_tasks.xml import local_name

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
# Below which statements of a unit, and of a family of it, it is said which VLANs are on it.
_VLANS_OF_UNITS: Mapping[str, Any] = {
    "vlan-id": {},
    "vlan-id-list": {},
    "vlan-id-range": {},
    "vlan-tags": {"outer": {}},
}
_VLANS_OF_FAMILIES: Mapping[str, Any] = {
    "bridge": {"vlan-id": {}, "vlan-id-list": {}},
    "ethernet-switching": {"vlan": {"members": {}}},
}


def ports(root: Node) -> Ports:
    """Return every configured interface of a system by name."""
    return _nodes(root.find("interfaces", "interface"))


def interface_facts(
    name: str, node: Node, prefix: str, *, port: Node | None = None, oper_status: str = ""
) -> InterfaceFacts:
    """Return what one interface's configuration says.

    Args:
        name: The interface.
        node: Its statement.
        prefix: Path of the system it belongs to, empty or ending in a slash.
        port: What the router says about the port of a logical system's interface.
        oper_status: Of the port; empty when it was not read.
    """
    statements = node.children
    encapsulation, bundle, redundant_parent = _options(statements)
    disabled = "disable" in statements
    if port is not None:
        of_the_port = _options(port.children)
        encapsulation = encapsulation or of_the_port[0]
        bundle = bundle or of_the_port[1]
        redundant_parent = redundant_parent or of_the_port[2]
        disabled = disabled or "disable" in port.children
    units = _by_key(statements["unit"]) if "unit" in statements else {}
    return InterfaceFacts(
        name=name,
        path=f"{prefix}interfaces/interface[{name}]",
        units=tuple([_unit_facts(number, unit) for number, unit in units.items()]),
        encapsulation=encapsulation,
        bundle=bundle,
        redundant_parent=redundant_parent,
        disabled=disabled,
        oper_status=oper_status,
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
        for number, unit in _nodes(lo0.find("unit")).items()
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


def _by_key(elements: Sequence[etree._Element]) -> dict[str, list[etree._Element]]:
    """Group statements by key: one that is stated twice is one statement."""
    grouped: dict[str, list[etree._Element]] = {}
    for element in elements:
        if key := element_key(element):
            grouped.setdefault(key, []).append(element)
    return grouped


def _nodes(elements: Sequence[etree._Element]) -> Ports:
    return {key: Node(*group) for key, group in _by_key(elements).items()}


def _options(statements: Mapping[str, Sequence[etree._Element]]) -> tuple[str, str, str]:
    """Return encapsulation, bundle and redundant parent of an interface; each may be empty."""
    bundle = redundant_parent = ""
    options = [each for name in _OPTIONS if name in statements for each in statements[name]]
    for statement in chain.from_iterable(options):
        name = local_name(statement.tag)
        if name == "ieee-802.3ad":
            bundle = bundle or _first_key(find_below((statement,), "bundle"))
        elif name == "redundant-parent":
            named = (*find_below((statement,), "parent"), statement)
            redundant_parent = redundant_parent or _first_key(named)
    return first_text(statements.get("encapsulation", ())), bundle, redundant_parent


def _first_key(elements: Sequence[etree._Element]) -> str:
    for element in elements:
        if key := element_key(element):
            return key
    return ""


def _unit_facts(number: str, unit: Sequence[etree._Element]) -> UnitFacts:
    """Return what a unit says; one look at each statement, because units are many."""
    families: set[str] = set()
    vlans: set[tuple[int, int]] = set()
    encapsulation, disabled = "", False
    for statement in chain.from_iterable(unit):
        name = local_name(statement.tag)
        if name == "family":
            for family in statement:
                kind = local_name(family.tag)
                families.add(kind)
                if kind in _VLANS_OF_FAMILIES:
                    _add_vlans(vlans, family, _VLANS_OF_FAMILIES[kind])
        elif name == "encapsulation":
            encapsulation = encapsulation or element_text(statement)
        elif name == "disable":
            disabled = True
        elif name in _VLANS_OF_UNITS:
            _add_vlans(vlans, statement, _VLANS_OF_UNITS[name])
    families.discard("")
    return UnitFacts(
        name=number,
        families=tuple(sorted(families)),
        encapsulation=encapsulation,
        vlans=tuple(sorted(vlans)),
        disabled=disabled,
    )


def _add_vlans(
    found: set[tuple[int, int]], statement: etree._Element, below: Mapping[str, Any]
) -> None:
    """Add the VLANs that a statement names, or those that statements `below` it do."""
    if below:
        for child in statement:
            name = local_name(child.tag)
            if name in below:
                _add_vlans(found, child, below[name])
        return
    for text in element_key(statement).split():
        vlans = _EVERY_VLAN if text == ALL else vlan_range(text)
        if vlans is not None:
            found.add(vlans)
