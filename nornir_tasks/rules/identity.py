"""Which rules an evaluation was made by, as a short key that is equal for equal rules."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.metadata import version

from nornir_tasks.rules.exceptions import RoleException

__all__ = ["rules_key"]


def rules_key(
    *,
    profile: str,
    capability_policy: str,
    exceptions: Mapping[str, Sequence[RoleException]],
) -> str:
    """Return a digest of everything but the facts that an evaluation depends on.

    The version of this software counts as well: a newer one may judge otherwise.

    Args:
        profile: Name of the rule profile.
        capability_policy: `any`, `all` or `none`.
        exceptions: People's overrides by name, of the device and of its logical systems.
    """
    overrides = sorted(
        [name, str(each.kind), each.value] for name, some in exceptions.items() for each in some
    )
    document = [_version(), profile, capability_policy, overrides]
    return hashlib.sha256(json.dumps(document).encode()).hexdigest()


@cache
def _version() -> str:
    return version("prestage-plugin")
