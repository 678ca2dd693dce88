"""The customer side of a router, in pieces that repeat until a configuration is large enough.

Each piece knows what the interface rules (prestaging spec, section 4) must say about its ports.
"""

from collections.abc import Callable
from itertools import cycle

from nornir_tasks.lab.kinds.draft import Draft

__all__ = ["NEUTRAL", "SERVICES", "fill", "inactive_services"]

Piece = Callable[[Draft], None]

# A piece is up to 1,000 bytes long: stopping this short of the size ends close to it.
TOLERANCE = 350


def fill(draft: Draft, pieces: tuple[Piece, ...]) -> None:
    """Append pieces in turn until the configuration has its size."""
    target = draft.written + draft.missing() - TOLERANCE
    for piece in cycle(pieces):
        if draft.written >= target:
            return
        draft.customers += 1
        piece(draft)


def _interface(name: str, description: str, physical: str, units: str) -> str:
    return (
        f"<interface>\n<name>{name}</name>\n<description>{description}</description>\n"
        f"{physical}{units}</interface>\n"
    )


def _unit(number: int, statements: str) -> str:
    return f"<unit>\n<name>{number}</name>\n{statements}</unit>\n"


def _inet(draft: Draft, network: str) -> str:
    number = draft.customers
    address = f"{network}.{number // 250 % 250}.{number % 250 + 1}/30"
    return f"<family>\n<inet>\n<address>\n<name>{address}</name>\n</address>\n</inet>\n</family>\n"


def _vrf(draft: Draft, state: str = "") -> None:
    number = draft.customers
    vlan = number % 4000 + 1
    port = draft.port(uni=True)
    unit = _unit(vlan, f"<vlan-id>{vlan}</vlan-id>\n{_inet(draft, '172.16')}")
    text = _interface(port, f"VPN {number} {draft.city()}", "<vlan-tagging/>\n", unit)
    draft.append(draft.interfaces, text.replace("<interface>", f"<interface{state}>", 1))
    group = (
        f"<group>\n<name>CE</name>\n<type>external</type>\n<peer-as>{64512 + number % 400}"
        f"</peer-as>\n<neighbor>\n<name>172.16.{number // 250 % 250}.{number % 250 + 2}</name>\n"
        "</neighbor>\n</group>\n"
    )
    draft.append(
        draft.instances,
        f"<instance{state}>\n<name>VRF-{number}</name>\n<instance-type>vrf</instance-type>\n"
        f"<interface>\n<name>{port}.{vlan}</name>\n</interface>\n<route-distinguisher>\n"
        f"<rd-type>64999:{number}</rd-type>\n</route-distinguisher>\n<vrf-target>\n"
        f"<community>target:64999:{number}</community>\n</vrf-target>\n<protocols>\n<bgp>\n"
        f"{group}</bgp>\n</protocols>\n</instance>\n",
    )


def inactive_services(draft: Draft) -> None:
    """Add a deactivated VRF on a deactivated interface: the port counts as free."""
    _vrf(draft, ' inactive="inactive"')


def _l2circuit(draft: Draft) -> None:
    number = draft.customers
    vlan = number % 3000 + 600
    port = draft.port(prefix="xe", uni=True)
    unit = _unit(
        vlan,
        f"<encapsulation>vlan-ccc</encapsulation>\n<vlan-id>{vlan}</vlan-id>\n"
        "<family>\n<ccc>\n</ccc>\n</family>\n",
    )
    physical = "<vlan-tagging/>\n<encapsulation>vlan-ccc</encapsulation>\n"
    draft.append(
        draft.interfaces, _interface(port, f"E-Line {number} {draft.city()}", physical, unit)
    )
    neighbor = (
        f"<neighbor>\n<name>10.219.{number // 250 % 250}.{number % 250 + 1}</name>\n<interface>\n"
        f"<name>{port}.{vlan}</name>\n<virtual-circuit-id>{number}</virtual-circuit-id>\n"
        "</interface>\n</neighbor>\n"
    )
    draft.append(draft.protocols.setdefault("l2circuit", []), neighbor)


def _vpls(draft: Draft) -> None:
    number = draft.customers
    vlan = number % 3000 + 700
    port = draft.port(uni=True)
    unit = _unit(
        vlan,
        f"<encapsulation>vlan-vpls</encapsulation>\n<vlan-id>{vlan}</vlan-id>\n"
        "<family>\n<vpls>\n</vpls>\n</family>\n",
    )
    physical = "<vlan-tagging/>\n<encapsulation>vlan-vpls</encapsulation>\n"
    draft.append(
        draft.interfaces, _interface(port, f"E-LAN {number} {draft.city()}", physical, unit)
    )
    draft.append(
        draft.instances,
        f"<instance>\n<name>VPLS-{number}</name>\n<instance-type>vpls</instance-type>\n"
        f"<interface>\n<name>{port}.{vlan}</name>\n</interface>\n<route-distinguisher>\n"
        f"<rd-type>64999:{number}</rd-type>\n</route-distinguisher>\n<protocols>\n<vpls>\n<site>\n"
        f"<name>{draft.name}</name>\n<site-identifier>1</site-identifier>\n</site>\n</vpls>\n"
        "</protocols>\n</instance>\n",
    )


def _customer_bundle(draft: Draft) -> None:
    number = draft.customers
    bundle = f"ae{number}"
    member = draft.port(prefix="xe", uni=False)
    draft.append(
        draft.interfaces,
        f"<interface>\n<name>{member}</name>\n<gigether-options>\n<ieee-802.3ad>\n"
        f"<bundle>{bundle}</bundle>\n</ieee-802.3ad>\n</gigether-options>\n</interface>\n",
    )
    draft.add_port(bundle, uni=True)
    draft.append(
        draft.interfaces,
        _interface(
            bundle,
            f"bundle {draft.city()}",
            "<encapsulation>ethernet-ccc</encapsulation>\n",
            _unit(0, "<family>\n<ccc>\n</ccc>\n</family>\n"),
        ),
    )


def _switched(draft: Draft) -> None:
    port = draft.port(uni=True)
    family = (
        "<family>\n<ethernet-switching>\n<interface-mode>access</interface-mode>\n"
        "</ethernet-switching>\n</family>\n"
    )
    draft.append(draft.interfaces, _interface(port, f"office {draft.city()}", "", _unit(0, family)))


def _global_route(draft: Draft) -> None:
    port = draft.port(uni=False)
    draft.append(
        draft.interfaces,
        _interface(port, f"server {draft.city()}", "", _unit(0, _inet(draft, "10.64"))),
    )


def _reserved(draft: Draft) -> None:
    port = draft.port(uni=True, status="down")
    draft.append(draft.interfaces, _interface(port, f"reserved {draft.city()}", "<disable/>\n", ""))


def _unplugged(draft: Draft) -> None:
    port = draft.port(uni=True, status="down")
    draft.append(
        draft.interfaces, _interface(port, f"ordered {draft.city()}", "<mtu>9192</mtu>\n", "")
    )


def _firewall(draft: Draft) -> None:
    number = draft.customers
    draft.append(
        draft.filters,
        f"<filter>\n<name>FF-{number}</name>\n<term>\n<name>t1</name>\n<from>\n<source-address>\n"
        f"<name>203.0.113.{number % 256}/32</name>\n</source-address>\n<protocol>tcp</protocol>\n"
        f"</from>\n<then>\n<count>c-{number}</count>\n<accept/>\n</then>\n</term>\n</filter>\n",
    )


def _policy(draft: Draft) -> None:
    number = draft.customers
    draft.append(
        draft.policies,
        f"<policy-statement>\n<name>PS-{number}</name>\n<term>\n<name>a</name>\n<from>\n"
        f"<route-filter>\n<address>198.18.{number % 256}.0/24</address>\n<orlonger/>\n"
        "</route-filter>\n</from>\n<then>\n<accept/>\n</then>\n</term>\n</policy-statement>\n",
    )


NEUTRAL: tuple[Piece, ...] = (
    _switched,
    _global_route,
    _firewall,
    _reserved,
    _policy,
    _unplugged,
)
"""Pieces that say nothing about the device's role, neither under `csd` nor under `extended`."""

SERVICES: tuple[Piece, ...] = (
    _vrf,
    _l2circuit,
    _customer_bundle,
    _firewall,
    _vpls,
    _global_route,
    _policy,
    _reserved,
    _switched,
    _unplugged,
)
"""Pieces that use MPLS services: they make a device service-ready under `extended`."""
