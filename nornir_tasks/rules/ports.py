"""One port as the interface rules see it: its units, who uses them, what runs on them."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from nornir_tasks.facts import DeviceFacts, Evidence, InterfaceFacts

__all__ = ["ETHERNET", "MANAGEMENT", "PSEUDO", "Port", "ports"]

ETHERNET: Final = "ethernet"
MANAGEMENT: Final = "management"
PSEUDO: Final = "pseudo"

_KINDS = re.compile(
    # No name is of two kinds; the commonest stands first.
    r"(?P<ethernet>(?:fe|ge|xe|et|mge)-[0-9]+/[0-9]+/[0-9]+(?::[0-9]+)?|ae[0-9]+)"
    r"|(?P<management>(?:fxp|em|me|vme)[0-9]*|re[^:]*:mgmt-.*)"
    r"|(?P<pseudo>(?:lo|dsc|irb|vlan|demux|pp|cbp|pip|fti|esi|vtep|lsi|tap|gre|ipip|pimd|pime|mtun"
    r"|st|ps|rsp|rlsq)[0-9]*"
    r"|(?:gr|ip|lt|vt|si|sp|ms|vms|mo|pfe|pfh|pd|pe|ps|rsp|rlsq)-[0-9/:]+)"
)
_ALL: Final = "all"
_LONG: Final = 64
_LAYER_3: Final = frozenset({"inet", "inet6", "iso"})
_LAYER_2: Final = frozenset({"ccc", "vpls", "bridge", "ethernet-switching"})
# On a unit these encapsulations say the same as the family does.
_LAYER_2_ENCAPSULATIONS: Final = ("-ccc", "-vpls", "-bridge")
_MANAGEMENT: Final = "routing-instances/instance[mgmt_junos]/interface"

_Evidence = tuple[Evidence, ...]
_ByName = Mapping[str, Sequence[Evidence]]


class Port(NamedTuple):
    """A port with what the rest of the configuration says about it; no evidence means no.

    Attributes:
        interface: The port itself.
        kind: What its name says it is: one of the constants above, or empty.
        management: It belongs to the management instance.
        core: It faces the core.
        global_l3: Units of it route in the global table.
        services: Services use it.
    """

    interface: InterfaceFacts
    kind: str
    management: _Evidence
    core: _Evidence
    global_l3: _Evidence
    services: _Evidence


class _Units(NamedTuple):
    """What the units of a port say.

    Attributes:
        mpls: Where they carry MPLS.
        layer_3: Where they route in the global table.
        layer_2: Where they carry customers' frames, and so belong to a service.
        routed: Names of those that neither do that nor belong to an instance.
    """

    mpls: Sequence[Evidence] = ()
    layer_3: Sequence[Evidence] = ()
    layer_2: Sequence[Evidence] = ()
    routed: Sequence[str] = ()


_NO_UNITS: Final = _Units()


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
        units = _read_units(interface, taken) if interface.units else _NO_UNITS
        core = (*units.mpls, *core_of.get(name, ()), *interface.logical_system_core)
        if everywhere:
            core += tuple([each for each, out in everywhere if not out.issuperset(units.routed)])
        yield Port(
            interface,
            _kind(name),
            tuple(management_of.get(name, ())),
            core,
            tuple(units.layer_3),
            (*members_of.get(name, ()), *units.layer_2, *_elsewhere(interface)),
        )


def _kind(name: str) -> str:
    # The routers of a fleet name their ports alike; what is long is no name of theirs.
    return _known_kind(name) if len(name) <= _LONG else _kind_of(name)


def _kind_of(name: str) -> str:
    match = _KINDS.fullmatch(name)
    return (match and match.lastgroup) or ""


_known_kind = lru_cache(maxsize=8192)(_kind_of)


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


def _read_units(interface: InterfaceFacts, taken: Collection[str]) -> _Units:
    """Sort the families of a port's units by what they say.

    Args:
        interface: The port.
        taken: Logical interfaces that belong to an instance.
    """
    mpls, layer_3, families, encapsulations, routed = [], [], [], [], []
    for unit in interface.units:
        path = f"{interface.path}/unit[{unit.name}]"
        logical = f"{interface.name}.{unit.name}"
        bridged = unit.encapsulation.endswith(_LAYER_2_ENCAPSULATIONS)
        if bridged:
            encapsulations.append(Evidence(f"{path}/encapsulation", unit.encapsulation))
        for family in unit.families:
            if family in _LAYER_2:
                bridged = True
                families.append(Evidence(f"{path}/family/{family}"))
            elif family == "mpls":
                mpls.append(Evidence(f"{path}/family/{family}"))
            elif family in _LAYER_3 and logical not in taken:
                layer_3.append(Evidence(f"{path}/family/{family}"))
        if not bridged and logical not in taken:
            routed.append(logical)
    return _Units(mpls, layer_3, families + encapsulations, routed)


def _elsewhere(interface: InterfaceFacts) -> list[Evidence]:
    """Return the logical systems that own units of the port."""
    if not interface.logical_systems:
        return []
    return [
        Evidence(f"logical-systems[{name}]/interfaces/interface[{interface.name}]")
        for name in interface.logical_systems
    ]
