"""Routing instances of one system and the interfaces that belong to them."""

from collections.abc import Iterator

from nornir_tasks.facts import ServiceInstance
from nornir_tasks.platforms.junos.names import logical_name
from nornir_tasks.platforms.junos.node import Node, element_key

__all__ = ["MANAGEMENT_INSTANCE", "routing_instances"]

MANAGEMENT_INSTANCE = "mgmt_junos"

# Where an instance names its interfaces: itself, and the bridges inside a virtual switch.
_MEMBERS = (
    ("interface",),
    ("bridge-domains", "domain", "interface"),
    ("vlans", "vlan", "interface"),
)


def routing_instances(root: Node, prefix: str) -> Iterator[ServiceInstance]:
    """Yield the routing instances of a system, the management instance included."""
    for node in root.all("routing-instances", "instance"):
        members = (element for path in _MEMBERS for element in node.find(*path))
        names = filter(None, map(element_key, members))
        name = node.key
        yield ServiceInstance(
            name=name,
            type=node.value("instance-type"),
            interfaces=tuple(dict.fromkeys(map(logical_name, names))),
            path=f"{prefix}routing-instances/instance[{name}]",
        )
