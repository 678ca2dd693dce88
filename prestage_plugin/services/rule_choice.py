"""By which rules devices are judged: a profile and a capability policy, the site's by default."""

from dataclasses import dataclass

from nornir_tasks.errors import PrestageError
from nornir_tasks.rules import CapabilityPolicy, get_profile
from prestage_plugin.conf import get_settings
from prestage_plugin.errors import Refused

__all__ = ["RuleChoice", "choose_rules"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleChoice:
    """By which rules devices are judged.

    Attributes:
        profile: Name of the profile.
        capability_policy: `any`, `all` or `none`.
    """

    profile: str
    capability_policy: str


def choose_rules(*, profile: str = "", capability_policy: str = "") -> RuleChoice:
    """Return the rules that are asked for.

    Args:
        profile: Name of the profile; the site's when empty.
        capability_policy: `any`, `all` or `none`; the site's when empty.

    Raises:
        Refused: `unknown-profile` or `bad-policy`.
    """
    site = get_settings()
    profile = profile or site.profile
    try:
        get_profile(profile)
    except PrestageError as error:
        raise Refused("unknown-profile", error.text) from error
    policy = capability_policy or site.capability_policy
    if policy not in list(CapabilityPolicy):
        raise Refused(
            "bad-policy", f"The capability policy is one of {', '.join(CapabilityPolicy)}."
        )
    return RuleChoice(profile=profile, capability_policy=policy)
