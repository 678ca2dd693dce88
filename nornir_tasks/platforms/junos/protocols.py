"""Core protocols, LDP on the loopback and l2circuits of one system."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from nornir_tasks.facts import Evidence, ServiceInstance
from nornir_tasks.platforms.junos.columns import keys_of
from nornir_tasks.platforms.junos.interfaces import LOOPBACK
from nornir_tasks.platforms.junos.names import ALL, logical_name
from nornir_tasks.platforms.junos.node import Node, element_key, find_below

__all__ = ["CoreInterfaces", "Entry", "core_interfaces", "l2circuits", "ldp_loopback"]

_FLAT = ("mpls", "ldp", "rsvp", "isis")
_WITH_AREAS = ("ospf", "ospf3")
_ISIS_LEVELS = frozenset({"1", "2"})


@dataclass(frozen=True, slots=True)
class Entry:
    """An interface under a protocol: its logical name, where it stands, whether it takes part."""

    name: str
    path: str
    active: bool


@dataclass(frozen=True, slots=True)
class CoreInterfaces:
    """Which interfaces carry the core protocols, as in `DeviceFacts`.

    Attributes:
        listed: For each logical interface, or `all`, where it is listed.
        exemptions: For each path of an `all`: which interfaces it does not cover.
        wildcards: Some name is a pattern, which only the device can resolve.
        ldp: What stands under LDP.
    """

    listed: dict[str, tuple[Evidence, ...]]
    exemptions: dict[str, tuple[str, ...]]
    wildcards: bool
    ldp: tuple[Entry, ...]


def core_interfaces(root: Node, prefix: str) -> CoreInterfaces:
    """Return the interfaces under mpls, ldp, rsvp, isis, ospf and ospf3 (spec section 4)."""
    listed: dict[str, list[Evidence]] = {}
    exemptions: dict[str, tuple[str, ...]] = {}
    wildcards = False
    found = {each: tuple(_entries(root, prefix, each)) for each in (*_FLAT, *_WITH_AREAS)}
    for entries in found.values():
        out = tuple(dict.fromkeys(e.name for e in entries if e.name != ALL and not e.active))
        for entry in entries:
            wildcards |= "*" in entry.name
            if entry.active:
                listed.setdefault(entry.name, []).append(Evidence(entry.path))
                if entry.name == ALL and out:
                    exemptions[entry.path] = out
    evidence = {name: tuple(some) for name, some in listed.items()}
    return CoreInterfaces(evidence, exemptions, wildcards, found["ldp"])


def ldp_loopback(entries: Sequence[Entry], units: frozenset[str] | None) -> tuple[Evidence, ...]:
    """Return the LDP statements that cover the loopback (rule R4).

    Args:
        entries: What stands under LDP.
        units: Numbers of the system's loopback units; None for the main system, where rule R4
            asks for unit 0 whether or not it has an address.
    """
    wanted = {f"{LOOPBACK}.{number}" for number in ({"0"} if units is None else units)}
    out = {entry.name for entry in entries if not entry.active}
    if wanted and wanted <= out:
        wanted = set()
    elif wanted:
        wanted = (wanted - out) | {ALL}
    return tuple(Evidence(e.path) for e in entries if e.active and e.name in wanted)


def l2circuits(root: Node, prefix: str) -> Iterator[ServiceInstance]:
    """Yield the l2circuits of a system; those inside one router have type `local-switching`."""
    path = f"{prefix}protocols/l2circuit"
    circuits = root.find("protocols", "l2circuit")
    for circuit in circuits:
        keys = keys_of(circuit)
        for neighbor in circuit.iterchildren("{*}neighbor"):
            interfaces = neighbor.iterchildren("{*}interface")
            names = tuple([logical_name(key) for each in interfaces if (key := keys[each])])
            key = keys[neighbor]
            yield ServiceInstance(key, "l2circuit", names, f"{path}/neighbor[{key}]")
    for local in find_below(circuits, "local-switching"):
        ends = find_below((local,), "interface")
        ends = [*ends, *find_below(ends, "end-interface", "interface")]
        names = tuple([logical_name(key) for each in ends if (key := element_key(each))])
        yield ServiceInstance(
            "local-switching", "local-switching", names, f"{path}/local-switching"
        )


def _entries(root: Node, prefix: str, protocol: str) -> Iterator[Entry]:
    """Yield the interfaces under a protocol; none when the protocol as a whole is disabled."""
    path = f"{prefix}protocols/{protocol}"
    for node in root.all("protocols", protocol):
        if node.has("disable"):
            continue
        idle_levels = _idle_levels(node) if protocol == "isis" else frozenset()
        for where, interface in _interfaces(node, path):
            key = interface.key
            if not key:
                continue
            active = not (interface.has("disable") or interface.has("passive"))
            if protocol == "isis" and (idle_levels | _idle_levels(interface)) >= _ISIS_LEVELS:
                active = False
            yield Entry(logical_name(key), f"{where}/interface[{key}]", active)


def _interfaces(node: Node, path: str) -> Iterator[tuple[str, Node]]:
    """Yield every `interface` of a protocol with the path of what it stands in."""
    yield from ((path, interface) for interface in node.all("interface"))
    areas = [(f"{path}/area[{area.key}]", area) for area in node.all("area")]
    areas += [
        (f"{path}/realm[{realm.key}]/area[{area.key}]", area)
        for realm in node.all("realm")
        for area in realm.all("area")
    ]
    for where, area in areas:
        yield from ((where, interface) for interface in area.all("interface"))


def _idle_levels(node: Node) -> frozenset[str]:
    """Return the IS-IS levels at which no adjacency is formed."""
    return frozenset(
        level.key for level in node.all("level") if level.has("disable") or level.has("passive")
    )
