"""From the bytes of a saved configuration to roles, without any device."""

from collections.abc import Sequence

from nornir_tasks.evaluation import Evaluation
from nornir_tasks.platforms import get_platform
from nornir_tasks.rules import RoleException, evaluate
from nornir_tasks.xml import MAX_BYTES, parse_document

__all__ = ["classify"]


def classify(
    data: bytes,
    *,
    source: str = "The document",
    device: str | None = None,
    platform: str = "junos",
    profile: str = "csd",
    capability_policy: str = "any",
    exceptions: Sequence[RoleException] = (),
    limit: int = MAX_BYTES,
) -> tuple[Evaluation, ...]:
    """Judge a saved configuration.

    Args:
        data: The configuration in XML, in whatever wrapper it was saved.
        source: What the document is, to begin an error's sentence with.
        device: Name of the device; None to take the configured host name.
        platform: Whose syntax it is in.
        profile: Which rules to ask; see `nornir_tasks.rules.profiles`.
        capability_policy: `any`, `all` or `none`.
        exceptions: A person's overrides for the device itself, not for its logical systems.
        limit: Largest size in bytes.

    Returns:
        The main system first, then one per logical system.

    Raises:
        PrestageError: The document, or what was asked for, cannot be used; its text says why.
    """
    parser = get_platform(platform)
    main, *logical = parser.facts_from_document(
        device, parse_document(data, limit=limit, source=source)
    )
    return (
        evaluate(main, profile=profile, capability_policy=capability_policy, exceptions=exceptions),
        *(
            evaluate(facts, profile=profile, capability_policy=capability_policy)
            for facts in logical
        ),
    )
