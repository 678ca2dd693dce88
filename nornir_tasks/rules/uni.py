"""The interface rules: which ports can face customers (prestaging spec, section 4)."""

from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final, NamedTuple

from nornir_tasks.evaluation import InterfaceDecision, InterfaceVerdict
from nornir_tasks.facts import DeviceFacts, Evidence, InterfaceFacts
from nornir_tasks.rules.ports import ETHERNET, MANAGEMENT, PSEUDO, Port, Surroundings, Traits
from nornir_tasks.rules.vlan import merge_ranges, vlan_pool

__all__ = ["EXCEPTION", "NO_RULE", "UNI_CHECKS", "UniCheck", "UniEffect", "judge_interfaces"]

EXCEPTION: Final = "exception"
NO_RULE: Final = "no-rule"

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
_WARN: Final = UniEffect.WARN


def _no_evidence(_port: Port) -> tuple[Evidence, ...]:
    return ()


class UniCheck(NamedTuple):
    """An interface rule's code: its effect, whether it matches, and what that rests on."""

    effect: UniEffect
    test: Callable[[Traits], bool]
    evidence: Callable[[Port], tuple[Evidence, ...]] = _no_evidence


class _Ruling(NamedTuple):
    """What the rules say about every port of certain traits.

    Attributes:
        in_service: Services use the port.
        matched: The rules that match, in order.
        decision: What follows when no person says otherwise.
        rule: The rule that decides.
        warnings: The rules that warn.
        evidence: What the decision rests on.
    """

    in_service: bool
    matched: tuple[str, ...]
    decision: InterfaceDecision
    rule: str
    warnings: tuple[str, ...]
    evidence: Callable[[Port], tuple[Evidence, ...]]


class _Rulings(dict[tuple[str | bool, ...], _Ruling]):
    """What some rules say, by traits: a fleet has many ports, and few kinds of them."""

    def __init__(self, rules: tuple[str, ...]) -> None:
        super().__init__()
        self._checks = {rule: UNI_CHECKS[rule] for rule in rules}

    def __missing__(self, values: tuple[Any, ...]) -> _Ruling:
        traits = Traits(*values)
        matched = [rule for rule, check in self._checks.items() if check.test(traits)]
        excluding, recommending, warning = (
            [rule for rule in matched if self._checks[rule].effect is effect]
            for effect in (UniEffect.EXCLUDE, UniEffect.RECOMMEND, UniEffect.WARN)
        )
        rule = next(iter(excluding + recommending), NO_RULE)
        ruling = self[values] = _Ruling(
            traits.in_service,
            tuple(matched),
            _RECOMMENDED if recommending and not excluding else _EXCLUDED,
            rule,
            tuple(warning),
            self._checks[rule].evidence if rule in self._checks else _no_evidence,
        )
        return ruling


# There are a few thousand different traits at most.
_rulings = lru_cache(maxsize=16)(_Rulings)


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
    rulings = _rulings(rules)
    surroundings = Surroundings(facts)
    for interface in facts.interfaces:
        port = Port(interface, surroundings)
        ruling = rulings[port.traits()]
        override = overrides.get(interface.name)
        if override is not None:
            decision = _RECOMMENDED if override else _EXCLUDED
            ruling = ruling._replace(decision=decision, rule=EXCEPTION, evidence=_no_evidence)
        yield _verdict(port, ruling)


def _verdict(port: Port, ruling: _Ruling) -> InterfaceVerdict:
    interface = port.interface
    in_service, matched, decision, rule, warnings, evidence = ruling
    if interface.logical_systems:
        warnings += tuple([f"used-by-logical-system:{each}" for each in interface.logical_systems])
    return InterfaceVerdict(  # by position: with names it takes four times as long
        interface.name,
        decision,
        rule,
        matched,
        in_service,
        vlan_pool(interface.encapsulation),
        _used_vlans(interface),
        warnings,
        evidence(port),
    )


def _used_vlans(interface: InterfaceFacts) -> tuple[tuple[int, int], ...]:
    if not interface.units and not interface.logical_system_vlans:
        return ()
    vlans = [vlans for unit in interface.units for vlans in unit.vlans]
    vlans += interface.logical_system_vlans
    # Sorted and apart already, as is each single range.
    return merge_ranges(vlans) if len(vlans) > 1 else tuple(vlans)


def _lag_member(port: Port) -> tuple[Evidence, ...]:
    interface = port.interface
    return (Evidence(f"{interface.path}/*/ieee-802.3ad/bundle", interface.bundle),)


def _redundant_member(port: Port) -> tuple[Evidence, ...]:
    interface = port.interface
    return (Evidence(f"{interface.path}/*/redundant-parent", interface.redundant_parent),)


def _is_free(port: Traits) -> bool:
    return port.kind == ETHERNET and not port.has_units and not port.shared


UNI_CHECKS: Final[Mapping[str, UniCheck]] = {
    "management": UniCheck(
        _EXCLUDE, lambda port: port.kind == MANAGEMENT or port.management, Port.management
    ),
    "pseudo": UniCheck(_EXCLUDE, lambda port: port.kind == PSEUDO),
    "ethernet-port": UniCheck(_EXCLUDE, lambda port: port.kind != ETHERNET),
    "lag-member": UniCheck(_EXCLUDE, lambda port: port.bundled, _lag_member),
    "redundant-member": UniCheck(_EXCLUDE, lambda port: port.redundant, _redundant_member),
    "core": UniCheck(_EXCLUDE, lambda port: port.core, Port.core),
    "global-l3": UniCheck(_EXCLUDE, lambda port: port.global_l3, Port.global_l3),
    "in-service": UniCheck(_RECOMMEND, lambda port: port.in_service, Port.services),
    "free": UniCheck(_RECOMMEND, _is_free),
    "no-service": UniCheck(_RECOMMEND, lambda port: port.has_units and not port.in_service),
    "disabled": UniCheck(_WARN, lambda port: port.disabled),
    "down": UniCheck(_WARN, lambda port: port.down),
}
