"""What a device's configuration says, free of any platform's syntax (prestaging spec, 3)."""

from nornir_tasks.facts.documents import evidence_to_dicts, facts_from_dict, facts_to_dict
from nornir_tasks.facts.model import (
    BgpGroup,
    BgpNeighbor,
    Comment,
    DeviceFacts,
    Evidence,
    InterfaceFacts,
    LoopbackAddress,
    ServiceInstance,
    UnitFacts,
)

__all__ = [
    "BgpGroup",
    "BgpNeighbor",
    "Comment",
    "DeviceFacts",
    "Evidence",
    "InterfaceFacts",
    "LoopbackAddress",
    "ServiceInstance",
    "UnitFacts",
    "evidence_to_dicts",
    "facts_from_dict",
    "facts_to_dict",
]
