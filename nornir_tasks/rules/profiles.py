"""Profiles: which rules, in which order, with which switches. Data, no code."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from nornir_tasks.errors import ErrorCode, PrestageError

__all__ = [
    "CapabilityPolicy",
    "Profile",
    "UnknownProfileError",
    "get_policy",
    "get_profile",
    "profiles",
]


class UnknownProfileError(PrestageError):
    """There is no profile, or no capability policy, with this name; code `bad-request`."""


class CapabilityPolicy(StrEnum):
    """How many service capabilities make an N-PE: at least one, all three, or not even one."""

    ANY = "any"
    ALL = "all"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Profile:
    """A set of rules.

    Attributes:
        name: E.g. `csd`.
        description: One sentence.
        device_rules: Ids of the device rules, in the order in which they are shown.
        decision: Names of the decision's steps; the first that decides ends it.
        uni_rules: Ids of the interface rules, in the order in which they are asked.
        ipv6_loopback_counts: An IPv6 loopback is enough for rule R3.
        bare_pe_token: The word `PE` alone in a comment names an N-PE.
        infer_ebgp: Where `type` is absent, a `peer-as` other than the local AS means EBGP.
        capabilities_from_services: EVPN signaling and configured services count as capabilities.
    """

    name: str
    description: str
    device_rules: tuple[str, ...]
    decision: tuple[str, ...]
    uni_rules: tuple[str, ...]
    ipv6_loopback_counts: bool = False
    bare_pe_token: bool = True
    infer_ebgp: bool = False
    capabilities_from_services: bool = False


_DEVICE_RULES: Final = ("R1", "R2", "R3", "R4", "R5", "R6")
_UNI_RULES: Final = (
    "management",
    "pseudo",
    "ethernet-port",
    "lag-member",
    "redundant-member",
    "core",
    "global-l3",
    "in-service",
    "free",
    "no-service",
    "disabled",
    "down",
)

_PROFILES: Final = (
    Profile(
        name="csd",
        description="The documented rules of Connectivity Services Director.",
        device_rules=_DEVICE_RULES,
        decision=("loopback", "comment", "ebgp", "capabilities"),
        uni_rules=_UNI_RULES,
    ),
    Profile(
        name="extended",
        description=(
            "Tells AS boundary routers, core routers and customer edges apart, and counts EVPN "
            "and configured services as capabilities."
        ),
        device_rules=_DEVICE_RULES,
        decision=("loopback", "comment", "ebgp-and-mpls", "capabilities", "core-only"),
        uni_rules=_UNI_RULES,
        infer_ebgp=True,
        capabilities_from_services=True,
    ),
)
_BY_NAME: Final = {profile.name: profile for profile in _PROFILES}


def profiles() -> tuple[Profile, ...]:
    """Return every profile, the default one first."""
    return _PROFILES


def get_profile(name: str) -> Profile:
    """Return the profile with this name.

    Raises:
        UnknownProfileError: There is none.
    """
    try:
        return _BY_NAME[name]
    except KeyError:
        raise UnknownProfileError(
            ErrorCode.BAD_REQUEST,
            f"{name!r} is no profile of rules; use one of: {', '.join(_BY_NAME)}.",
        ) from None


def get_policy(name: str) -> CapabilityPolicy:
    """Return the capability policy with this name.

    Raises:
        UnknownProfileError: There is none.
    """
    try:
        return CapabilityPolicy(name)
    except ValueError:
        raise UnknownProfileError(
            ErrorCode.BAD_REQUEST,
            f"{name!r} is no capability policy; use one of: {', '.join(CapabilityPolicy)}.",
        ) from None
