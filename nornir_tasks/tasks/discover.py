"""Read a device's configuration and recommend a role (prestaging spec, section 2, stage 1)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from lxml import etree
from nornir.core.task import Result, Task

from nornir_tasks.errors import ErrorCode, PrestageError
from nornir_tasks.facts import DeviceFacts
from nornir_tasks.knowledge import Known
from nornir_tasks.outcome import Discovery, Unchanged
from nornir_tasks.platforms import Platform, get_platform
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
    known: Mapping[str, Known] | None = None,
) -> Result:
    """Discover the recommended role and the possible UNIs of one device; changes nothing on it.

    Args:
        task: Nornir's task; the host needs an address, a platform and credentials.
        profile: Name of the rule profile, `csd` or `extended`.
        capability_policy: `any`, `all` or `none` (prestaging spec, section 3, step 4).
        exceptions: People's overrides by device name; a plain sequence holds for every device.
        known: Earlier discoveries by inventory name. Such a device is first asked, where its
            platform knows how, whether its configuration is still that one; if so it is not
            transferred again.

    Returns:
        A result that holds a `Discovery`, or `Unchanged` for a device whose known evaluation still
        holds; when the device could not be read, a failed one that
        holds one sentence, with a `PrestageError` as its exception.
    """
    task.host.data.pop(DISCOVERY, None)
    try:
        reading = _read(task, profile, (known or {}).get(task.host.name))
        found = reading.unchanged or _evaluate(reading, profile, capability_policy, exceptions)
    except PrestageError as error:
        return failed_result(task.host, error)
    if isinstance(found, Discovery):
        task.host.data[DISCOVERY] = found
    return Result(host=task.host, result=found)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """What one session with a device brought.

    Attributes:
        host: Inventory name.
        facts: What there is to evaluate.
        started_at: When the device was asked.
        ended_at: When it had answered.
        unchanged: Said instead of facts when the known evaluation still holds.
    """

    host: str
    facts: tuple[DeviceFacts, ...]
    started_at: datetime
    ended_at: datetime
    unchanged: Unchanged | None = None


def _read(task: Task, profile: str, known: Known | None) -> _Reading:
    host = task.host.name
    platform = get_platform(task.host.platform)
    get_profile(profile)  # before the device is bothered
    with open_session(task) as session:
        started_at = datetime.now(UTC)
        same = known is not None and _still_has(session, platform, known.fingerprint)
        replies = () if same else _replies(session, platform.requests())
        ended_at = datetime.now(UTC)
    unchanged = None
    if known is None or not same:
        facts = platform.facts(host, replies)
    elif known.facts is not None:
        facts = known.facts
    else:
        facts = ()
        unchanged = Unchanged(host, known.fingerprint, started_at, ended_at)
    return _Reading(
        host=host, facts=facts, started_at=started_at, ended_at=ended_at, unchanged=unchanged
    )


def _evaluate(
    reading: _Reading, profile: str, capability_policy: str, exceptions: Exceptions
) -> Discovery:
    evaluations = tuple(
        evaluate(
            part,
            profile=profile,
            capability_policy=capability_policy,
            exceptions=_exceptions_of(part.device, exceptions),
        )
        for part in reading.facts
    )
    return Discovery(reading.host, evaluations, reading.facts, reading.started_at, reading.ended_at)


def _still_has(session: DeviceSession, platform: Platform, fingerprint: str) -> bool:
    """Ask whether the configuration is still the same; no when that cannot be told."""
    probe = platform.probe(fingerprint)
    if probe is None:
        return False
    try:
        return platform.fingerprint(session.rpc(probe)) == fingerprint
    except PrestageError as error:
        if error.code is not ErrorCode.RPC_ERROR:
            raise
    return False


def _replies(
    session: DeviceSession, requests: Sequence[etree._Element]
) -> tuple[etree._Element, ...]:
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
