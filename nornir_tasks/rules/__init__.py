"""The rules: from facts to a role with evidence (prestaging spec, sections 3 and 4).

To add a rule: one function (in `device` or `uni`), its entry in `registry`, and its id in the
profiles that use it.
"""

from nornir_tasks.rules.engine import evaluate
from nornir_tasks.rules.exceptions import ExceptionKind, RoleException
from nornir_tasks.rules.identity import rules_key
from nornir_tasks.rules.profiles import (
    CapabilityPolicy,
    Profile,
    UnknownProfileError,
    get_profile,
    profiles,
)
from nornir_tasks.rules.registry import RULES, RuleInfo, RuleScope

__all__ = [
    "RULES",
    "CapabilityPolicy",
    "ExceptionKind",
    "Profile",
    "RoleException",
    "RuleInfo",
    "RuleScope",
    "UnknownProfileError",
    "evaluate",
    "get_profile",
    "profiles",
    "rules_key",
]
