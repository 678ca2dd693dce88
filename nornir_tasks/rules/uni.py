"""The interface rules: which ports can face customers (prestaging spec, section 4)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Final, NamedTuple

from nornir_tasks.evaluation import InterfaceDecision, InterfaceVerdict
from nornir_tasks.facts import DeviceFacts, Evidence, InterfaceFacts
from nornir_tasks.rules.ports import ETHERNET, MANAGEMENT, PSEUDO, Port, ports
from nornir_tasks.rules.vlan import merge_ranges, vlan_pool

__all__ = ["EXCEPTION", "NO_RULE", "UNI_CHECKS", "UniCheck", "UniEffect", "judge_interfaces"]

EXCEPTION: Final = "exception"
NO_RULE: Final = "no-rule"

_Match = tuple[Evidence, ...] | None
# To look a member up in its enumeration takes longer than to ask a rule.
_RECOMMENDED: Final = InterfaceDecision.RECOMMENDED
_EXCLUDED: Final = InterfaceDecision.EXCLUDED


class UniEffect(StrEnum):
    """What it means for a port when a rule matches."""

    EXCLUDE = "exclude"
    RECOMMEND = "recommend"
    WARN = "warn"


_EXCLUDE: Final = UniEffect.EXCLUDE
_RECOMMEND: Final = UniEffect.RECOMMEND


class UniCheck(NamedTuple):
    """An interface rule's code: its effect, and a test that returns evidence, or None for no."""

    effect: UniEffect
    test: Callable[[Port], _Match]


_Check = tuple[str, UniEffect, Callable[[Port], _Match]]


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
    checks = [(rule, *UNI_CHECKS[rule]) for rule in rules]
    for port in ports(facts):
        yield _judge(port, checks, overrides.get(port.interface.name))


def _judge(port: Port, checks: Sequence[_Check], override: bool | None) -> InterfaceVerdict:
    matched: dict[str, tuple[Evidence, ...]] = {}
    excluding = recommending = ""
    warnings: tuple[str, ...] = ()
    for rule, effect, test in checks:
        evidence = test(port)
        if evidence is None:
            continue
        matched[rule] = evidence
        if effect is _EXCLUDE:
            excluding = excluding or rule
        elif effect is _RECOMMEND:
            recommending = recommending or rule
        else:
            warnings += (rule,)
    interface = port.interface
    if interface.logical_systems:
        warnings += tuple([f"used-by-logical-system:{each}" for each in interface.logical_systems])
    recommended, rule = _deciding(excluding, recommending, override)
    return InterfaceVerdict(  # by position: with names it takes four times as long
        interface.name,
        _RECOMMENDED if recommended else _EXCLUDED,
        rule,
        tuple(matched),
        bool(port.services),
        vlan_pool(interface.encapsulation),
        _used_vlans(interface),
        warnings,
        matched.get(rule, ()),
    )


def _deciding(excluding: str, recommending: str, override: bool | None) -> tuple[bool, str]:
    if override is not None:
        return override, EXCEPTION
    if excluding:
        return False, excluding
    return (True, recommending) if recommending else (False, NO_RULE)


def _used_vlans(interface: InterfaceFacts) -> tuple[tuple[int, int], ...]:
    if not interface.units and not interface.logical_system_vlans:
        return ()
    vlans = [vlans for unit in interface.units for vlans in unit.vlans]
    vlans += interface.logical_system_vlans
    # Sorted and apart already, as is each single range.
    return merge_ranges(vlans) if len(vlans) > 1 else tuple(vlans)


def _management(port: Port) -> _Match:
    return port.management if port.kind == MANAGEMENT else port.management or None


def _pseudo(port: Port) -> _Match:
    return () if port.kind == PSEUDO else None


def _not_ethernet(port: Port) -> _Match:
    return None if port.kind == ETHERNET else ()


def _lag_member(port: Port) -> _Match:
    interface = port.interface
    if not interface.bundle:
        return None
    return (Evidence(f"{interface.path}/*/ieee-802.3ad/bundle", interface.bundle),)


def _redundant_member(port: Port) -> _Match:
    interface = port.interface
    if not interface.redundant_parent:
        return None
    return (Evidence(f"{interface.path}/*/redundant-parent", interface.redundant_parent),)


def _core(port: Port) -> _Match:
    return port.core or None


def _global_l3(port: Port) -> _Match:
    return port.global_l3 or None


def _in_service(port: Port) -> _Match:
    return port.services or None


def _free(port: Port) -> _Match:
    used = port.interface.units or port.interface.logical_systems
    return () if port.kind == ETHERNET and not used else None


def _no_service(port: Port) -> _Match:
    return () if port.interface.units and not port.services else None


def _disabled(port: Port) -> _Match:
    return (Evidence(f"{port.interface.path}/disable"),) if port.interface.disabled else None


def _down(port: Port) -> _Match:
    status = port.interface.oper_status
    return (Evidence("oper-status", status),) if status == "down" else None


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
