"""The answer of the rules for one device: role, evidence, interfaces (prestaging spec, section 3).

Plain frozen values; `as_dict` gives the JSON shape that the CLI and the API share, and
`compact_document` the one that is stored.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from nornir_tasks.facts import Evidence, evidence_to_dicts
from nornir_tasks.values import value

__all__ = [
    "Evaluation",
    "InterfaceDecision",
    "InterfaceVerdict",
    "Role",
    "RuleVerdict",
    "Verdict",
    "compact_document",
    "complete_document",
]

_COLUMNS = (
    "name",
    "verdict",
    "rule",
    "matched",
    "in_use",
    "vlan_pool",
    "used_vlans",
    "warnings",
    "evidence",
)
"""Of the table of interfaces in a compact document."""


class Role(StrEnum):
    """Roles (prestaging spec, section 1). UNKNOWN is never assigned."""

    N_PE = "N-PE"
    P = "P"
    UNKNOWN = "UNKNOWN"


class Verdict(StrEnum):
    """What a device rule found."""

    PASS = "pass"  # noqa: S105 - not a password
    FAIL = "fail"
    NOT_APPLICABLE = "not-applicable"


class InterfaceDecision(StrEnum):
    """Whether an interface can face customers."""

    RECOMMENDED = "recommended"
    EXCLUDED = "excluded"


@dataclass(frozen=True, slots=True)
class RuleVerdict:
    """The verdict of one device rule.

    Attributes:
        id: `R1` to `R6`.
        name: The rule's short name, e.g. `loopback`.
        verdict: Pass means: this check speaks for an N-PE.
        reason: One sentence.
        evidence: The statements it rests on; empty when the reason is an absence.
    """

    id: str
    name: str
    verdict: Verdict
    reason: str
    evidence: tuple[Evidence, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return plain values; see `Evaluation.as_dict`."""
        return {
            "id": self.id,
            "name": self.name,
            "verdict": self.verdict,
            "reason": self.reason,
            "evidence": evidence_to_dicts(self.evidence),
        }


@value(frozen=True, slots=True)
class InterfaceVerdict:
    """The verdict on one interface (prestaging spec, section 4).

    Attributes:
        name: The interface.
        verdict: Recommended as UNI, or excluded.
        rule: The rule that decided, e.g. `core` or `free`; `exception` for a person's override.
        matched: Every rule that matched, in order of evaluation.
        in_use: A service already uses it.
        vlan_pool: Usable VLAN IDs, inclusive (low, high).
        used_vlans: VLAN IDs already on its units, inclusive ranges.
        warnings: `disabled`, `down`, ...
        evidence: The statements that the deciding rule rests on.
    """

    name: str
    verdict: InterfaceDecision
    rule: str
    matched: tuple[str, ...] = ()
    in_use: bool = False
    vlan_pool: tuple[int, int] = (1, 4094)
    used_vlans: tuple[tuple[int, int], ...] = ()
    warnings: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return plain values; see `Evaluation.as_dict`."""
        return {
            "name": self.name,
            "verdict": self.verdict,
            "rule": self.rule,
            "matched": self.matched,
            "in_use": self.in_use,
            "vlan_pool": self.vlan_pool,
            "used_vlans": self.used_vlans,
            "warnings": self.warnings,
            "evidence": evidence_to_dicts(self.evidence),
        }


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Everything that the rules say about one device or logical system.

    Attributes:
        device: Inventory name, or `router:LS`.
        role: The recommended role.
        reason: Machine code of the decision, e.g. `no-loopback`, `comment`, `ebgp`,
            `capabilities`, `no-service-capability`, `core-only`, `no-mpls`, `excluded`.
        loopback: The chosen loopback address, None when there is none.
        loopback_alternatives: The other usable addresses, best first.
        flags: E.g. `asbr`.
        capabilities: Services the device is ready for: `e-line`, `l2`, `l3`, `evpn`.
        rules: One verdict per device rule of the profile.
        interfaces: One verdict per interface.
        warnings: Codes with optional detail after a colon.
        profile: Name of the profile, e.g. `csd`.
        capability_policy: `any`, `all` or `none`.
        sources: What was read.
        fingerprint: Of the configuration that was evaluated; empty when unknown.
    """

    device: str
    role: Role
    reason: str
    loopback: str | None
    loopback_alternatives: tuple[str, ...]
    flags: tuple[str, ...]
    capabilities: tuple[str, ...]
    rules: tuple[RuleVerdict, ...]
    interfaces: tuple[InterfaceVerdict, ...]
    warnings: tuple[str, ...]
    profile: str
    capability_policy: str
    sources: tuple[str, ...]
    fingerprint: str = ""

    @property
    def uni_count(self) -> int:
        """Number of interfaces recommended as UNI."""
        return [each.verdict for each in self.interfaces].count(InterfaceDecision.RECOMMENDED)

    @property
    def excluded_count(self) -> int:
        """Number of interfaces excluded from being UNI."""
        return len(self.interfaces) - self.uni_count

    def as_dict(self) -> dict[str, Any]:
        """Return plain sequences, dicts and strings, ready for JSON."""
        return _document(self, tuple([each.as_dict() for each in self.interfaces]))


def compact_document(evaluation: Evaluation) -> dict[str, Any]:
    """Return an evaluation as it is stored, ready for JSON; see `complete_document`.

    The same as `Evaluation.as_dict`, but the interfaces are a table, whose columns are named once,
    and evidence in it is pairs of path and value: for a hundred interfaces this takes half of the
    time, and not two thirds of the space.
    """
    rows = [
        (
            each.name,
            each.verdict,
            each.rule,
            each.matched,
            each.in_use,
            each.vlan_pool,
            each.used_vlans,
            each.warnings,
            tuple([(some.path, some.value) for some in each.evidence]) if each.evidence else (),
        )
        for each in evaluation.interfaces
    ]
    return _document(evaluation, {"columns": _COLUMNS, "rows": rows})


def complete_document(stored: Mapping[str, Any]) -> dict[str, Any]:
    """Return the shape of `Evaluation.as_dict` of a document that was stored.

    Only the interfaces differ; who needs nothing of them can read the stored document itself.

    Args:
        stored: What `compact_document` made, after a trip through JSON. One that is complete, as
            they were stored earlier, or that has no interfaces at all, is returned as it is.
    """
    table = stored.get("interfaces")
    if not isinstance(table, Mapping):
        return dict(stored)
    rows = [dict(zip(table["columns"], row, strict=True)) for row in table["rows"]]
    for row in rows:
        row["evidence"] = [{"path": path, "value": value} for path, value in row["evidence"]]
    return {**stored, "interfaces": rows}


def _document(evaluation: Evaluation, interfaces: Any) -> dict[str, Any]:
    return {
        "device": evaluation.device,
        "role": evaluation.role,
        "reason": evaluation.reason,
        "loopback": evaluation.loopback,
        "loopback_alternatives": evaluation.loopback_alternatives,
        "flags": evaluation.flags,
        "capabilities": evaluation.capabilities,
        "rules": tuple([each.as_dict() for each in evaluation.rules]),
        "interfaces": interfaces,
        "warnings": evaluation.warnings,
        "profile": evaluation.profile,
        "capability_policy": evaluation.capability_policy,
        "sources": evaluation.sources,
        "fingerprint": evaluation.fingerprint,
    }
