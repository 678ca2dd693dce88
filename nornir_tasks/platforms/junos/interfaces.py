"""Interfaces, units and loopback addresses of one system."""

import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from lxml import etree

from nornir_tasks.facts import InterfaceFacts, LoopbackAddress, UnitFacts
from nornir_tasks.platforms.junos.names import ALL, vlan_range
from nornir_tasks.platforms.junos.node import (
    Node,
    element_key,
    element_text,
    find_below,
    key_among,
)
from nornir_tasks.xml import LOCAL_NAMES, children_of

__all__ = [
    "LOOPBACK",
    "Ports",
    "Statements",
    "has_ipv6",
    "interface_facts",
    "is_disabled",
    "loopback_units",
    "loopbacks",
    "ports",
]

LOOPBACK = "lo0"

Statements = list[etree._Element]  # noqa: SLF001 - the stubs' name
Ports = dict[str, Statements]
"""What is said about each interface, by its name."""

_Value = TypeVar("_Value", str, tuple[int, int])
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


class _Port(NamedTuple):
    """What stands directly below an interface; texts are empty where nothing is said."""

    units: Statements
    encapsulation: str
    bundle: str
    redundant_parent: str
    disabled: bool


def ports(root: Node) -> Ports:
    """Return every configured interface of a system by name."""
    return _by_key(root.find("interfaces", "interface"))


def is_disabled(statements: Statements) -> bool:
    """Return whether an interface or a unit is disabled as a whole."""
    return any(LOCAL_NAMES[statement.tag] == "disable" for statement in statements)


def interface_facts(
    name: str,
    statements: Statements,
    prefix: str,
    *,
    port: Statements | None = None,
    oper_status: str = "",
) -> InterfaceFacts:
    """Return what one interface's configuration says.

    Args:
        name: The interface.
        statements: What is said about it.
        prefix: Path of the system it belongs to, empty or ending in a slash.
        port: What the router says about the port of a logical system's interface.
        oper_status: Of the port; empty when it was not read.
    """
    units, encapsulation, bundle, redundant_parent, disabled = _read_port(statements)
    if port is not None:
        the_port = _read_port(port)
        encapsulation = encapsulation or the_port.encapsulation
        bundle = bundle or the_port.bundle
        redundant_parent = redundant_parent or the_port.redundant_parent
        disabled = disabled or the_port.disabled
    return InterfaceFacts(  # by position: with names it takes four times as long
        name,
        f"{prefix}interfaces/interface[{name}]",
        tuple([_unit_facts(*unit) for unit in _by_key(units).items()]) if units else (),
        encapsulation,
        bundle,
        redundant_parent,
        disabled,
        oper_status,
    )


def loopback_units(lo0: Statements | None, *, only_unit_0: bool, excluded: frozenset[str]) -> Ports:
    """Return the active loopback units of a system by number.

    Args:
        lo0: Its `lo0` interface; None when it has none.
        only_unit_0: The main system's loopback is unit 0; a logical system's has any number.
        excluded: Logical interfaces that belong to a routing instance: no loopbacks of ours.
    """
    if lo0 is None or is_disabled(lo0):
        return {}
    units = [statement for statement in lo0 if LOCAL_NAMES[statement.tag] == "unit"]
    return {
        number: unit
        for number, unit in _by_key(units).items()
        if (number == "0" or not only_unit_0)
        and not is_disabled(unit)
        and f"{LOOPBACK}.{number}" not in excluded
    }


def loopbacks(units: Ports, prefix: str) -> tuple[tuple[LoopbackAddress, ...], tuple[str, ...]]:
    """Return the IPv4 addresses of loopback units, and a warning for each that is none."""
    addresses: list[LoopbackAddress] = []
    warnings: list[str] = []
    for number, unit in units.items():
        path = f"{prefix}interfaces/interface[{LOOPBACK}]/unit[{number}]/family/inet/address"
        for node in _addresses(unit, "inet"):
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
    keys = (node.key for unit in units.values() for node in _addresses(unit, "inet6"))
    return any(map(_is_reachable_ipv6, keys))


def _addresses(unit: Statements, family: str) -> list[Node]:
    families = [statement for statement in unit if LOCAL_NAMES[statement.tag] == "family"]
    return [Node(element) for element in find_below(families, family, "address")]


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


def _by_key(elements: Iterable[etree._Element]) -> dict[str, Statements]:
    """Return the statements below each element by its key: what is stated twice is one."""
    found: dict[str, Statements] = {}
    for element in elements:
        statements = children_of(element)
        if key := key_among(statements) or element_text(element):
            if key in found:
                found[key] += statements
            else:
                found[key] = statements
    return found


def _read_port(statements: Statements) -> _Port:
    """Return what an interface says; one look at each statement, because ports are many."""
    units: Statements = []
    options: Statements = []
    encapsulation, disabled = "", False
    for statement in statements:
        name = LOCAL_NAMES[statement.tag]
        if name == "unit":
            units.append(statement)
        elif name == "encapsulation":
            encapsulation = encapsulation or element_text(statement)
        elif name == "disable":
            disabled = True
        elif name in _OPTIONS:
            options.append(statement)
    bundle, redundant_parent = _memberships(options) if options else ("", "")
    return _Port(units, encapsulation, bundle, redundant_parent, disabled)


def _memberships(options: Statements) -> tuple[str, str]:
    """Return bundle and redundant parent of an interface; each may be empty."""
    bundle = redundant_parent = ""
    if len(options) > 1:
        options = sorted(options, key=lambda each: _OPTIONS.index(LOCAL_NAMES[each.tag]))
    for statement in [below for each in options for below in children_of(each)]:
        name = LOCAL_NAMES[statement.tag]
        if name == "ieee-802.3ad":
            bundle = bundle or _first_key(find_below((statement,), "bundle"))
        elif name == "redundant-parent":
            named = (*find_below((statement,), "parent"), statement)
            redundant_parent = redundant_parent or _first_key(named)
    return bundle, redundant_parent


def _first_key(elements: Sequence[etree._Element]) -> str:
    for element in elements:
        if key := element_key(element):
            return key
    return ""


def _unit_facts(number: str, statements: Statements) -> UnitFacts:
    """Return what a unit says; one look at each statement, because units are many."""
    families: list[str] = []
    vlans: list[tuple[int, int]] = []
    encapsulation, disabled = "", False
    for statement in statements:
        name = LOCAL_NAMES[statement.tag]
        if name == "family":
            for family in children_of(statement):
                kind = LOCAL_NAMES[family.tag]
                families.append(kind)
                if kind in _VLANS_OF_FAMILIES:
                    vlans += _vlans(family, _VLANS_OF_FAMILIES[kind])
        elif name == "encapsulation":
            encapsulation = encapsulation or element_text(statement)
        elif name == "disable":
            disabled = True
        elif name in _VLANS_OF_UNITS:
            vlans += _vlans(statement, _VLANS_OF_UNITS[name])
    return UnitFacts(number, _sorted(families), encapsulation, _sorted(vlans), disabled)


def _sorted(values: list[_Value]) -> tuple[_Value, ...]:
    """Return each value once; most units have one family and one VLAN, or none."""
    return tuple(values) if len(values) <= 1 else tuple(sorted(set(values)))


def _vlans(statement: etree._Element, below: Mapping[str, Any]) -> list[tuple[int, int]]:
    """Return the VLANs that a statement names, or those that statements `below` it do."""
    if below:
        return [
            vlans
            for child in children_of(statement)
            if (name := LOCAL_NAMES[child.tag]) in below
            for vlans in _vlans(child, below[name])
        ]
    return [vlans for text in element_key(statement).split() if (vlans := _vlan_range(text))]


def _vlan_range(text: str) -> tuple[int, int] | None:
    return _EVERY_VLAN if text == ALL else vlan_range(text)
