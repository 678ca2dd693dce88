"""The device rules R1 to R6: each one function of the facts (prestaging spec, section 3)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from nornir_tasks.evaluation import Verdict
from nornir_tasks.facts import BgpGroup, DeviceFacts, Evidence
from nornir_tasks.rules.comment import names_npe
from nornir_tasks.rules.loopback import LoopbackChoice
from nornir_tasks.rules.profiles import CapabilityPolicy, Profile

__all__ = [
    "Check",
    "Finding",
    "Question",
    "check_comment",
    "check_ebgp",
    "check_inet_vpn",
    "check_l2vpn",
    "check_ldp_loopback",
    "check_loopback",
]

_NO_POLICY = "The capability policy is none: no service capability is asked for."


@dataclass(frozen=True, slots=True)
class Question:
    """What a rule is asked about.

    Attributes:
        facts: The device.
        profile: The profile in use.
        policy: The capability policy in use.
        loopback: The device's usable loopback addresses.
    """

    facts: DeviceFacts
    profile: Profile
    policy: CapabilityPolicy
    loopback: LoopbackChoice


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule answers; the evidence is empty when the reason is an absence."""

    verdict: Verdict
    reason: str
    evidence: tuple[Evidence, ...] = ()


Check = Callable[[Question], Finding]


def check_comment(question: Question) -> Finding:
    """R1: a comment names the device an N-PE."""
    comments = question.facts.comments
    if not comments:
        return Finding(Verdict.NOT_APPLICABLE, "No comment annotates the configuration.")
    naming = tuple(
        Evidence(comment.path, comment.text)
        for comment in comments
        if names_npe(comment.text, bare_pe=question.profile.bare_pe_token)
    )
    if naming:
        return Finding(Verdict.PASS, "A comment names the device an N-PE.", naming)
    return Finding(Verdict.FAIL, "There are comments, but none names the device an N-PE.")


def check_ebgp(question: Question) -> Finding:
    """R2: EBGP in the main instance speaks against an N-PE."""
    groups = question.facts.bgp_groups
    if not groups:
        return Finding(Verdict.NOT_APPLICABLE, "BGP has no group in the main instance.")
    external = tuple(
        evidence for group in groups for evidence in _external(group, question.facts, question)
    )
    if external:
        return Finding(Verdict.FAIL, "The main instance has EBGP sessions.", external)
    return Finding(Verdict.PASS, "BGP of the main instance has no external group.")


def check_loopback(question: Question) -> Finding:
    """R3: the device has a loopback address."""
    candidates = question.loopback.candidates
    if candidates:
        evidence = tuple(Evidence(c.path, c.address) for c in candidates)
        return Finding(Verdict.PASS, "The loopback interface has an address.", evidence)
    if question.facts.ipv6_loopback:
        if question.profile.ipv6_loopback_counts:
            return Finding(Verdict.PASS, "The loopback interface has an IPv6 address.")
        return Finding(Verdict.FAIL, "The loopback interface has IPv6 addresses only.")
    unusable = tuple(Evidence(a.path, a.address) for a in question.facts.loopbacks)
    if unusable:
        return Finding(Verdict.FAIL, "No loopback address can identify the device.", unusable)
    return Finding(Verdict.FAIL, "The loopback interface has no address.")


def check_ldp_loopback(question: Question) -> Finding:
    """R4: LDP runs on the loopback, ready for E-Line services."""
    return _capability(
        question,
        question.facts.ldp_loopback,
        "LDP runs on the loopback interface.",
        "LDP does not run on the loopback interface.",
    )


def check_l2vpn(question: Question) -> Finding:
    """R5: BGP signals L2VPN, ready for layer 2 services."""
    return _capability(
        question,
        question.facts.signaling.get("l2vpn", ()),
        "BGP signals L2VPN.",
        "BGP does not signal L2VPN.",
    )


def check_inet_vpn(question: Question) -> Finding:
    """R6: BGP carries inet-vpn unicast, ready for layer 3 services."""
    return _capability(
        question,
        question.facts.signaling.get("inet-vpn", ()),
        "BGP carries inet-vpn unicast.",
        "BGP does not carry inet-vpn unicast.",
    )


def _capability(
    question: Question, evidence: tuple[Evidence, ...], present: str, absent: str
) -> Finding:
    if question.policy is CapabilityPolicy.NONE:
        return Finding(Verdict.NOT_APPLICABLE, _NO_POLICY, evidence)
    if evidence:
        return Finding(Verdict.PASS, present, evidence)
    return Finding(Verdict.FAIL, absent)


def _external(group: BgpGroup, facts: DeviceFacts, question: Question) -> Iterator[Evidence]:
    """Yield what makes a group external: its type or, where that is absent, its AS numbers."""
    if group.type:
        if group.type == "external":
            yield Evidence(f"{group.path}/type", group.type)
        return
    if not question.profile.infer_ebgp:
        return
    own = group.local_as or facts.local_as
    if not group.neighbors and _differ(group.peer_as, own):
        yield Evidence(f"{group.path}/peer-as", str(group.peer_as))
    for neighbor in group.neighbors:
        peer = neighbor.peer_as or group.peer_as
        if _differ(peer, neighbor.local_as or own):
            where = f"/neighbor[{neighbor.name}]" if neighbor.peer_as else ""
            yield Evidence(f"{group.path}{where}/peer-as", str(peer))


def _differ(peer: int | None, own: int | None) -> bool:
    return peer is not None and own is not None and peer != own
