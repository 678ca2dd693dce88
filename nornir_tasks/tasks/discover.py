"""Read a device's configuration and recommend a role (prestaging spec, section 2, stage 1)."""

from collections.abc import Mapping, Sequence

from nornir.core.task import Result, Task

from nornir_tasks.errors import PrestageError
from nornir_tasks.interview import interviews
from nornir_tasks.knowledge import Known
from nornir_tasks.outcome import Discovery
from nornir_tasks.results import failed_result
from nornir_tasks.rules import RoleException, evaluate
from nornir_tasks.tasks.reading import Reading, interview_device, read_device

__all__ = ["DISCOVERY", "Exceptions", "discover_role"]

Exceptions = Mapping[str, Sequence[RoleException]] | Sequence[RoleException]
"""People's overrides: by device name (`router` or `router:LS`), or the same for every device."""

DISCOVERY = "prestage_discovery"
"""Key of `host.data` under which the last discovery is kept for `assign_role`."""


@interviews(interview_device)
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
        reading = read_device(task, (known or {}).get(task.host.name))
        found = reading.unchanged or _evaluate(reading, profile, capability_policy, exceptions)
    except PrestageError as error:
        return failed_result(task.host, error)
    if isinstance(found, Discovery):
        task.host.data[DISCOVERY] = found
    return Result(host=task.host, result=found)


def _evaluate(
    reading: Reading, profile: str, capability_policy: str, exceptions: Exceptions
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


def _exceptions_of(device: str, exceptions: Exceptions) -> Sequence[RoleException]:
    return exceptions.get(device, ()) if isinstance(exceptions, Mapping) else exceptions
