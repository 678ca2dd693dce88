"""Read a device's configuration and recommend a role (prestaging spec, section 2, stage 1)."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from lxml import etree
from nornir.core.task import Result, Task

from nornir_tasks.errors import ErrorCode, PrestageError
from nornir_tasks.outcome import Discovery
from nornir_tasks.platforms import get_platform
from nornir_tasks.results import failed_result
from nornir_tasks.rules import RoleException, evaluate, get_profile
from nornir_tasks.sessions import DeviceSession, open_session

__all__ = ["DISCOVERY", "Exceptions", "discover_role"]

Exceptions = Mapping[str, Sequence[RoleException]] | Sequence[RoleException]
"""People's overrides: by device name (`router` or `router:LS`), or the same for every device."""

DISCOVERY = "prestage_discovery"
"""Key of `host.data` under which the last discovery is kept for `assign_role`."""


def discover_role(
    task: Task,
    *,
    profile: str = "csd",
    capability_policy: str = "any",
    exceptions: Exceptions = (),
) -> Result:
    """Discover the recommended role and the possible UNIs of one device; changes nothing on it.

    Args:
        task: Nornir's task; the host needs an address, a platform and credentials.
        profile: Name of the rule profile, `csd` or `extended`.
        capability_policy: `any`, `all` or `none` (prestaging spec, section 3, step 4).
        exceptions: People's overrides by device name; a plain sequence holds for every device.

    Returns:
        A result that holds a `Discovery`; when the device could not be read, a failed one that
        holds one sentence, with a `PrestageError` as its exception.
    """
    task.host.data.pop(DISCOVERY, None)
    try:
        discovery = _discover(task, profile, capability_policy, exceptions)
    except PrestageError as error:
        return failed_result(task.host, error)
    task.host.data[DISCOVERY] = discovery
    return Result(host=task.host, result=discovery)


def _discover(
    task: Task, profile: str, capability_policy: str, exceptions: Exceptions
) -> Discovery:
    host = task.host.name
    platform = get_platform(task.host.platform)
    get_profile(profile)  # before the device is bothered
    with open_session(task) as session:
        read_started_at = datetime.now(UTC)
        replies = _read(session, platform.requests())
        read_ended_at = datetime.now(UTC)
    facts = platform.facts(host, replies)
    evaluations = tuple(
        evaluate(
            part,
            profile=profile,
            capability_policy=capability_policy,
            exceptions=_exceptions_of(part.device, exceptions),
        )
        for part in facts
    )
    return Discovery(host, evaluations, facts, read_started_at, read_ended_at)


def _read(session: DeviceSession, requests: Sequence[etree._Element]) -> tuple[etree._Element, ...]:
    """Send the requests; the configuration must be answered, the rest only adds to it."""
    configuration, *additions = requests
    replies = [session.rpc(configuration)]
    for request in additions:
        try:
            replies.append(session.rpc(request))
        except PrestageError as error:
            if error.code is not ErrorCode.RPC_ERROR:
                raise
    return tuple(replies)


def _exceptions_of(device: str, exceptions: Exceptions) -> Sequence[RoleException]:
    return exceptions.get(device, ()) if isinstance(exceptions, Mapping) else exceptions
