"""What a device's configuration says, free of any platform's syntax (prestaging spec, section 3).

A platform's parser (`nornir_tasks.platforms`) makes these; the rules (`nornir_tasks.rules`) read
nothing else. All are frozen and made of plain values, so they can be stored as JSON and evaluated
again later without the device.
"""

from dataclasses import dataclass, field

from nornir_tasks.values import value

__all__ = [
    "BgpGroup",
    "BgpNeighbor",
    "Comment",
    "DeviceFacts",
    "Evidence",
    "InterfaceFacts",
    "LoopbackAddress",
    "ServiceInstance",
    "UnitFacts",
]


@value(frozen=True, slots=True)
class Evidence:
    """One statement of the configuration that a verdict rests on.

    Attributes:
        path: Where it stands, in local names with keys, e.g. `protocols/bgp/group[RR]/type`.
        value: What stands there, e.g. `external`; empty for a bare element.
    """

    path: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class Comment:
    """An annotation; `path` is the path of the annotated statement, `text` has no delimiters."""

    path: str
    text: str


@dataclass(frozen=True, slots=True)
class LoopbackAddress:
    """One IPv4 address of the loopback unit, without its prefix length."""

    address: str
    primary: bool = False
    preferred: bool = False
    path: str = ""


@dataclass(frozen=True, slots=True)
class BgpNeighbor:
    """A BGP neighbor; AS numbers in plain notation, None when not set on the neighbor itself."""

    name: str
    peer_as: int | None = None
    local_as: int | None = None


@dataclass(frozen=True, slots=True)
class BgpGroup:
    """A BGP group of the main instance (of this device or logical system).

    Attributes:
        name: The group's name.
        type: `external`, `internal` or empty when the statement is absent.
        peer_as: AS number set on the group, None when not set.
        local_as: AS number that overrides the device's for this group (set on the group or on
            BGP as a whole), None when not set.
        neighbors: Its neighbors.
        path: Where the group stands.
    """

    name: str
    type: str = ""
    peer_as: int | None = None
    local_as: int | None = None
    neighbors: tuple[BgpNeighbor, ...] = ()
    path: str = ""


@value(frozen=True, slots=True)
class ServiceInstance:
    """A routing instance or l2circuit; `type` is e.g. `vrf`, `vpls`, `evpn`, `l2circuit`."""

    name: str
    type: str
    interfaces: tuple[str, ...] = ()
    path: str = ""


@value(frozen=True, slots=True)
class UnitFacts:
    """A logical interface.

    Attributes:
        name: The unit's number as text.
        families: Names of the protocol families configured on it, e.g. `inet`, `mpls`, `ccc`.
        encapsulation: Logical encapsulation such as `vlan-ccc`; empty when absent.
        vlans: VLAN IDs on it, as inclusive ranges (low, high).
        disabled: `disable` is set.
    """

    name: str
    families: tuple[str, ...] = ()
    encapsulation: str = ""
    vlans: tuple[tuple[int, int], ...] = ()
    disabled: bool = False


@value(frozen=True, slots=True)
class InterfaceFacts:
    """A physical or pseudo interface.

    Attributes:
        name: E.g. `ge-0/0/1`, `ae3`, `lo0`.
        path: Where it stands in the configuration; empty when only operational data names it.
        units: Its logical interfaces, disabled ones included.
        encapsulation: Physical encapsulation such as `vlan-ccc`; empty when absent.
        bundle: The `aeN` it is a member of; empty when none.
        redundant_parent: The `rethN` it is a member of; empty when none.
        disabled: `disable` is set.
        oper_status: `up`, `down` or empty when no operational data was read.
        configured: It appears in the configuration.
        logical_systems: Names of the logical systems that own units of this port of the main
            system; empty in the facts of a logical system.
        logical_system_vlans: VLAN IDs on those units, inclusive ranges.
        logical_system_core: Statements by which one of those units faces the core.
    """

    name: str
    path: str = ""
    units: tuple[UnitFacts, ...] = ()
    encapsulation: str = ""
    bundle: str = ""
    redundant_parent: str = ""
    disabled: bool = False
    oper_status: str = ""
    configured: bool = True
    logical_systems: tuple[str, ...] = ()
    logical_system_vlans: tuple[tuple[int, int], ...] = ()
    logical_system_core: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class DeviceFacts:
    """Everything the rules may ask about one device, or about one of its logical systems.

    Attributes:
        device: Inventory name; `router:LS` for a logical system.
        platform: Platform name, e.g. `junos`.
        host_name: The configured host name; empty when absent.
        fingerprint: Changes whenever the configuration changes; empty when unknown.
        sources: What was read: `configuration`, `interface-information`.
        comments: Annotations that rule R1 may match.
        loopbacks: Active IPv4 addresses of the loopback unit, in configuration order.
        ipv6_loopback: The loopback unit has an active IPv6 address.
        router_id: `routing-options/router-id`; empty when absent.
        local_as: AS number of the main instance, None when not set.
        bgp_groups: BGP groups of the main instance.
        ldp_loopback: LDP statements that cover the loopback.
        signaling: BGP address families of the main instance that carry services, by name
            (`l2vpn`, `inet-vpn`, `evpn`), each with where they stand.
        core_interfaces: For each logical interface listed, not passive and not disabled, under a
            core protocol of the main instance (mpls, ldp, rsvp, isis, ospf, ospf3): where.
            The name `all` may appear.
        core_exemptions: For each `all` in `core_interfaces`, by the path of its evidence: the
            logical interfaces that an entry of their own under the same protocol takes out.
        instances: Routing instances and l2circuits that use interfaces.
        management_interfaces: Logical interfaces of instance `mgmt_junos`.
        interfaces: Physical and pseudo interfaces, sorted by name.
        warnings: Machine codes with optional detail, e.g. `inheritance-not-resolved`.
    """

    device: str
    platform: str
    host_name: str = ""
    fingerprint: str = ""
    sources: tuple[str, ...] = ("configuration",)
    comments: tuple[Comment, ...] = ()
    loopbacks: tuple[LoopbackAddress, ...] = ()
    ipv6_loopback: bool = False
    router_id: str = ""
    local_as: int | None = None
    bgp_groups: tuple[BgpGroup, ...] = ()
    ldp_loopback: tuple[Evidence, ...] = ()
    signaling: dict[str, tuple[Evidence, ...]] = field(default_factory=dict)
    core_interfaces: dict[str, tuple[Evidence, ...]] = field(default_factory=dict)
    core_exemptions: dict[str, tuple[str, ...]] = field(default_factory=dict)
    instances: tuple[ServiceInstance, ...] = ()
    management_interfaces: tuple[str, ...] = ()
    interfaces: tuple[InterfaceFacts, ...] = ()
    warnings: tuple[str, ...] = ()
