"""One port as the interface rules see it: its units, who uses them, what runs on them."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from nornir_tasks.facts import DeviceFacts, Evidence, InterfaceFacts, UnitFacts

__all__ = ["Port", "ports"]

_ALL: Final = "all"
_LAYER_3: Final = ("inet", "inet6", "iso")
_LAYER_2: Final = frozenset({"ccc", "vpls", "bridge", "ethernet-switching"})
# On a unit these encapsulations say the same as the family does.
_LAYER_2_ENCAPSULATIONS: Final = ("-ccc", "-vpls", "-bridge")
_MANAGEMENT: Final = "routing-instances/instance[mgmt_junos]/interface"

_Evidence = tuple[Evidence, ...]
_ByName = Mapping[str, Sequence[Evidence]]


@dataclass(frozen=True, slots=True)
class Port:
    """A port with what the rest of the configuration says about it; no evidence means no.

    Attributes:
        interface: The port itself.
        management: It belongs to the management instance.
        core: It faces the core.
        global_l3: Units of it route in the global table.
        services: Services use it.
    """

    interface: InterfaceFacts
    management: _Evidence
    core: _Evidence
    global_l3: _Evidence
    services: _Evidence


def ports(facts: DeviceFacts) -> Iterator[Port]:
    """Yield every interface of a device; linear in the size of the facts."""
    members = _members(facts)
    management = {name: (Evidence(_MANAGEMENT, name),) for name in facts.management_interfaces}
    taken = members.keys() | management.keys()
    members_of, management_of = _by_port(members), _by_port(management)
    core_of = _by_port(facts.core_interfaces)
    everywhere = [
        (evidence, frozenset(facts.core_exemptions.get(evidence.path, ())))
        for evidence in facts.core_interfaces.get(_ALL, ())
    ]
    for interface in facts.interfaces:
        name = interface.name
        main_units = [u for u in interface.units if _logical(interface, u) not in taken]
        reached = [_logical(interface, unit) for unit in main_units if not _is_layer_2(unit)]
        yield Port(
            interface,
            management=tuple(management_of.get(name, ())),
            core=(
                *_with_families(interface, interface.units, ("mpls",)),
                *core_of.get(name, ()),
                *interface.logical_system_core,
                *(e for e, exempt in everywhere if any(n not in exempt for n in reached)),
            ),
            global_l3=tuple(_with_families(interface, main_units, _LAYER_3)),
            services=(*members_of.get(name, ()), *_layer_2(interface), *_elsewhere(interface)),
        )


def _members(facts: DeviceFacts) -> dict[str, list[Evidence]]:
    members: dict[str, list[Evidence]] = {}
    for instance in facts.instances:
        for name in instance.interfaces:
            members.setdefault(name, []).append(Evidence(f"{instance.path}/interface", name))
    return members


def _by_port(by_logical_name: _ByName) -> dict[str, list[Evidence]]:
    """Group by port: what names a unit names its port, whether the unit is configured or not."""
    found: dict[str, list[Evidence]] = {}
    for name, evidence in by_logical_name.items():
        found.setdefault(name.rpartition(".")[0], []).extend(evidence)
    return found


def _logical(interface: InterfaceFacts, unit: UnitFacts) -> str:
    return f"{interface.name}.{unit.name}"


def _is_layer_2(unit: UnitFacts) -> bool:
    return not _LAYER_2.isdisjoint(unit.families) or unit.encapsulation.endswith(
        _LAYER_2_ENCAPSULATIONS
    )


def _with_families(
    interface: InterfaceFacts, units: Sequence[UnitFacts], families: Collection[str]
) -> Iterator[Evidence]:
    for unit in units:
        for family in unit.families:
            if family in families:
                yield Evidence(f"{interface.path}/unit[{unit.name}]/family/{family}")


def _layer_2(interface: InterfaceFacts) -> Iterator[Evidence]:
    yield from _with_families(interface, interface.units, _LAYER_2)
    for unit in interface.units:
        if unit.encapsulation.endswith(_LAYER_2_ENCAPSULATIONS):
            yield Evidence(f"{interface.path}/unit[{unit.name}]/encapsulation", unit.encapsulation)


def _elsewhere(interface: InterfaceFacts) -> Iterator[Evidence]:
    """Yield the logical systems that own units of the port."""
    for name in interface.logical_systems:
        yield Evidence(f"logical-systems[{name}]/interfaces/interface[{interface.name}]")
