"""BGP of one system's main instance: groups, and the address families that carry services."""

from collections.abc import Iterator

from nornir_tasks.facts import BgpGroup, BgpNeighbor, Evidence
from nornir_tasks.platforms.junos.names import as_number
from nornir_tasks.platforms.junos.node import Node, find_below

__all__ = ["bgp_groups", "local_as", "signaling"]

_SIGNALING = {
    "l2vpn": ("signaling",),
    "inet-vpn": ("unicast", "any"),
    "evpn": ("signaling",),
}


def local_as(root: Node) -> int | None:
    """Return the AS number of a system; None when it is not set or no number."""
    return _as_number(root, "routing-options", "autonomous-system")


def bgp_groups(root: Node, prefix: str) -> tuple[BgpGroup, ...]:
    """Return the BGP groups of a system in configuration order; none while BGP is disabled."""
    return tuple(
        BgpGroup(
            name=group.key,
            type=group.value("type"),
            peer_as=_as_number(group, "peer-as"),
            local_as=_as_number(group, "local-as") or _as_number(bgp, "local-as"),
            neighbors=tuple(
                BgpNeighbor(n.key, _as_number(n, "peer-as"), _as_number(n, "local-as"))
                for n in group.all("neighbor")
            ),
            path=_group_path(prefix, group),
        )
        for bgp in _active(root)
        for group in bgp.all("group")
    )


def signaling(root: Node, prefix: str) -> dict[str, tuple[Evidence, ...]]:
    """Return where BGP signals l2vpn, inet-vpn and evpn (rules R5 and R6)."""
    found: dict[str, list[Evidence]] = {}
    for path, node, is_group in _levels(root, prefix):
        families = node.find("family")
        for family, kinds in _SIGNALING.items():
            for kind in kinds:
                if families and find_below(families, family, kind):
                    evidence = Evidence(f"{path}/family/{family}/{kind}")
                # The vendor documents this path for groups without `family`.
                elif is_group and node.has(family, kind):
                    evidence = Evidence(f"{path}/{family}/{kind}")
                else:
                    continue
                found.setdefault(family, []).append(evidence)
    return {family: tuple(evidence) for family, evidence in found.items()}


def _levels(root: Node, prefix: str) -> Iterator[tuple[str, Node, bool]]:
    """Yield BGP, its groups and their neighbors with path, and whether it is a group."""
    for bgp in _active(root):
        yield f"{prefix}protocols/bgp", bgp, False
        for group in bgp.all("group"):
            path = _group_path(prefix, group)
            yield path, group, True
            for neighbor in group.all("neighbor"):
                yield f"{path}/neighbor[{neighbor.key}]", neighbor, False


def _active(root: Node) -> Iterator[Node]:
    return (bgp for bgp in root.all("protocols", "bgp") if not bgp.has("disable"))


def _group_path(prefix: str, group: Node) -> str:
    return f"{prefix}protocols/bgp/group[{group.key}]"


def _as_number(node: Node, first: str, *path: str) -> int | None:
    """Return an AS number that stands at `path` or in an `as-number` below it."""
    return as_number(node.value(first, *path, "as-number") or node.value(first, *path))
