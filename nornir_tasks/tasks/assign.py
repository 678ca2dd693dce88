"""Confirm the recommended roles of a device (prestaging spec, section 2, stage 3)."""

from nornir.core.inventory import Host
from nornir.core.task import Result, Task

from nornir_tasks.errors import ErrorCode, PrestageError
from nornir_tasks.evaluation import Evaluation, Role
from nornir_tasks.outcome import Assignment, Assignments, Discovery
from nornir_tasks.results import failed_result
from nornir_tasks.tasks.discover import DISCOVERY

__all__ = ["ASSIGNED_LOOPBACK", "ASSIGNED_ROLE", "ASSIGNED_ROLES", "assign_role"]

ASSIGNED_ROLE = "assigned_role"
"""Key of `host.data`: the role of the device itself, `N-PE` or `P`."""
ASSIGNED_LOOPBACK = "assigned_loopback"
"""Key of `host.data`: the loopback address that the role was assigned with."""
ASSIGNED_ROLES = "assigned_roles"
"""Key of `host.data`: the role of the device and of each logical system, by `router:LS` name."""


def assign_role(task: Task) -> Result:
    """Record the recommended roles of one device as assigned; writes nothing to the device.

    The decision is kept in `host.data` under `assigned_role`, `assigned_loopback` and
    `assigned_roles`. UNKNOWN is never assigned. A role that is assigned already is never touched,
    even when the recommendation differs (that is drift). In a dry run nothing is recorded.

    Args:
        task: Nornir's task; `discover_role` must have worked for the host in this process.

    Returns:
        `Assignments`: one for the device and one for each logical system; or a
        failed result with the code `not-discovered` when there is no discovery.
    """
    discovery = task.host.data.get(DISCOVERY)
    if not isinstance(discovery, Discovery):
        text = f"{task.host.name} was not discovered; run discover_role first."
        return failed_result(task.host, PrestageError(ErrorCode.NOT_DISCOVERED, text))
    known = _assigned(task.host)
    assignments = Assignments(
        _decide(evaluation, known.get(evaluation.device)) for evaluation in discovery.evaluations
    )
    changed = any(assignment.role != assignment.role_before for assignment in assignments)
    if changed and not task.is_dry_run():
        _record(task.host, discovery, assignments)
    return Result(host=task.host, result=assignments, changed=changed)


def _assigned(host: Host) -> dict[str, str]:
    known = dict(host.data.get(ASSIGNED_ROLES, {}))
    if host.data.get(ASSIGNED_ROLE):
        known[host.name] = host.data[ASSIGNED_ROLE]
    return known


def _decide(evaluation: Evaluation, before: str | None) -> Assignment:
    recommended = str(evaluation.role)
    if before is not None:
        drift = "" if before == recommended else f"; discovery now recommends {recommended}"
        return Assignment(evaluation.device, before, before, f"was assigned before{drift}")
    if evaluation.role is Role.UNKNOWN:
        reason = f"no role could be recommended: {evaluation.reason}"
        return Assignment(evaluation.device, None, None, reason)
    return Assignment(evaluation.device, None, recommended, f"recommended: {evaluation.reason}")


def _record(host: Host, discovery: Discovery, assignments: Assignments) -> None:
    host.data[ASSIGNED_ROLES] = {
        assignment.device: assignment.role for assignment in assignments if assignment.role
    }
    main = assignments[0]
    if main.role is not None and main.role_before is None:
        host.data[ASSIGNED_ROLE] = main.role
        host.data[ASSIGNED_LOOPBACK] = discovery.main.loopback
