"""Which devices an object of NetBox or Nautobot belongs to.

The forms are those of both systems' REST APIs, old and new; a key that is missing is no error,
because people can write bodies of their own.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from prestage_plugin.events.webhook.bodies.message import Subject
from prestage_plugin.events.webhook.bodies.values import at, items_of, text_at

__all__ = ["SUBJECTS"]


def _of_device(data: dict[str, Any], before: Any) -> Iterator[Subject]:
    """Find a device that was renamed by its former name, which is ours until we synchronise."""
    addresses = (
        _bare(text_at(data, key, "address")) for key in ("primary_ip4", "primary_ip6", "primary_ip")
    )
    yield from _named(data, text_at(before, "name"), addresses=tuple(filter(None, addresses)))


def _of_interface(data: dict[str, Any], _before: Any) -> Iterator[Subject]:
    yield from _named(data.get("device"))


def _of_address(data: dict[str, Any], _before: Any) -> Iterator[Subject]:
    """Find the devices of the interfaces that have the address, or one that we know it of."""
    interfaces = [data.get("assigned_object"), data.get("interface")]
    interfaces += items_of(data.get("interfaces"))
    found = [subject for interface in interfaces for subject in _named(at(interface, "device"))]
    yield from found
    address = _bare(text_at(data, "address"))
    if not found and address:
        yield Subject(addresses=(address,), is_device=False)


def _of_cable(data: dict[str, Any], _before: Any) -> Iterator[Subject]:
    ends = [data.get("termination_a"), data.get("termination_b")]
    for key in ("a_terminations", "b_terminations", "terminations"):
        for item in items_of(data.get(key)):
            ends += [at(item, "object"), at(item, "termination"), item]
    for end in ends:
        yield from _named(at(end, "device"))


SUBJECTS: Mapping[str, Callable[[dict[str, Any], Any], Iterator[Subject]]] = {
    "dcim.device": _of_device,
    "dcim.interface": _of_interface,
    "dcim.cable": _of_cable,
    "ipam.ipaddress": _of_address,
}
"""By model: takes the object and its snapshot before the change."""


def _named(device: Any, former: str = "", *, addresses: tuple[str, ...] = ()) -> Iterator[Subject]:
    """Return a device that has a name or an address."""
    name = text_at(device, "name") or text_at(device, "display") or text_at(device, "display_name")
    names = tuple(dict.fromkeys(filter(None, (name, former))))
    if names or addresses:
        yield Subject(names=names, addresses=addresses)


def _bare(address: str) -> str:
    """Return an address without its prefix length."""
    return address.partition("/")[0]
