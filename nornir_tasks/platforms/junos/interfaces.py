"""Interfaces, units and loopback addresses of one system."""

import ipaddress
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from lxml import etree

from nornir_tasks.facts import InterfaceFacts, LoopbackAddress, UnitFacts
from nornir_tasks.platforms.junos.columns import Keys, every, keys_of
from nornir_tasks.platforms.junos.names import ALL, vlan_range
from nornir_tasks.platforms.junos.node import Node, element_key, element_text, find_below
from nornir_tasks.xml import LOCAL_NAMES, children_of

__all__ = [
    "LOOPBACK",
    "Port",
    "Ports",
    "Unit",
    "has_ipv6",
    "interface_facts",
    "loopback_units",
    "loopbacks",
    "ports",
]

LOOPBACK = "lo0"

_Value = TypeVar("_Value", str, tuple[int, int])
_OPTIONS = ("gigether-options", "ether-options", "fastether-options")
_EVERY_VLAN = (1, 4094)
# Below which statements of a family of a unit it is said which VLANs are on it.
_VLANS_OF_FAMILIES: Mapping[str, Any] = {
    "bridge": {"vlan-id": {}, "vlan-id-list": {}},
    "ethernet-switching": {"vlan": {"members": {}}},
}


class Unit:
    """What is said about a unit of an interface.

    Attributes:
        elements: Where it is said.
        families: Names of its protocol families.
        vlans: VLAN IDs on it, as inclusive ranges.
        encapsulation: Empty when nothing is said.
        disabled: It is disabled as a whole.
    """

    __slots__ = ("disabled", "elements", "encapsulation", "families", "vlans")

    def __init__(self) -> None:
        self.elements: list[etree._Element] = []
        self.families: list[str] = []
        self.vlans: list[tuple[int, int]] = []
        self.encapsulation = ""
        self.disabled = False


class Port:
    """What is said about an interface.

    Attributes:
        units: Its units by number.
        options: Its statements that may make it a member of another interface.
        encapsulation: Empty when nothing is said.
        disabled: It is disabled as a whole.
    """

    __slots__ = ("disabled", "encapsulation", "options", "units")

    def __init__(self) -> None:
        self.units: dict[str, Unit] = {}
        self.options: list[etree._Element] = []
        self.encapsulation = ""
        self.disabled = False


Ports = dict[str, Port]
"""What is said about each interface, by its name: what is stated twice is one."""


def ports(root: Node) -> Ports:
    """Return every configured interface of a system by name."""
    found: Ports = {}
    for branch in root.find("interfaces"):
        _read(branch, found)
    return found


def interface_facts(
    name: str,
    said: Port,
    prefix: str,
    *,
    port: Port | None = None,
    oper_status: str = "",
) -> InterfaceFacts:
    """Return what one interface's configuration says.

    Args:
        name: The interface.
        said: What is said about it.
        prefix: Path of the system it belongs to, empty or ending in a slash.
        port: What the router says about the port of a logical system's interface.
        oper_status: Of the port; empty when it was not read.
    """
    encapsulation, disabled = said.encapsulation, said.disabled
    bundle, redundant_parent = _memberships(said.options) if said.options else ("", "")
    if port is not None:
        encapsulation = encapsulation or port.encapsulation
        disabled = disabled or port.disabled
        port_bundle, port_parent = _memberships(port.options)
        bundle = bundle or port_bundle
        redundant_parent = redundant_parent or port_parent
    return InterfaceFacts(  # by position: with names it takes four times as long
        name,
        f"{prefix}interfaces/interface[{name}]",
        tuple([_unit_facts(*unit) for unit in said.units.items()]) if said.units else (),
        encapsulation,
        bundle,
        redundant_parent,
        disabled,
        oper_status,
    )


def loopback_units(
    lo0: Port | None, *, only_unit_0: bool, excluded: frozenset[str]
) -> dict[str, Unit]:
    """Return the active loopback units of a system by number.

    Args:
        lo0: Its `lo0` interface; None when it has none.
        only_unit_0: The main system's loopback is unit 0; a logical system's has any number.
        excluded: Logical interfaces that belong to a routing instance: no loopbacks of ours.
    """
    if lo0 is None or lo0.disabled:
        return {}
    return {
        number: unit
        for number, unit in lo0.units.items()
        if (number == "0" or not only_unit_0)
        and not unit.disabled
        and f"{LOOPBACK}.{number}" not in excluded
    }


def loopbacks(
    units: Mapping[str, Unit], prefix: str
) -> tuple[tuple[LoopbackAddress, ...], tuple[str, ...]]:
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


def has_ipv6(units: Mapping[str, Unit]) -> bool:
    """Return whether a loopback unit has an IPv6 address that others can reach."""
    keys = (node.key for unit in units.values() for node in _addresses(unit, "inet6"))
    return any(map(_is_reachable_ipv6, keys))


def _addresses(unit: Unit, family: str) -> list[Node]:
    return [Node(each) for each in find_below(unit.elements, "family", family, "address")]


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


def _read(branch: etree._Element, found: Ports) -> None:
    """Add what one `interfaces` branch says."""
    keys = keys_of(branch)
    ports: dict[etree._Element | None, Port] = {}
    for element in branch.iterchildren("{*}interface"):
        if name := keys[element]:
            ports[element] = found.get(name) or found.setdefault(name, Port())
    for element in every(branch, *_OPTIONS):
        if port := ports.get(element.getparent()):
            port.options.append(element)
    units = _read_units(branch, ports, keys)
    owners: dict[etree._Element | None, Port | Unit] = {**ports, **units}
    for element in every(branch, "encapsulation"):
        owner = owners.get(element.getparent())
        if owner is not None and not owner.encapsulation:
            owner.encapsulation = element_text(element)
    for element in every(branch, "disable"):
        if owner := owners.get(element.getparent()):
            owner.disabled = True


def _read_units(
    branch: etree._Element, ports: Mapping[etree._Element | None, Port], keys: Keys
) -> dict[etree._Element | None, Unit]:
    """Add the units, and return each by the elements that say something about it."""
    units: dict[etree._Element | None, Unit] = {}
    for element in every(branch, "unit"):
        port = ports.get(element.getparent())
        if port is not None and (number := keys[element]):
            unit = units[element] = port.units.get(number) or port.units.setdefault(number, Unit())
            unit.elements.append(element)
    for element in every(branch, "family"):
        if owner := units.get(element.getparent()):
            _add_families(owner, children_of(element))
    for element in every(branch, "vlan-id", "vlan-id-list", "vlan-id-range"):
        if owner := units.get(element.getparent()):
            owner.vlans += _vlan_ranges(keys[element])
    for element in every(branch, "vlan-tags"):
        if owner := units.get(element.getparent()):
            owner.vlans += _vlans(element, {"outer": {}})
    return units


def _add_families(unit: Unit, families: Sequence[etree._Element]) -> None:
    for family in families:
        name = LOCAL_NAMES[family.tag]
        unit.families.append(name)
        if name in _VLANS_OF_FAMILIES:
            unit.vlans += _vlans(family, _VLANS_OF_FAMILIES[name])


def _memberships(options: Sequence[etree._Element]) -> tuple[str, str]:
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


def _unit_facts(number: str, unit: Unit) -> UnitFacts:
    families, vlans = _sorted(unit.families), _sorted(unit.vlans)
    return UnitFacts(number, families, unit.encapsulation, vlans, unit.disabled)


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
    return _vlan_ranges(element_key(statement))


def _vlan_ranges(text: str) -> list[tuple[int, int]]:
    return [vlans for word in text.split() if (vlans := _vlan_range(word))]


def _vlan_range(text: str) -> tuple[int, int] | None:
    return _EVERY_VLAN if text == ALL else vlan_range(text)
