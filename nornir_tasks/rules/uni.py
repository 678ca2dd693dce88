"""The interface rules: which ports can face customers (prestaging spec, section 4)."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from nornir_tasks.evaluation import InterfaceDecision, InterfaceVerdict
from nornir_tasks.facts import DeviceFacts, Evidence
from nornir_tasks.rules.ports import Port, ports
from nornir_tasks.rules.vlan import merge_ranges, vlan_pool

__all__ = ["EXCEPTION", "NO_RULE", "UNI_CHECKS", "UniCheck", "UniEffect", "judge_interfaces"]

EXCEPTION: Final = "exception"
NO_RULE: Final = "no-rule"

_MANAGEMENT = re.compile(r"(?:fxp|em|me|vme)[0-9]*|re[^:]*:mgmt-.*")
_ETHERNET = re.compile(r"(?:fe|ge|xe|et|mge)-[0-9]+/[0-9]+/[0-9]+(?::[0-9]+)?|ae[0-9]+")
_PSEUDO = re.compile(
    r"(?:lo|dsc|irb|vlan|demux|pp|cbp|pip|fti|esi|vtep|lsi|tap|gre|ipip|pimd|pime|mtun|st|ps|rsp"
    r"|rlsq)[0-9]*"
    r"|(?:gr|ip|lt|vt|si|sp|ms|vms|mo|pfe|pfh|pd|pe|ps|rsp|rlsq)-[0-9/:]+"
)

_Match = tuple[Evidence, ...] | None


class UniEffect(StrEnum):
    """What it means for a port when a rule matches."""

    EXCLUDE = "exclude"
    RECOMMEND = "recommend"
    WARN = "warn"


@dataclass(frozen=True, slots=True)
class UniCheck:
    """An interface rule's code: its effect, and a test that returns evidence, or None for no."""

    effect: UniEffect
    test: Callable[[Port], _Match]


def judge_interfaces(
    facts: DeviceFacts, rules: tuple[str, ...], overrides: Mapping[str, bool]
) -> Iterator[InterfaceVerdict]:
    """Yield a verdict on every interface of a device.

    The first rule that excludes decides; where none does, the first that recommends. A port that
    no rule recommends is excluded by `no-rule`. A person's override beats every rule.

    Args:
        facts: The device.
        rules: Ids of the rules to ask, in order; see `UNI_CHECKS`.
        overrides: Whether to recommend, by name of the interface.
    """
    for port in ports(facts):
        yield _judge(port, rules, overrides.get(port.interface.name))


def _judge(port: Port, rules: tuple[str, ...], override: bool | None) -> InterfaceVerdict:
    found = {rule: UNI_CHECKS[rule].test(port) for rule in rules}
    matched = {rule: evidence for rule, evidence in found.items() if evidence is not None}
    recommended, rule = _deciding(matched, override)
    interface = port.interface
    return InterfaceVerdict(
        name=interface.name,
        verdict=InterfaceDecision.RECOMMENDED if recommended else InterfaceDecision.EXCLUDED,
        rule=rule,
        matched=tuple(matched),
        in_use=bool(port.services),
        vlan_pool=vlan_pool(interface.encapsulation),
        used_vlans=merge_ranges(
            (
                *(vlans for unit in interface.units for vlans in unit.vlans),
                *interface.logical_system_vlans,
            )
        ),
        warnings=(
            *_of(matched, UniEffect.WARN),
            *(f"used-by-logical-system:{name}" for name in interface.logical_systems),
        ),
        evidence=matched.get(rule, ()),
    )


def _deciding(matched: Mapping[str, _Match], override: bool | None) -> tuple[bool, str]:
    if override is not None:
        return override, EXCEPTION
    if excluding := _of(matched, UniEffect.EXCLUDE):
        return False, excluding[0]
    if recommending := _of(matched, UniEffect.RECOMMEND):
        return True, recommending[0]
    return False, NO_RULE


def _of(matched: Mapping[str, _Match], effect: UniEffect) -> list[str]:
    return [rule for rule in matched if UNI_CHECKS[rule].effect is effect]


def _management(port: Port) -> _Match:
    if _MANAGEMENT.fullmatch(port.interface.name):
        return port.management
    return port.management or None


def _pseudo(port: Port) -> _Match:
    return () if _PSEUDO.fullmatch(port.interface.name) else None


def _is_ethernet(port: Port) -> bool:
    return _ETHERNET.fullmatch(port.interface.name) is not None


def _not_ethernet(port: Port) -> _Match:
    return None if _is_ethernet(port) else ()


def _lag_member(port: Port) -> _Match:
    interface = port.interface
    return _statement(f"{interface.path}/*/ieee-802.3ad/bundle", interface.bundle)


def _redundant_member(port: Port) -> _Match:
    interface = port.interface
    return _statement(f"{interface.path}/*/redundant-parent", interface.redundant_parent)


def _core(port: Port) -> _Match:
    return port.core or None


def _global_l3(port: Port) -> _Match:
    return port.global_l3 or None


def _in_service(port: Port) -> _Match:
    return port.services or None


def _free(port: Port) -> _Match:
    used = port.interface.units or port.interface.logical_systems
    return () if _is_ethernet(port) and not used else None


def _no_service(port: Port) -> _Match:
    return () if port.interface.units and not port.services else None


def _disabled(port: Port) -> _Match:
    return (Evidence(f"{port.interface.path}/disable"),) if port.interface.disabled else None


def _down(port: Port) -> _Match:
    status = port.interface.oper_status
    return (Evidence("oper-status", status),) if status == "down" else None


def _statement(path: str, value: str) -> _Match:
    return (Evidence(path, value),) if value else None


UNI_CHECKS: Final[Mapping[str, UniCheck]] = {
    "management": UniCheck(UniEffect.EXCLUDE, _management),
    "pseudo": UniCheck(UniEffect.EXCLUDE, _pseudo),
    "ethernet-port": UniCheck(UniEffect.EXCLUDE, _not_ethernet),
    "lag-member": UniCheck(UniEffect.EXCLUDE, _lag_member),
    "redundant-member": UniCheck(UniEffect.EXCLUDE, _redundant_member),
    "core": UniCheck(UniEffect.EXCLUDE, _core),
    "global-l3": UniCheck(UniEffect.EXCLUDE, _global_l3),
    "in-service": UniCheck(UniEffect.RECOMMEND, _in_service),
    "free": UniCheck(UniEffect.RECOMMEND, _free),
    "no-service": UniCheck(UniEffect.RECOMMEND, _no_service),
    "disabled": UniCheck(UniEffect.WARN, _disabled),
    "down": UniCheck(UniEffect.WARN, _down),
}
