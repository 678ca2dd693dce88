"""Every rule, readable as data: what the admin, the API and the documentation list."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from nornir_tasks.rules import device
from nornir_tasks.rules.samples import SAMPLES

__all__ = ["DEVICE_CHECKS", "RULES", "RuleInfo", "RuleScope"]


class RuleScope(StrEnum):
    """What a rule judges."""

    DEVICE = "device"
    INTERFACE = "interface"


@dataclass(frozen=True, slots=True)
class RuleInfo:
    """A rule as people see it.

    Attributes:
        id: `R1` to `R6` for device rules, the name for interface rules.
        name: Short name.
        scope: What it judges.
        check: Type of check, e.g. `comment match`.
        description: What it means, one sentence.
        sample: A configuration in XML that the rule matches; a `configuration` element, or an
            `interface-information` one for what only operational data shows.
    """

    id: str
    name: str
    scope: RuleScope
    check: str
    description: str
    sample: str


DEVICE_CHECKS: Final[Mapping[str, device.Check]] = {
    "R1": device.check_comment,
    "R2": device.check_ebgp,
    "R3": device.check_loopback,
    "R4": device.check_ldp_loopback,
    "R5": device.check_l2vpn,
    "R6": device.check_inet_vpn,
}

_DEVICE: Final = (
    ("R1", "comment", "comment match", "A comment on the configuration names the device an N-PE."),
    ("R2", "ebgp", "BGP type", "EBGP in the main instance makes the device a P router."),
    ("R3", "loopback", "loopback check", "Without a loopback address there is no N-PE."),
    ("R4", "ldp-loopback", "protocol check", "LDP runs on the loopback: E-Line services."),
    ("R5", "l2vpn", "BGP family", "BGP signals L2VPN: layer 2 services."),
    ("R6", "inet-vpn", "BGP family", "BGP carries inet-vpn unicast: layer 3 services."),
)
_INTERFACE: Final = (
    ("management", "interface name", "Management ports never face customers."),
    ("pseudo", "interface name", "Interfaces without a socket never face customers."),
    ("ethernet-port", "interface name", "Only Ethernet ports and aggregates can face customers."),
    ("lag-member", "port options", "A member of an aggregate: the aggregate is judged instead."),
    ("redundant-member", "port options", "A member of a redundant Ethernet pair."),
    ("core", "protocols", "The port faces the core: MPLS, or a core protocol runs on it."),
    ("global-l3", "unit families", "A unit routes in the global table, outside every instance."),
    ("in-service", "services", "A service already uses the port; it can carry more."),
    ("free", "units", "An Ethernet port with no units."),
    ("no-service", "units", "The port has units, but no service uses them."),
    ("disabled", "port state", "The port is disabled: recommended with a warning."),
    ("down", "operational status", "The port is down: recommended with a warning."),
)

RULES: Final[tuple[RuleInfo, ...]] = (
    *(RuleInfo(i, n, RuleScope.DEVICE, check, text, SAMPLES[i]) for i, n, check, text in _DEVICE),
    *(
        RuleInfo(i, i, RuleScope.INTERFACE, check, text, SAMPLES[i])
        for i, check, text in _INTERFACE
    ),
)
