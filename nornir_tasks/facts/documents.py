"""Facts as dicts and back again, for JSON.

What a device has hundreds of is written down field by field, for speed.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import MISSING, fields
from functools import cache
from typing import Any, TypeVar

from nornir_tasks.facts.model import (
    BgpGroup,
    BgpNeighbor,
    Comment,
    DeviceFacts,
    Evidence,
    InterfaceFacts,
    LoopbackAddress,
    ServiceInstance,
    UnitFacts,
)

__all__ = ["evidence_to_dicts", "facts_from_dict", "facts_to_dict"]

Value = TypeVar("Value")
Document = dict[str, Any]


def facts_to_dict(facts: DeviceFacts) -> Document:
    """Return facts as dicts, sequences, strings and numbers, ready for JSON.

    Whatever has its default is left out, at every level: most fields have, and a device has
    hundreds. So a default is part of the documents that are stored, and must stay what it is.
    """
    return _without_defaults(
        DeviceFacts,
        {
            "device": facts.device,
            "platform": facts.platform,
            "host_name": facts.host_name,
            "fingerprint": facts.fingerprint,
            "sources": facts.sources,
            "comments": tuple([{"path": each.path, "text": each.text} for each in facts.comments]),
            "loopbacks": tuple(map(_loopback_dict, facts.loopbacks)),
            "ipv6_loopback": facts.ipv6_loopback,
            "router_id": facts.router_id,
            "local_as": facts.local_as,
            "bgp_groups": tuple(map(_bgp_group_dict, facts.bgp_groups)),
            "ldp_loopback": _evidence_dicts(facts.ldp_loopback),
            "signaling": _evidence_dicts_by_name(facts.signaling),
            "core_interfaces": _evidence_dicts_by_name(facts.core_interfaces),
            "core_exemptions": dict(facts.core_exemptions),
            "instances": tuple([_instance_dict(each) for each in facts.instances]),
            "management_interfaces": facts.management_interfaces,
            "interfaces": tuple([_interface_dict(each) for each in facts.interfaces]),
            "warnings": facts.warnings,
        },
    )


def evidence_to_dicts(evidence: Sequence[Evidence]) -> tuple[Document, ...]:
    """Return statements as complete dicts."""
    if not evidence:
        return ()
    return tuple([{"path": each.path, "value": each.value} for each in evidence])


def facts_from_dict(data: Mapping[str, Any]) -> DeviceFacts:
    """Return the facts that `facts_to_dict` made a dict of, also after a trip through JSON.

    What is not in it gets its default, because it had that or because an older release did not
    know it; what a newer one added is left out.

    Args:
        data: At least `device` and `platform`.

    Raises:
        KeyError: `device` or `platform` is missing.
    """
    plain = _known(DeviceFacts, data)
    return DeviceFacts(
        **{
            **plain,
            "device": data["device"],
            "platform": data["platform"],
            "comments": _each(Comment, data.get("comments", ())),
            "loopbacks": _each(LoopbackAddress, data.get("loopbacks", ())),
            "bgp_groups": tuple(map(_bgp_group, data.get("bgp_groups", ()))),
            "ldp_loopback": _each(Evidence, data.get("ldp_loopback", ())),
            "signaling": _evidence_by_name(data.get("signaling", {})),
            "core_interfaces": _evidence_by_name(data.get("core_interfaces", {})),
            "core_exemptions": {
                path: tuple(names) for path, names in data.get("core_exemptions", {}).items()
            },
            "instances": _each(ServiceInstance, data.get("instances", ())),
            "interfaces": tuple(map(_interface, data.get("interfaces", ()))),
        }
    )


def _bgp_group(data: Mapping[str, Any]) -> BgpGroup:
    neighbors = _each(BgpNeighbor, data.get("neighbors", ()))
    return BgpGroup(**{**_known(BgpGroup, data), "neighbors": neighbors})


def _interface(data: Mapping[str, Any]) -> InterfaceFacts:
    return InterfaceFacts(
        **{
            **_known(InterfaceFacts, data),
            "units": tuple(map(_unit, data.get("units", ()))),
            "logical_system_vlans": _ranges(data.get("logical_system_vlans", ())),
            "logical_system_core": _each(Evidence, data.get("logical_system_core", ())),
        }
    )


def _unit(data: Mapping[str, Any]) -> UnitFacts:
    return UnitFacts(**{**_known(UnitFacts, data), "vlans": _ranges(data.get("vlans", ()))})


def _ranges(data: Iterable[Iterable[int]]) -> tuple[tuple[int, int], ...]:
    return tuple((low, high) for low, high in data)


def _evidence_by_name(data: Mapping[str, Any]) -> dict[str, tuple[Evidence, ...]]:
    return {name: _each(Evidence, items) for name, items in data.items()}


def _each(kind: type[Value], items: Iterable[Mapping[str, Any]]) -> tuple[Value, ...]:
    return tuple(kind(**_known(kind, item)) for item in items)


def _known(kind: type[Any], data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the entries that are fields of a dataclass, sequences as tuples."""
    names = _names_of(kind)  # type: ignore[arg-type]  # mypy takes a class for unhashable
    return {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in data.items()
        if name in names
    }


@cache
def _names_of(kind: type[Any]) -> frozenset[str]:
    return frozenset(entry.name for entry in fields(kind))


def _without_defaults(kind: type[Any], document: Document) -> Document:
    defaults = _defaults_of(kind)  # type: ignore[arg-type]  # mypy takes a class for unhashable
    return {
        name: value
        for name, value in document.items()
        if name not in defaults or value != defaults[name]
    }


@cache
def _defaults_of(kind: type[Any]) -> Document:
    found: Document = {}
    for entry in fields(kind):
        if entry.default is not MISSING:
            found[entry.name] = entry.default
        elif entry.default_factory is not MISSING:
            found[entry.name] = entry.default_factory()
    return found


def _evidence_dicts(evidence: Sequence[Evidence]) -> tuple[Document, ...]:
    return tuple(
        [
            {"path": each.path, "value": each.value} if each.value else {"path": each.path}
            for each in evidence
        ]
    )


def _evidence_dicts_by_name(
    evidence: Mapping[str, Sequence[Evidence]],
) -> dict[str, tuple[Document, ...]]:
    return {name: _evidence_dicts(some) for name, some in evidence.items()}


def _loopback_dict(loopback: LoopbackAddress) -> Document:
    return _without_defaults(
        LoopbackAddress,
        {
            "address": loopback.address,
            "primary": loopback.primary,
            "preferred": loopback.preferred,
            "path": loopback.path,
        },
    )


def _bgp_group_dict(group: BgpGroup) -> Document:
    return _without_defaults(
        BgpGroup,
        {
            "name": group.name,
            "type": group.type,
            "peer_as": group.peer_as,
            "local_as": group.local_as,
            "neighbors": tuple(map(_bgp_neighbor_dict, group.neighbors)),
            "path": group.path,
        },
    )


def _bgp_neighbor_dict(neighbor: BgpNeighbor) -> Document:
    document: Document = {"name": neighbor.name}
    if neighbor.peer_as is not None:
        document["peer_as"] = neighbor.peer_as
    if neighbor.local_as is not None:
        document["local_as"] = neighbor.local_as
    return document


def _instance_dict(instance: ServiceInstance) -> Document:
    document: Document = {"name": instance.name, "type": instance.type}
    if instance.interfaces:
        document["interfaces"] = instance.interfaces
    if instance.path:
        document["path"] = instance.path
    return document


def _interface_dict(interface: InterfaceFacts) -> Document:
    document: Document = {"name": interface.name}
    if interface.path:
        document["path"] = interface.path
    if interface.units:
        document["units"] = tuple([_unit_dict(each) for each in interface.units])
    if interface.encapsulation:
        document["encapsulation"] = interface.encapsulation
    if interface.bundle:
        document["bundle"] = interface.bundle
    if interface.redundant_parent:
        document["redundant_parent"] = interface.redundant_parent
    if interface.disabled:
        document["disabled"] = True
    if interface.oper_status:
        document["oper_status"] = interface.oper_status
    if not interface.configured:
        document["configured"] = False
    if interface.logical_systems or interface.logical_system_vlans or interface.logical_system_core:
        document |= _logical_systems_dict(interface)
    return document


def _logical_systems_dict(interface: InterfaceFacts) -> Document:
    return _without_defaults(
        InterfaceFacts,
        {
            "logical_systems": interface.logical_systems,
            "logical_system_vlans": interface.logical_system_vlans,
            "logical_system_core": _evidence_dicts(interface.logical_system_core),
        },
    )


def _unit_dict(unit: UnitFacts) -> Document:
    document: Document = {"name": unit.name}
    if unit.families:
        document["families"] = unit.families
    if unit.encapsulation:
        document["encapsulation"] = unit.encapsulation
    if unit.vlans:
        document["vlans"] = unit.vlans
    if unit.disabled:
        document["disabled"] = True
    return document
