"""The peculiarities of some kinds: annotations, groups, several loopbacks, logical systems."""

from nornir_tasks.evaluation import Role
from nornir_tasks.lab.kinds import backbone
from nornir_tasks.lab.kinds.draft import Draft
from nornir_tasks.lab.truth import Truth

__all__ = [
    "comment_names_pe",
    "grouped_services",
    "logical_systems",
    "misleading_comment",
    "several_loopbacks",
]


def comment_names_pe(draft: Draft) -> None:
    """Annotate `system`, or the host name below it, with the token that rule R1 reads."""
    comment = f"<junos:comment>/* role: N-PE, {draft.city()} */</junos:comment>\n"
    if draft.index % 2:
        draft.system.insert(0, comment)
    else:
        draft.preamble.append(comment)


def misleading_comment(draft: Draft) -> None:
    """Annotate `system` with words that only look like the token of rule R1."""
    draft.preamble.append(
        "<junos:comment>/* OPEN TYPE: U-PE of the PE-AGG ring */</junos:comment>\n"
    )


def grouped_services(draft: Draft) -> None:
    """Put LDP on the loopback, the BGP families and MPLS on the core port into groups."""
    draft.preamble.append(
        "<groups>\n<name>CORE-PORT</name>\n<interfaces>\n<interface>\n<name>&lt;xe-*&gt;</name>\n"
        "<mtu>9192</mtu>\n<unit>\n<name>&lt;*&gt;</name>\n<family>\n<mpls>\n</mpls>\n</family>\n"
        "</unit>\n</interface>\n</interfaces>\n</groups>\n"
        "<groups>\n<name>PE-SERVICES</name>\n<protocols>\n<ldp>\n<interface>\n<name>lo0.0</name>\n"
        "</interface>\n</ldp>\n<bgp>\n<group>\n<name>&lt;*&gt;</name>\n<family>\n"
        f"{backbone.L2VPN}{backbone.INET_VPN}</family>\n</group>\n</bgp>\n</protocols>\n</groups>\n"
        "<apply-groups>PE-SERVICES</apply-groups>\n"
    )
    draft.add_port(backbone.CORE_LINK, uni=False)
    draft.interfaces.append(
        f"<interface>\n<name>{backbone.CORE_LINK}</name>\n<apply-groups>CORE-PORT</apply-groups>\n"
        "<description>core</description>\n<unit>\n<name>0</name>\n</unit>\n</interface>\n"
    )
    backbone.services_bgp(draft, families="")


def several_loopbacks(draft: Draft) -> str:
    """Give lo0.0 several addresses, one decisive rule of the choice per device, in turn.

    Returns:
        The address to choose: `primary`, then `preferred`, then the router ID, then the lowest.
    """
    own = draft.loopback
    low = own.replace("10.22", "10.11", 1)
    high = own.replace("10.22", "10.23", 1)
    marks = {low: "", own: "", high: ""}
    decisive = draft.index % 4
    if decisive == 0:
        marks[high] = "<primary/>\n"
        marks[own] = "<preferred/>\n"
        chosen = high
    elif decisive == 1:
        marks[high] = "<preferred/>\n"
        chosen = high
    elif decisive == 2:
        # `chassis` made the own address the router ID.
        chosen = own
    else:
        draft.routing_options[0] = draft.routing_options[0].replace(own, "192.0.2.254", 1)
        chosen = low
    addresses = "".join(
        f"<address>\n<name>{address}/32</name>\n{mark}</address>\n"
        for address, mark in {"127.0.0.1": "", high: marks[high], **marks}.items()
    )
    backbone.loopback(draft, addresses)
    return chosen


def logical_systems(draft: Draft) -> dict[str, Truth]:
    """Add LS1, an N-PE on unit 1 of lo0, and LS2, which has no loopback.

    Their core links are logical tunnels, so that no physical port is core in one system and
    free in the other.
    """
    address = draft.loopback.replace("10.22", "10.12", 1)
    port = "ge-0/1/0"
    draft.add_port(port, uni=True)
    customer = (
        f"<interface>\n<name>{port}</name>\n<unit>\n<name>100</name>\n"
        "<encapsulation>vlan-ccc</encapsulation>\n<vlan-id>100</vlan-id>\n<family>\n<ccc>\n</ccc>\n"
        "</family>\n</unit>\n</interface>\n"
    )
    own_loopback = (
        "<interface>\n<name>lo0</name>\n<unit>\n<name>1</name>\n<family>\n<inet>\n<address>\n"
        f"<name>{address}/32</name>\n</address>\n</inet>\n</family>\n</unit>\n</interface>\n"
    )
    draft.interfaces.append(f"<interface>\n<name>{port}</name>\n<vlan-tagging/>\n</interface>\n")
    draft.logical_systems.append(
        f"<logical-systems>\n<name>LS1</name>\n<interfaces>\n{_tunnel(1)}{customer}{own_loopback}"
        f"</interfaces>\n{_protocols(1)}</logical-systems>\n"
        f"<logical-systems>\n<name>LS2</name>\n<interfaces>\n{_tunnel(2)}</interfaces>\n"
        f"{_protocols(2)}</logical-systems>\n"
    )
    return {
        "LS1": Truth(Role.N_PE, Role.N_PE, address, uni=(port,)),
        "LS2": Truth(Role.UNKNOWN, Role.UNKNOWN, None),
    }


def _tunnel(number: int) -> str:
    return (
        f"<interface>\n<name>lt-0/0/0</name>\n<unit>\n<name>{number}</name>\n"
        f"<encapsulation>ethernet</encapsulation>\n<peer-unit>{3 - number}</peer-unit>\n"
        f"<family>\n<inet>\n<address>\n<name>10.1.1.{number}/30</name>\n</address>\n</inet>\n"
        "<mpls>\n</mpls>\n</family>\n</unit>\n</interface>\n"
    )


def _protocols(number: int) -> str:
    group = backbone.bgp_group(
        "IBGP", kind="internal", neighbors=("10.219.0.1",), families=backbone.L2VPN
    )
    return (
        f"<protocols>\n<bgp>\n{group}</bgp>\n<mpls>\n<interface>\n<name>lt-0/0/0.{number}</name>\n"
        f"</interface>\n</mpls>\n<ldp>\n<interface>\n<name>lo0.{number}</name>\n</interface>\n"
        "</ldp>\n</protocols>\n"
    )
