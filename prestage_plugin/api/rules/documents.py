"""The documents of rules and profiles."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from nornir_tasks.rules import RULES, Profile, RuleInfo, RuleScope, profiles
from prestage_plugin.api.core.links import address_of
from prestage_plugin.conf import get_settings

__all__ = ["ProfileSerializer", "RuleSerializer", "profile_documents", "rule_documents"]

_SCOPES = {RuleScope.DEVICE: _("Device"), RuleScope.INTERFACE: _("Interface")}


class RuleLinksSerializer(serializers.Serializer[Any]):
    """Where to go on from a rule."""

    self = serializers.URLField()


class RuleSerializer(serializers.Serializer[Any]):
    """A rule, as people and programs may read it."""

    id = serializers.CharField(help_text="`R1` to `R6`, or the name of a rule for interfaces.")
    name = serializers.CharField()
    scope = serializers.ChoiceField(
        choices=[(str(scope), word) for scope, word in _SCOPES.items()],
        help_text="What it judges.",
    )
    scope_display = serializers.CharField()
    check = serializers.CharField(help_text="Type of check, e.g. `comment match`.")
    description = serializers.CharField(help_text="One sentence.")
    sample = serializers.CharField(help_text="A configuration in XML that it matches.")
    profiles = serializers.ListField(
        child=serializers.CharField(), help_text="Names of the profiles that ask it."
    )
    links = RuleLinksSerializer()


class SwitchesSerializer(serializers.Serializer[Any]):
    """What a profile decides otherwise than others."""

    ipv6_loopback_counts = serializers.BooleanField()
    bare_pe_token = serializers.BooleanField(help_text="`PE` alone in a comment names an N-PE.")
    infer_ebgp = serializers.BooleanField(help_text="EBGP without `type` is seen by the AS.")
    capabilities_from_services = serializers.BooleanField(
        help_text="EVPN signaling and configured services are capabilities."
    )


class ProfileSerializer(serializers.Serializer[Any]):
    """Which rules are asked, in which order."""

    name = serializers.CharField()
    description = serializers.CharField(help_text="One sentence.")
    is_default = serializers.BooleanField(help_text="It is the site's.")
    device_rules = serializers.ListField(child=serializers.CharField(), help_text="Ids.")
    decision = serializers.ListField(
        child=serializers.CharField(), help_text="Steps; the first that decides ends it."
    )
    uni_rules = serializers.ListField(child=serializers.CharField(), help_text="Ids, in order.")
    switches = SwitchesSerializer()
    links = RuleLinksSerializer()


def rule_documents(request: Any) -> list[dict[str, Any]]:
    """Return all rules, those for devices first.

    Args:
        request: The present one.
    """
    return [_rule(each, request) for each in RULES]


def profile_documents(request: Any) -> list[dict[str, Any]]:
    """Return all profiles.

    Args:
        request: The present one.
    """
    return [_profile(each, request) for each in profiles()]


def _rule(rule: RuleInfo, request: Any) -> dict[str, Any]:
    return {
        "id": rule.id,
        "name": rule.name,
        "scope": str(rule.scope),
        "scope_display": str(_SCOPES[rule.scope]),
        "check": rule.check,
        "description": rule.description,
        "sample": rule.sample,
        "profiles": [
            each.name for each in profiles() if rule.id in {*each.device_rules, *each.uni_rules}
        ],
        "links": {"self": address_of("rule-detail", request, id=rule.id)},
    }


def _profile(profile: Profile, request: Any) -> dict[str, Any]:
    switches = SwitchesSerializer().fields
    return {
        "name": profile.name,
        "description": profile.description,
        "is_default": profile.name == get_settings().profile,
        "device_rules": list(profile.device_rules),
        "decision": list(profile.decision),
        "uni_rules": list(profile.uni_rules),
        "switches": {name: getattr(profile, str(name)) for name in switches},
        "links": {"self": address_of("profile-detail", request, name=profile.name)},
    }
