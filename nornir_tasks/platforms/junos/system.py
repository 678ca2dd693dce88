"""Put the facts of one system together: the router itself or one of its logical systems."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from lxml import etree

from nornir_tasks.facts import Comment, DeviceFacts, Evidence, InterfaceFacts
from nornir_tasks.platforms.junos import bgp, interfaces, protocols
from nornir_tasks.platforms.junos.instances import MANAGEMENT_INSTANCE, routing_instances
from nornir_tasks.platforms.junos.names import natural_key
from nornir_tasks.platforms.junos.node import Node, System, merged_systems
from nornir_tasks.platforms.junos.tree import Tree
from nornir_tasks.xml import local_name

__all__ = ["COMMIT", "Source", "commit_fingerprint", "fingerprint", "router_facts"]

PLATFORM = "junos"
COMMIT = "commit:"
"""How the fingerprints begin that are made of the commit's time."""
UNRESOLVED = "inheritance-not-resolved"


@dataclass(frozen=True, slots=True)
class Source:
    """What facts are made from.

    Attributes:
        device: Name of the device; empty to take the configured host name.
        tree: Its configuration.
        fingerprint: Of that configuration.
        status: Operational status of its ports; None when it was not read.
    """

    device: str
    tree: Tree
    fingerprint: str
    status: Mapping[str, str] | None


def router_facts(source: Source) -> tuple[DeviceFacts, ...]:
    """Return the facts of the main system, then those of each logical system (spec section 3)."""
    root = source.tree.root
    host_name = root.value("system", "host-name")
    device = source.device or host_name or "unknown"
    physical = interfaces.ports(root)
    main = _system_facts(source, device, host_name, root, "", physical)
    grouped: dict[str, list[System]] = {}
    for system in root.systems("logical-systems"):
        if system.key:
            grouped.setdefault(system.key, []).append(system)
    logical = [
        _system_facts(
            source,
            f"{device}:{name}",
            host_name,
            merged_systems(systems),
            f"logical-systems[{name}]/",
            physical,
        )
        for name, systems in grouped.items()
    ]
    return _with_all_ports(main, dict(zip(grouped, logical, strict=True)), source), *logical


def fingerprint(configuration: etree._Element, tree: Tree) -> str:
    """Return what changes whenever the configuration does.

    The commit's time when the device tells it (one commit a second at most, so it is unique),
    else a digest of every statement that facts are made of.
    """
    if committed := commit_fingerprint(configuration):
        return committed
    parts: list[str] = []
    stack: list[tuple[int, str, Node]] = [(0, "configuration", tree.root)]
    while stack:
        depth, name, node = stack.pop()
        parts.append(f"{depth}\0{name}\0{node.text if depth else ''}\0")
        if isinstance(node, System):
            parts.extend(f"{comment.path}\0{comment.text}\0" for comment in node.comments)
        for below in sorted(node.children):
            stack.extend((depth + 1, below, child) for child in node.all(below))
    digest = hashlib.sha256("".join(parts).encode("utf-8", "surrogatepass"))
    return f"sha256:{digest.hexdigest()}"


def commit_fingerprint(configuration: etree._Element) -> str:
    """Return time and user of the last commit; empty when the device does not tell the time."""
    commit = {local_name(key): str(value) for key, value in configuration.items()}
    seconds = commit.get("commit-seconds")
    return f"{COMMIT}{seconds}:{commit.get('commit-user', '')}" if seconds else ""


def _system_facts(
    source: Source,
    device: str,
    host_name: str,
    root: System,
    prefix: str,
    physical: interfaces.Ports,
) -> DeviceFacts:
    instances = tuple(routing_instances(root, prefix))
    taken = frozenset(name for instance in instances for name in instance.interfaces)
    own = interfaces.ports(root) if prefix else physical
    units = interfaces.loopback_units(
        _loopback(own, physical), only_unit_0=not prefix, excluded=taken
    )
    addresses, warnings = interfaces.loopbacks(units, prefix)
    core = protocols.core_interfaces(root, prefix)
    if source.tree.unresolved or core.wildcards:
        warnings = (UNRESOLVED, *warnings)
    return DeviceFacts(
        device=device,
        platform=PLATFORM,
        host_name=host_name,
        fingerprint=source.fingerprint,
        sources=_sources(source),
        comments=_comments(root, prefix),
        loopbacks=addresses,
        ipv6_loopback=interfaces.has_ipv6(units),
        router_id=root.value("routing-options", "router-id"),
        local_as=bgp.local_as(root),
        bgp_groups=bgp.bgp_groups(root, prefix),
        ldp_loopback=protocols.ldp_loopback(core.ldp, frozenset(units) if prefix else None),
        signaling=bgp.signaling(root, prefix),
        core_interfaces=core.listed,
        core_exemptions=core.exemptions,
        instances=(
            *(i for i in instances if i.name != MANAGEMENT_INSTANCE),
            *protocols.l2circuits(root, prefix),
        ),
        management_interfaces=tuple(
            name for i in instances if i.name == MANAGEMENT_INSTANCE for name in i.interfaces
        ),
        interfaces=_interfaces(own, prefix, physical, source),
        warnings=warnings,
    )


def _loopback(own: interfaces.Ports, physical: interfaces.Ports) -> interfaces.Port | None:
    """Return a system's lo0, unless the router has it disabled as a whole."""
    router_lo0 = physical.get(interfaces.LOOPBACK)
    if router_lo0 is not None and router_lo0.disabled:
        return None
    return own.get(interfaces.LOOPBACK)


def _interfaces(
    own: interfaces.Ports, prefix: str, physical: interfaces.Ports, source: Source
) -> tuple[InterfaceFacts, ...]:
    """Return a system's configured interfaces; the port itself is the router's to configure."""
    status = source.status or {}
    found = (
        interfaces.interface_facts(
            name,
            said,
            prefix,
            port=physical.get(name) if prefix else None,
            oper_status=status.get(name, ""),
        )
        for name, said in own.items()
    )
    # The router's are sorted when all ports are known.
    return _sorted(found) if prefix else tuple(found)


def _with_all_ports(
    main: DeviceFacts, logical: Mapping[str, DeviceFacts], source: Source
) -> DeviceFacts:
    """Add the ports that no statement of the main system names, and who else uses its ports."""
    status = source.status or {}
    uses: dict[str, dict[str, InterfaceFacts]] = {}
    core: dict[str, list[Evidence]] = {}
    for system, facts in logical.items():
        for interface in facts.interfaces:
            uses.setdefault(interface.name, {})[system] = interface
        for name, evidence in facts.core_interfaces.items():
            core.setdefault(name.rpartition(".")[0], []).extend(evidence)
    found = {interface.name: interface for interface in main.interfaces}
    for name in (*uses, *status):
        if name not in found:
            oper_status = status.get(name, "")
            found[name] = InterfaceFacts(name, oper_status=oper_status, configured=False)
    for name, some in uses.items():
        found[name] = _with_uses(found[name], some, core.get(name, []))
    return replace(main, interfaces=_sorted(found.values()))


def _with_uses(
    port: InterfaceFacts, uses: Mapping[str, InterfaceFacts], core: Sequence[Evidence]
) -> InterfaceFacts:
    """Return a port of the main system with what the logical systems have on it, by name."""
    units = [unit for use in uses.values() for unit in use.units]
    mpls = [
        Evidence(f"{use.path}/unit[{unit.name}]/family/mpls")
        for use in uses.values()
        for unit in use.units
        if "mpls" in unit.families
    ]
    return replace(
        port,
        path=port.path or next(iter(uses.values())).path,
        configured=True,
        logical_systems=tuple(uses),
        logical_system_core=(*mpls, *core),
        logical_system_vlans=tuple(sorted({vlans for unit in units for vlans in unit.vlans})),
    )


def _sorted(found: Iterable[InterfaceFacts]) -> tuple[InterfaceFacts, ...]:
    return tuple(sorted(found, key=lambda interface: natural_key(interface.name)))


def _comments(root: System, prefix: str) -> tuple[Comment, ...]:
    """Return the annotations directly under the system's root and under its `system`."""
    below = [(prefix, root), *((f"{prefix}system/", each) for each in root.systems("system"))]
    return tuple(
        Comment((path + comment.path).rstrip("/") or "configuration", comment.text)
        for path, node in below
        for comment in node.comments
    )


def _sources(source: Source) -> tuple[str, ...]:
    if source.status is None:
        return ("configuration",)
    return ("configuration", "interface-information")
