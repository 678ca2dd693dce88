"""The provider side of a router: loopback, core links, IGP, MPLS, LDP and BGP."""

from collections.abc import Iterable

from nornir_tasks.lab.kinds.draft import Draft

__all__ = [
    "AUTONOMOUS_SYSTEM",
    "CORE_BUNDLE",
    "CORE_LINK",
    "INET_VPN",
    "L2VPN",
    "bgp_group",
    "chassis",
    "core_bundle",
    "core_interface",
    "core_link",
    "ldp_loopback",
    "loopback",
    "services_bgp",
    "transit_bgp",
]

AUTONOMOUS_SYSTEM = 64999
CORE_LINK = "xe-0/0/0"
CORE_BUNDLE = "ae0"
L2VPN = "<l2vpn>\n<signaling/>\n</l2vpn>\n"
INET_VPN = "<inet-vpn>\n<unicast/>\n</inet-vpn>\n"


def chassis(draft: Draft) -> None:
    """Add what every router has: management, login, free ports, the local AS."""
    draft.system.append("<services>\n<netconf>\n<ssh/>\n</netconf>\n</services>\n")
    draft.routing_options.append(
        f"<router-id>{draft.loopback}</router-id>\n<autonomous-system>\n"
        f"<as-number>{AUTONOMOUS_SYSTEM}</as-number>\n</autonomous-system>\n"
    )
    draft.add_port("fxp0", uni=False)
    draft.interfaces.append(
        "<interface>\n<name>fxp0</name>\n<unit>\n<name>0</name>\n<family>\n<inet>\n<address>\n"
        f"<name>192.0.2.{draft.index % 250 + 1}/24</name>\n</address>\n</inet>\n</family>\n"
        "</unit>\n</interface>\n"
    )
    for pseudo in ("lo0", "dsc", "lsi", "irb", "gr-0/0/0", "lt-0/0/0", "vtep"):
        draft.add_port(pseudo, uni=False)
    for number in range(3 + draft.random.randrange(4)):
        draft.add_port(f"ge-0/3/{number}", uni=True, status=draft.random.choice(("up", "down")))
    for channel in range(draft.random.randrange(3)):
        draft.add_port(f"et-0/2/0:{channel}", uni=True, status="down")


def loopback(draft: Draft, addresses: str | None = None, family: str = "inet") -> None:
    """Add lo0 unit 0.

    Args:
        draft: The configuration to extend.
        addresses: XML of its `address` entries; None for the device's own address.
        family: `inet` or `inet6`.
    """
    if addresses is None:
        addresses = f"<address>\n<name>{draft.loopback}/32</name>\n</address>\n"
    draft.interfaces.append(
        f"<interface>\n<name>lo0</name>\n<unit>\n<name>0</name>\n<family>\n<{family}>\n"
        f"{addresses}</{family}>\n</family>\n</unit>\n</interface>\n"
    )


def core_interface(draft: Draft, name: str, *, mpls: bool, options: str = "") -> str:
    """Return an interface towards the core."""
    families = (
        "<inet>\n<address>\n"
        f"<name>10.0.{draft.index % 250}.{len(draft.interfaces) * 4 % 252 + 1}/30</name>\n"
        "</address>\n</inet>\n"
    )
    if mpls:
        families += "<mpls/>\n"
    return (
        f"<interface>\n<name>{name}</name>\n<description>core to {draft.city()}</description>\n"
        f"{options}<unit>\n<name>0</name>\n<family>\n{families}</family>\n</unit>\n</interface>\n"
    )


def core_link(draft: Draft, *, mpls: bool = True, name: str = CORE_LINK) -> None:
    """Add one link into the core, with the protocols that run on it."""
    draft.add_port(name, uni=False)
    draft.interfaces.append(core_interface(draft, name, mpls=mpls))
    _core_protocols(draft, f"{name}.0", mpls=mpls)


def core_bundle(draft: Draft, *, mpls: bool = True) -> None:
    """Add the aggregated link `ae0` into the core and its two members."""
    for member in ("xe-0/0/1", "xe-0/0/2"):
        draft.add_port(member, uni=False)
        draft.interfaces.append(
            f"<interface>\n<name>{member}</name>\n<gigether-options>\n<ieee-802.3ad>\n"
            f"<bundle>{CORE_BUNDLE}</bundle>\n</ieee-802.3ad>\n</gigether-options>\n</interface>\n"
        )
    draft.add_port(CORE_BUNDLE, uni=False)
    options = (
        "<aggregated-ether-options>\n<lacp>\n<active/>\n</lacp>\n</aggregated-ether-options>\n"
    )
    draft.interfaces.append(core_interface(draft, CORE_BUNDLE, mpls=mpls, options=options))
    _core_protocols(draft, f"{CORE_BUNDLE}.0", mpls=mpls)


def ldp_loopback(draft: Draft) -> None:
    """Run LDP on the loopback: what rule R4 looks for."""
    draft.protocol("ldp", "<interface>\n<name>lo0.0</name>\n</interface>\n")


def bgp_group(
    name: str,
    *,
    kind: str,
    neighbors: Iterable[str],
    families: str = "",
    peer_as: int | None = None,
) -> str:
    """Return a BGP group of type `kind` (`internal` or `external`)."""
    wrapped = f"<family>\n{families}</family>\n" if families else ""
    peer = "" if peer_as is None else f"<peer-as>{peer_as}</peer-as>\n"
    entries = "".join(f"<neighbor>\n<name>{address}</name>\n</neighbor>\n" for address in neighbors)
    return f"<group>\n<name>{name}</name>\n<type>{kind}</type>\n{wrapped}{peer}{entries}</group>\n"


def services_bgp(draft: Draft, families: str = L2VPN + INET_VPN) -> None:
    """Add internal BGP that carries services."""
    group = bgp_group(
        "IBGP", kind="internal", neighbors=("10.219.0.1", "10.219.0.2"), families=families
    )
    draft.protocol("bgp", group)


def transit_bgp(draft: Draft) -> None:
    """Add an external BGP group to the main instance: what rule R2 looks for."""
    draft.protocol(
        "bgp",
        bgp_group(
            "UPSTREAM",
            kind="external",
            neighbors=(f"198.51.100.{draft.index % 250 + 1}",),
            peer_as=64510,
        ),
    )


def _core_protocols(draft: Draft, unit: str, *, mpls: bool) -> None:
    listed = f"<interface>\n<name>{unit}</name>\n</interface>\n"
    if mpls:
        draft.protocol("mpls", listed)
        draft.protocol("ldp", listed)
    passive = "<interface>\n<name>lo0.0</name>\n<passive/>\n</interface>\n"
    if "ospf" in draft.protocols:
        draft.protocols["ospf"].insert(-1, listed)
    else:
        draft.protocol("ospf", "<area>\n<name>0.0.0.0</name>\n" + passive, listed, "</area>\n")
