"""Routing instances of one system and the interfaces that belong to them."""

from collections.abc import Iterator, Mapping

from lxml import etree

from nornir_tasks.facts import ServiceInstance
from nornir_tasks.platforms.junos.columns import every, keys_of
from nornir_tasks.platforms.junos.names import logical_name
from nornir_tasks.platforms.junos.node import Node, element_text, find_below

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
    for branch in root.find("routing-instances"):
        yield from _instances(branch, prefix)


def _instances(branch: etree._Element, prefix: str) -> Iterator[ServiceInstance]:
    keys = keys_of(branch)
    instances = list(branch.iterchildren("{*}instance"))
    kinds: dict[etree._Element | None, str] = dict.fromkeys(instances, "")
    members: dict[etree._Element | None, list[str]] = {each: [] for each in instances}
    for element in every(branch, "instance-type"):
        instance = element.getparent()
        if kinds.get(instance) == "":
            kinds[instance] = element_text(element)
    for name, path in _MEMBERS.items():
        for element in every(branch, name):
            named = members.get(element.getparent())
            if named is not None:
                found = find_below((element,), *path) if path else (element,)
                named += [logical_name(key) for each in found if (key := keys[each])]
    for instance in instances:
        name = keys[instance]
        yield ServiceInstance(
            name,
            kinds[instance],
            tuple(dict.fromkeys(members[instance])),
            f"{prefix}routing-instances/instance[{name}]",
        )
