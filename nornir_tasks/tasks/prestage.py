"""Discover and assign in one go, as a job over the whole inventory does."""

from nornir.core.exceptions import NornirSubTaskError
from nornir.core.task import Result, Task

from nornir_tasks.errors import ErrorCode, PrestageError
from nornir_tasks.interview import interviews
from nornir_tasks.outcome import Discovery
from nornir_tasks.results import explain, failed_result, first_error
from nornir_tasks.tasks.assign import assign_role
from nornir_tasks.tasks.discover import Exceptions, discover_role
from nornir_tasks.tasks.reading import interview_device

__all__ = ["prestage"]


@interviews(interview_device)
def prestage(
    task: Task,
    *,
    profile: str = "csd",
    capability_policy: str = "any",
    exceptions: Exceptions = (),
) -> Result:
    """Run `discover_role` and then `assign_role` as sub tasks of one device.

    Args:
        task: Nornir's task.
        profile: See `discover_role`.
        capability_policy: See `discover_role`.
        exceptions: See `discover_role`.

    Returns:
        A result that holds the `Discovery`; the assignments are the result of the second sub
        task. A failed one with a `PrestageError` when a sub task failed.
    """
    try:
        discovered = task.run(
            discover_role,
            profile=profile,
            capability_policy=capability_policy,
            exceptions=exceptions,
        )
        assigned = task.run(assign_role)
    except NornirSubTaskError as failure:
        return failed_result(task.host, _cause(failure))
    discovery: Discovery = discovered[0].result
    return Result(host=task.host, result=discovery, changed=assigned.changed)


def _cause(failure: NornirSubTaskError) -> PrestageError:
    error = first_error(failure.result)
    if isinstance(error, PrestageError):
        return error
    return PrestageError(ErrorCode.INTERNAL, f"A defect in this software: {explain(failure)}")
