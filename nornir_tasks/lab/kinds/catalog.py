"""The kinds of routers in a fleet: how each is configured and what it therefore is.

The roles follow from the decision in prestaging spec, section 3; each builder says why.
"""

from collections.abc import Callable
from dataclasses import dataclass

from nornir_tasks.evaluation import Role
from nornir_tasks.lab.kinds import backbone
from nornir_tasks.lab.kinds.customers import NEUTRAL, SERVICES, Piece, inactive_services
from nornir_tasks.lab.kinds.draft import Draft
from nornir_tasks.lab.kinds.special import (
    comment_names_pe,
    grouped_services,
    logical_systems,
    misleading_comment,
    several_loopbacks,
)
from nornir_tasks.lab.truth import Truth

__all__ = ["CATALOG", "Kind"]

IPV6_LOOPBACK = "<address>\n<name>2001:db8::1/128</name>\n</address>\n"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of router.

    Attributes:
        name: E.g. `npe`; device names start with it.
        share: Share in a mixed fleet; the shares add up to 100.
        role_csd: Role under profile `csd`, capability policy `any`.
        role_extended: Role under profile `extended`, capability policy `any`.
        build: Writes everything but the filler; returns the loopback address to choose.
        filler: The pieces that fill the configuration up to its size.
        logical_systems: Truth of its logical systems, made from the finished draft.
    """

    name: str
    share: int
    role_csd: Role
    role_extended: Role
    build: Callable[[Draft], str | None]
    filler: tuple[Piece, ...]
    logical_systems: Callable[[Draft], dict[str, Truth]] | None = None


def _npe(draft: Draft) -> str:
    # R4, R5 and R6 pass; the EBGP groups of the fill stand below routing instances.
    backbone.chassis(draft)
    backbone.loopback(draft)
    backbone.core_link(draft)
    backbone.ldp_loopback(draft)
    backbone.services_bgp(draft)
    if draft.size >= 6000:
        backbone.core_bundle(draft)
    return draft.loopback


def _npe_comment(draft: Draft) -> str:
    # EBGP in the main instance, but R1 beats R2 in both profiles.
    comment_names_pe(draft)
    _npe(draft)
    backbone.transit_bgp(draft)
    return draft.loopback


def _core(draft: Draft) -> str:
    # The documented P router: LDP on the core links only, no BGP.
    misleading_comment(draft)
    backbone.chassis(draft)
    backbone.loopback(draft)
    backbone.core_link(draft)
    backbone.core_link(draft, name="xe-0/0/3")
    if draft.size >= 6000:
        backbone.core_bundle(draft)
    return draft.loopback


def _core_ebgp(draft: Draft) -> str:
    # `csd`: R2. `extended`: EBGP without service families, with MPLS towards the core.
    backbone.chassis(draft)
    backbone.loopback(draft)
    backbone.core_link(draft)
    backbone.transit_bgp(draft)
    return draft.loopback


def _asbr(draft: Draft) -> str:
    # `csd`: R2. `extended`: EBGP beside inet-vpn is an N-PE with flag `asbr`.
    backbone.chassis(draft)
    backbone.loopback(draft)
    backbone.core_link(draft)
    backbone.services_bgp(draft, backbone.INET_VPN)
    backbone.transit_bgp(draft)
    return draft.loopback


def _customer_edge(draft: Draft) -> str:
    # `csd`: R2. `extended`: EBGP without MPLS is a customer edge, UNKNOWN with `no-mpls`.
    misleading_comment(draft)
    backbone.chassis(draft)
    backbone.loopback(draft)
    backbone.core_link(draft, mpls=False)
    backbone.transit_bgp(draft)
    return draft.loopback


def _no_loopback(draft: Draft) -> None:
    # R3 beats everything, the comment as well.
    comment_names_pe(draft)
    backbone.chassis(draft)
    backbone.core_link(draft)
    backbone.services_bgp(draft)


def _deactivated(draft: Draft) -> str:
    # What would make it an N-PE, and what would make it a P router by R2, is deactivated;
    # the core links are not, so `extended` sees a P router.
    backbone.chassis(draft)
    backbone.loopback(draft)
    backbone.core_link(draft)
    backbone.ldp_loopback(draft)
    backbone.services_bgp(draft)
    backbone.transit_bgp(draft)
    draft.protocols["ldp"][-1] = draft.protocols["ldp"][-1].replace(
        "<interface>", '<interface inactive="inactive">', 1
    )
    draft.protocols["bgp"] = [
        group.replace("<group>", '<group inactive="inactive">', 1)
        for group in draft.protocols["bgp"]
    ]
    return draft.loopback


def _groups(draft: Draft) -> str:
    # An N-PE, but only with the groups expanded.
    backbone.chassis(draft)
    backbone.loopback(draft)
    grouped_services(draft)
    return draft.loopback


def _ipv6_only(draft: Draft) -> None:
    backbone.chassis(draft)
    backbone.loopback(draft, IPV6_LOOPBACK, "inet6")
    backbone.core_link(draft)
    backbone.ldp_loopback(draft)
    backbone.services_bgp(draft)


def _multi_loopback(draft: Draft) -> str:
    backbone.chassis(draft)
    chosen = several_loopbacks(draft)
    backbone.core_link(draft)
    backbone.ldp_loopback(draft)
    backbone.services_bgp(draft)
    return chosen


def _logical_systems_router(draft: Draft) -> str:
    # The router itself is a P router; its logical systems must not change that.
    return _core(draft)


N_PE, P, UNKNOWN = Role.N_PE, Role.P, Role.UNKNOWN

CATALOG: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("npe", 56, N_PE, N_PE, _npe, SERVICES),
        Kind("p", 12, UNKNOWN, P, _core, NEUTRAL),
        Kind("ce", 5, P, UNKNOWN, _customer_edge, NEUTRAL),
        Kind("groups", 5, N_PE, N_PE, _groups, SERVICES),
        Kind("asbr", 4, P, N_PE, _asbr, SERVICES),
        Kind("multi-loopback", 4, N_PE, N_PE, _multi_loopback, SERVICES),
        Kind("p-ebgp", 3, P, P, _core_ebgp, NEUTRAL),
        Kind("npe-comment", 3, N_PE, N_PE, _npe_comment, SERVICES),
        Kind("no-loopback", 2, UNKNOWN, UNKNOWN, _no_loopback, SERVICES),
        Kind("deactivated", 2, UNKNOWN, P, _deactivated, (inactive_services, *NEUTRAL)),
        Kind("ipv6-only", 2, UNKNOWN, UNKNOWN, _ipv6_only, SERVICES),
        Kind("logical-systems", 2, UNKNOWN, P, _logical_systems_router, NEUTRAL, logical_systems),
    )
}
"""Every kind by its name."""
