"""From verdicts to a role: the steps of the decision (prestaging spec, section 3)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from nornir_tasks.evaluation import Role, Verdict
from nornir_tasks.rules.device import Finding, Question
from nornir_tasks.rules.profiles import CapabilityPolicy

__all__ = ["STEPS", "Decision", "Findings", "capabilities", "decide"]

Findings = Mapping[str, Finding]

E_LINE, L2, L3, EVPN = "e-line", "l2", "l3", "evpn"

# Capabilities that policy `all` asks for; EVPN is one more way to offer them, not a fourth one.
_ALL: Final = frozenset({E_LINE, L2, L3})
_BY_SIGNALING: Final = {"l2vpn": L2, "inet-vpn": L3}
_BY_INSTANCE: Final = {
    "l2circuit": E_LINE,
    "l2vpn": L2,
    "vpls": L2,
    "vrf": L3,
    "evpn": EVPN,
    "evpn-vpws": EVPN,
    "mac-vrf": EVPN,
}
_LOOPBACK: Final = "lo0"


@dataclass(frozen=True, slots=True)
class Decision:
    """A role, the machine code of why, and flags such as `asbr`."""

    role: Role
    reason: str
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """What a step decides on: the question, the findings by rule id, the capabilities."""

    question: Question
    findings: Findings
    capabilities: tuple[str, ...]


Step = Callable[[Case], Decision | None]


def capabilities(question: Question) -> tuple[str, ...]:
    """Return the services that the device is ready for, in a fixed order."""
    facts = question.facts
    found = {_BY_SIGNALING[family] for family in facts.signaling if family in _BY_SIGNALING}
    if facts.ldp_loopback:
        found.add(E_LINE)
    if question.profile.capabilities_from_services:
        if "evpn" in facts.signaling:
            found.add(EVPN)
        found |= {_BY_INSTANCE[i.type] for i in facts.instances if i.type in _BY_INSTANCE}
    return tuple(name for name in (E_LINE, L2, L3, EVPN) if name in found)


def decide(question: Question, findings: Findings) -> Decision:
    """Ask the profile's steps in order; the first that decides ends it."""
    case = Case(question, findings, capabilities(question))
    for name in question.profile.decision:
        decision = STEPS[name](case)
        if decision is not None:
            return decision
    return Decision(Role.UNKNOWN, "no-service-capability")


def _loopback(case: Case) -> Decision | None:
    if case.findings["R3"].verdict is Verdict.PASS:
        return None
    only_ipv6 = case.question.facts.ipv6_loopback
    return Decision(Role.UNKNOWN, "ipv6-only" if only_ipv6 else "no-loopback")


def _comment(case: Case) -> Decision | None:
    if case.findings["R1"].verdict is not Verdict.PASS:
        return None
    return Decision(Role.N_PE, "comment")


def _ebgp(case: Case) -> Decision | None:
    if case.findings["R2"].verdict is not Verdict.FAIL:
        return None
    return Decision(Role.P, "ebgp")


def _ebgp_and_mpls(case: Case) -> Decision | None:
    if case.findings["R2"].verdict is not Verdict.FAIL:
        return None
    if any(case.question.facts.signaling.get(name) for name in ("l2vpn", "inet-vpn", "evpn")):
        return Decision(Role.N_PE, "asbr", ("asbr",))
    if _has_mpls(case):
        return Decision(Role.P, "ebgp")
    return Decision(Role.UNKNOWN, "no-mpls")


def _capabilities(case: Case) -> Decision | None:
    match case.question.policy:
        case CapabilityPolicy.NONE:
            return Decision(Role.N_PE, "policy-none")
        case CapabilityPolicy.ALL:
            satisfied = set(case.capabilities) >= _ALL
        case CapabilityPolicy.ANY:
            satisfied = bool(case.capabilities)
    return Decision(Role.N_PE, "capabilities") if satisfied else None


def _core_only(case: Case) -> Decision | None:
    if case.capabilities:
        return None
    if _has_mpls(case):
        return Decision(Role.P, "core-only")
    return Decision(Role.UNKNOWN, "no-mpls")


def _has_mpls(case: Case) -> bool:
    """Return whether an active interface other than lo0 carries family mpls."""
    return any(
        "mpls" in unit.families
        for interface in case.question.facts.interfaces
        if interface.name != _LOOPBACK and not interface.disabled
        for unit in interface.units
        if not unit.disabled
    )


STEPS: Final[Mapping[str, Step]] = {
    "loopback": _loopback,
    "comment": _comment,
    "ebgp": _ebgp,
    "ebgp-and-mpls": _ebgp_and_mpls,
    "capabilities": _capabilities,
    "core-only": _core_only,
}
