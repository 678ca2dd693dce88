"""Routing instances of one system and the interfaces that belong to them."""

from collections.abc import Iterator, Mapping

from lxml import etree

from nornir_tasks.facts import ServiceInstance
from nornir_tasks.platforms.junos.names import logical_name
from nornir_tasks.platforms.junos.node import (
    Node,
    element_key,
    element_text,
    find_below,
    key_among,
)
from nornir_tasks.xml import LOCAL_NAMES, children_of

__all__ = ["MANAGEMENT_INSTANCE", "routing_instances"]

MANAGEMENT_INSTANCE = "mgmt_junos"

# Where an instance names its interfaces: itself, and the bridges inside a virtual switch.
_MEMBERS: Mapping[str, tuple[str, ...]] = {
    "interface": (),
    "bridge-domains": ("domain", "interface"),
    "vlans": ("vlan", "interface"),
}


def routing_instances(root: Node, prefix: str) -> Iterator[ServiceInstance]:
    """Yield the routing instances of a system, the management instance included."""
    for element in root.find("routing-instances", "instance"):
        kind = ""
        statements = children_of(element)
        members: dict[str, list[etree._Element]] = {name: [] for name in _MEMBERS}
        for statement in statements:
            named = LOCAL_NAMES[statement.tag]
            if named in members:
                members[named].append(statement)
            elif named == "instance-type":
                kind = kind or element_text(statement)
        interfaces = [
            element_key(member)
            for named, some in members.items()
            for member in find_below(some, *_MEMBERS[named])
        ]
        name = key_among(statements) or element_text(element)
        yield ServiceInstance(
            name=name,
            type=kind,
            interfaces=tuple(dict.fromkeys(map(logical_name, filter(None, interfaces)))),
            path=f"{prefix}routing-instances/instance[{name}]",
        )
