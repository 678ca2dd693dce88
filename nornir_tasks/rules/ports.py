"""One port as the interface rules see it: its units, who uses them, what runs on them."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from nornir_tasks.facts import DeviceFacts, Evidence, InterfaceFacts, UnitFacts

__all__ = ["ETHERNET", "MANAGEMENT", "PSEUDO", "Port", "Surroundings", "Traits"]

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
_Families = list[tuple[UnitFacts, str]]
_ByName = Mapping[str, Sequence[Evidence]]


class Traits(NamedTuple):
    """All that the rules may ask about a port; ports of equal traits are judged alike.

    Attributes:
        kind: What its name says it is: one of the constants above, or empty.
        management: It belongs to the management instance.
        bundled: It is a member of an aggregate.
        redundant: It is a member of a redundant Ethernet pair.
        core: It faces the core.
        global_l3: Units of it route in the global table.
        in_service: Services use it.
        has_units: It has units.
        shared: Logical systems own units of it.
        disabled: It is disabled as a whole.
        down: It was seen to be down.
    """

    kind: str
    management: bool
    bundled: bool
    redundant: bool
    core: bool
    global_l3: bool
    in_service: bool
    has_units: bool
    shared: bool
    disabled: bool
    down: bool


class Surroundings:
    """What the rest of a configuration says about its ports; linear in the size of the facts.

    Args:
        facts: The device.

    Attributes:
        management: By port: where it belongs to the management instance.
        members: By port: where services use it.
        core: By port: where a core protocol runs on it.
        everywhere: Where one runs on all ports, and on which logical interfaces it does not.
        taken: Logical interfaces that belong to an instance.
    """

    def __init__(self, facts: DeviceFacts) -> None:
        members = _members(facts)
        management = {name: (Evidence(_MANAGEMENT, name),) for name in facts.management_interfaces}
        self.taken = members.keys() | management.keys()
        self.members = _by_port(members)
        self.management = _by_port(management)
        self.core = _by_port(facts.core_interfaces)
        self.everywhere = [
            (evidence, frozenset(facts.core_exemptions.get(evidence.path, ())))
            for evidence in facts.core_interfaces.get(_ALL, ())
        ]


class Port:
    """A port with what the rest of the configuration says about it.

    Evidence is made when it is asked for, because most of it stands behind no verdict.

    Args:
        interface: The port itself.
        around: The rest of the configuration.

    Attributes:
        mpls: Where units carry MPLS: the unit and the family.
        layer_3: Where they route in the global table.
        layer_2: Where they carry customers' frames, and so belong to a service.
        encapsulated: Those whose encapsulation says so.
        routed: Names of those that neither do that nor belong to an instance.
    """

    __slots__ = ("around", "encapsulated", "interface", "layer_2", "layer_3", "mpls", "routed")

    def __init__(self, interface: InterfaceFacts, around: Surroundings) -> None:
        self.interface = interface
        self.around = around
        self.mpls: _Families = []
        self.layer_3: _Families = []
        self.layer_2: _Families = []
        self.encapsulated: list[UnitFacts] = []
        self.routed: list[str] = []
        for unit in interface.units:
            self._read(unit)

    def traits(self) -> tuple[str | bool, ...]:
        """Return the values of its `Traits`, which take thrice as long to make."""
        interface, around = self.interface, self.around
        name = interface.name
        shared = interface.logical_systems != ()
        return (
            _kind(name),
            name in around.management,
            interface.bundle != "",
            interface.redundant_parent != "",
            self.mpls != []
            or name in around.core
            or interface.logical_system_core != ()
            or (around.everywhere != [] and self._everywhere() != []),
            self.layer_3 != [],
            name in around.members or self.layer_2 != [] or self.encapsulated != [] or shared,
            interface.units != (),
            shared,
            interface.disabled,
            interface.oper_status == "down",
        )

    def management(self) -> _Evidence:
        """Return where it belongs to the management instance."""
        return tuple(self.around.management.get(self.interface.name, ()))

    def core(self) -> _Evidence:
        """Return where it faces the core."""
        return (
            *self._families(self.mpls),
            *self.around.core.get(self.interface.name, ()),
            *self.interface.logical_system_core,
            *self._everywhere(),
        )

    def global_l3(self) -> _Evidence:
        """Return where units of it route in the global table."""
        return tuple(self._families(self.layer_3))

    def services(self) -> _Evidence:
        """Return where services use it."""
        interface = self.interface
        found = [*self.around.members.get(interface.name, ()), *self._families(self.layer_2)]
        for unit in self.encapsulated:
            path = f"{interface.path}/unit[{unit.name}]/encapsulation"
            found.append(Evidence(path, unit.encapsulation))
        for name in interface.logical_systems:
            path = f"logical-systems[{name}]/interfaces/interface[{interface.name}]"
            found.append(Evidence(path))
        return tuple(found)

    def _read(self, unit: UnitFacts) -> None:
        """Sort the families of a unit by what they say."""
        bridged = unit.encapsulation.endswith(_LAYER_2_ENCAPSULATIONS)
        if bridged:
            self.encapsulated.append(unit)
        logical = f"{self.interface.name}.{unit.name}"
        is_global = logical not in self.around.taken
        for family in unit.families:
            if family in _LAYER_2:
                bridged = True
                self.layer_2.append((unit, family))
            elif family == "mpls":
                self.mpls.append((unit, family))
            elif is_global and family in _LAYER_3:
                self.layer_3.append((unit, family))
        if is_global and not bridged:
            self.routed.append(logical)

    def _everywhere(self) -> list[Evidence]:
        return [each for each, out in self.around.everywhere if not out.issuperset(self.routed)]

    def _families(self, found: _Families) -> list[Evidence]:
        path = self.interface.path
        return [Evidence(f"{path}/unit[{unit.name}]/family/{family}") for unit, family in found]


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
