"""The interfaces of a device with their verdicts, and why each has it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from nornir_tasks.rules import RULES, RuleScope
from prestage_plugin.admin.badges import DASH, verdict
from prestage_plugin.sentences import translate_sentence
from prestage_plugin.states import RuleWord

__all__ = ["InterfaceRow", "interface_rows", "reason_of", "rules_in"]

_EXCEPTION = "exception"
"""What stands for a rule where a person's exception decided."""

_REASONS = {rule.id: rule.description for rule in RULES if rule.scope is RuleScope.INTERFACE}


@dataclass(frozen=True, slots=True, kw_only=True)
class InterfaceRow:
    """One interface in the words of the page.

    Attributes:
        name: Of the interface.
        word: The verdict, `recommended` or `excluded`.
        verdict: The same as a piece of HTML.
        rule: Id of the rule that decided.
        reason: What that rule means, one sentence.
        also: The other rules that matched.
        evidence: Statements of the configuration that it rests on, as path and value.
        in_use: Whether a service uses it already.
        vlans: The VLAN IDs that can be used, first and last.
        used_vlans: Those that are used, as IDs and ranges.
        warnings: E.g. `disabled`.
    """

    name: str
    word: str
    verdict: SafeString
    rule: str
    reason: str
    also: tuple[str, ...]
    evidence: tuple[Mapping[str, str], ...]
    in_use: bool
    vlans: str
    used_vlans: str
    warnings: str


def interface_rows(result: Mapping[str, Any]) -> list[InterfaceRow]:
    """Return the interfaces of an evaluation: those that can be UNI first, in their own order.

    Args:
        result: The document of the evaluation; empty when there is none.
    """
    found = [_row(each) for each in result.get("interfaces", [])]
    return sorted(found, key=lambda row: row.word != RuleWord.RECOMMENDED)


def reason_of(rule: str) -> str:
    """Return what a rule of interfaces means, one sentence; empty for one that is no more."""
    if rule == _EXCEPTION:
        return _("A person decided so; see the exceptions.")
    return translate_sentence(_REASONS[rule]) if rule in _REASONS else ""


def rules_in(rows: list[InterfaceRow]) -> list[str]:
    """Return the rules that decided for any of these, in the order of the alphabet."""
    return sorted({row.rule for row in rows})


def _row(document: Mapping[str, Any]) -> InterfaceRow:
    return InterfaceRow(
        name=document["name"],
        word=document["verdict"],
        verdict=verdict(document["verdict"]),
        rule=document["rule"],
        reason=reason_of(document["rule"]),
        also=tuple(each for each in document["matched"] if each != document["rule"]),
        evidence=tuple(document["evidence"]),
        in_use=document["in_use"],
        vlans=_range(document["vlan_pool"]),
        used_vlans=", ".join(map(_range, document["used_vlans"])) or DASH,
        warnings=", ".join(document["warnings"]) or DASH,
    )


def _range(ends: tuple[int, int]) -> str:
    first, last = ends
    return str(first) if first == last else f"{first}\u2013{last}"
