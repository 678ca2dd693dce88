"""The documents of what rules say of a device."""

from typing import Any

from rest_framework import serializers

from nornir_tasks.evaluation import InterfaceDecision, Verdict
from prestage_plugin.states import RoleChoice, RuleWord

__all__ = [
    "EvaluationSerializer",
    "InterfaceVerdictSerializer",
    "JudgementSerializer",
    "RuleVerdictSerializer",
]


def _words(*names: str) -> list[tuple[str, Any]]:
    return [(name, RuleWord(name).label) for name in names]


class StatementSerializer(serializers.Serializer[Any]):
    """A statement of the configuration that a verdict rests on."""

    path = serializers.CharField(help_text="E.g. `protocols/bgp/group[RR]/type`.")
    value = serializers.CharField(help_text="What stands there; empty for a bare element.")


class _VerdictSerializer(serializers.Serializer[Any]):
    verdict_display = serializers.SerializerMethodField()

    def get_verdict_display(self, verdict: dict[str, Any]) -> str:
        """Return the verdict in words."""
        return str(RuleWord(verdict["verdict"]).label)


class RuleVerdictSerializer(_VerdictSerializer):
    """The verdict of one device rule; `pass` means that it speaks for an N-PE."""

    id = serializers.CharField(help_text="Id of the rule.")
    name = serializers.CharField()
    verdict = serializers.ChoiceField(choices=_words(*Verdict))
    reason = serializers.CharField(help_text="One sentence.")
    evidence = StatementSerializer(many=True)


class InterfaceVerdictSerializer(_VerdictSerializer):
    """The verdict on one interface: whether it can be a UNI."""

    name = serializers.CharField()
    verdict = serializers.ChoiceField(choices=_words(*InterfaceDecision))
    rule = serializers.CharField(help_text="Id of the rule that decided, or `exception`.")
    matched = serializers.ListField(
        child=serializers.CharField(), help_text="Ids of all rules that matched, in order."
    )
    in_use = serializers.BooleanField(help_text="A service uses it already.")
    vlan_pool = serializers.ListField(
        child=serializers.IntegerField(),
        min_length=2,
        max_length=2,
        help_text="First and last usable VLAN ID.",
    )
    used_vlans = serializers.ListField(
        child=serializers.ListField(child=serializers.IntegerField(), min_length=2, max_length=2),
        help_text="First and last of each range of VLAN IDs that are used.",
    )
    warnings = serializers.ListField(child=serializers.CharField())
    evidence = StatementSerializer(many=True)


class JudgementSerializer(serializers.Serializer[Any]):
    """What the rules say of one device or logical system, and why."""

    device = serializers.CharField(help_text="Name, `router:system` for a logical system.")
    role = serializers.ChoiceField(choices=RoleChoice.choices)
    role_display = serializers.SerializerMethodField()
    reason = serializers.CharField(help_text="Machine code of the decision, e.g. `no-loopback`.")
    loopback = serializers.CharField(allow_null=True)
    loopback_alternatives = serializers.ListField(child=serializers.CharField())
    capabilities = serializers.ListField(
        child=serializers.CharField(), help_text="Of `e-line`, `l2`, `l3`, `evpn`."
    )
    flags = serializers.ListField(child=serializers.CharField(), help_text="E.g. `asbr`.")
    warnings = serializers.ListField(
        child=serializers.CharField(), help_text="Codes, with a detail after a colon."
    )
    profile = serializers.CharField(help_text="By which rules it was judged.")
    capability_policy = serializers.CharField(help_text="`any`, `all` or `none`.")
    sources = serializers.ListField(child=serializers.CharField(), help_text="What was read.")
    rules = RuleVerdictSerializer(many=True)

    def get_role_display(self, evaluation: dict[str, Any]) -> str:
        """Return the role in words."""
        return str(RoleChoice(evaluation["role"]).label)


class EvaluationSerializer(JudgementSerializer):
    """Everything that the rules say of one device or logical system."""

    uni_count = serializers.SerializerMethodField(help_text="Interfaces recommended as UNI.")
    excluded_count = serializers.SerializerMethodField(help_text="The other interfaces.")
    interfaces = InterfaceVerdictSerializer(many=True)

    def get_uni_count(self, evaluation: dict[str, Any]) -> int:
        """Return the number of interfaces that can be UNI."""
        return _count(evaluation, InterfaceDecision.RECOMMENDED)

    def get_excluded_count(self, evaluation: dict[str, Any]) -> int:
        """Return the number of the others."""
        return _count(evaluation, InterfaceDecision.EXCLUDED)


def _count(evaluation: dict[str, Any], decision: InterfaceDecision) -> int:
    return sum(each["verdict"] == decision for each in evaluation["interfaces"])
