"""Ask every rule of a profile about one device and put the answer together."""

from collections.abc import Sequence

from nornir_tasks.evaluation import Evaluation, Role, RuleVerdict
from nornir_tasks.facts import DeviceFacts
from nornir_tasks.rules.decision import Decision, capabilities, decide
from nornir_tasks.rules.device import Finding, Question
from nornir_tasks.rules.exceptions import Overrides, RoleException, read_overrides
from nornir_tasks.rules.loopback import LoopbackChoice, choose_loopback
from nornir_tasks.rules.profiles import Profile, get_policy, get_profile
from nornir_tasks.rules.registry import DEVICE_CHECKS, RULES
from nornir_tasks.rules.uni import judge_interfaces

__all__ = ["evaluate"]

_NAMES = {rule.id: rule.name for rule in RULES}


def evaluate(
    facts: DeviceFacts,
    *,
    profile: str | Profile = "csd",
    capability_policy: str = "any",
    exceptions: Sequence[RoleException] = (),
) -> Evaluation:
    """Judge one device or logical system.

    Every rule is asked, also where an earlier one already decided, so that "why is this device
    not an N-PE?" can always be answered from the result.

    Args:
        facts: What its configuration says.
        profile: Name of a profile, or a profile of your own.
        capability_policy: `any`, `all` or `none` of the service capabilities make an N-PE.
        exceptions: A person's overrides for this device.

    Raises:
        UnknownProfileError: No such profile or policy.
        PrestageError: `bad-request` for an exception that cannot be understood.
    """
    rules = get_profile(profile) if isinstance(profile, str) else profile
    overrides = read_overrides(exceptions)
    choice = choose_loopback(facts)
    question = Question(facts, rules, get_policy(capability_policy), choice)
    findings = {rule: check(question) for rule, check in DEVICE_CHECKS.items()}
    decision = decide(question, findings)
    if overrides.excluded:
        decision = Decision(Role.UNKNOWN, "excluded")
    loopback, alternatives = _loopback(choice, overrides)
    return Evaluation(
        device=facts.device,
        role=decision.role,
        reason=decision.reason,
        loopback=loopback,
        loopback_alternatives=alternatives,
        flags=decision.flags,
        capabilities=capabilities(question),
        rules=tuple(_verdict(rule, findings[rule]) for rule in rules.device_rules),
        interfaces=tuple(judge_interfaces(facts, rules.uni_rules, overrides.interfaces)),
        warnings=(*facts.warnings, *_unmet(facts, choice, overrides)),
        profile=rules.name,
        capability_policy=question.policy.value,
        sources=facts.sources,
        fingerprint=facts.fingerprint,
    )


def _verdict(rule: str, finding: Finding) -> RuleVerdict:
    return RuleVerdict(rule, _NAMES[rule], finding.verdict, finding.reason, finding.evidence)


def _loopback(choice: LoopbackChoice, overrides: Overrides) -> tuple[str | None, tuple[str, ...]]:
    if overrides.loopback is None:
        return choice.address, choice.alternatives
    others = (c.address for c in choice.candidates if c.address != overrides.loopback)
    return overrides.loopback, tuple(others)


def _unmet(facts: DeviceFacts, choice: LoopbackChoice, overrides: Overrides) -> tuple[str, ...]:
    """Return a warning for every exception that names what the device does not have."""
    warnings = []
    if overrides.loopback is not None and overrides.loopback not in {
        candidate.address for candidate in choice.candidates
    }:
        warnings.append("loopback-exception-not-configured")
    if overrides.interfaces:
        known = {interface.name for interface in facts.interfaces}
        unknown = [name for name in overrides.interfaces if name not in known]
        warnings += [f"interface-exception-unknown:{name}" for name in unknown]
    return tuple(warnings)
