"""What is left of a host when its work is done: a small frozen value, nothing of Nornir or XML."""

from dataclasses import dataclass
from datetime import datetime

from nornir.core.task import MultiResult

from nornir_tasks.cancel import HostNotStartedError
from nornir_tasks.errors import ErrorCode, PrestageError
from nornir_tasks.evaluation import Evaluation
from nornir_tasks.facts import DeviceFacts
from nornir_tasks.results import explain, first_error

__all__ = [
    "Assignment",
    "Assignments",
    "Discovery",
    "HostError",
    "NotStarted",
    "Outcome",
    "Unchanged",
    "outcome_of",
]


@dataclass(frozen=True, slots=True)
class HostError:
    """Why a host failed: a machine code and one sentence without secrets."""

    code: ErrorCode
    text: str


@dataclass(frozen=True, slots=True)
class NotStarted:
    """The run was cancelled before this host was started; it did not fail.

    Attributes:
        host: Inventory name.
    """

    host: str


@dataclass(frozen=True, slots=True)
class Unchanged:
    """The device still has the configuration that the caller knows, and its evaluation holds.

    Attributes:
        host: Inventory name.
        fingerprint: Of that configuration.
        read_started_at: When the device was asked, UTC.
        read_ended_at: When it had answered, UTC.
    """

    host: str
    fingerprint: str
    read_started_at: datetime
    read_ended_at: datetime

    def __str__(self) -> str:
        return f"{self.host}: unchanged"


@dataclass(frozen=True, slots=True, repr=False)
class Discovery:
    """Result of `discover_role` for one host.

    Attributes:
        host: Inventory name.
        evaluations: The main system first, then one per logical system.
        facts: What the evaluations were made from, in the same order.
        read_started_at: When the read of the configuration began, UTC.
        read_ended_at: When it was complete, UTC.
    """

    host: str
    evaluations: tuple[Evaluation, ...]
    facts: tuple[DeviceFacts, ...]
    read_started_at: datetime
    read_ended_at: datetime

    @property
    def main(self) -> Evaluation:
        """The evaluation of the device itself."""
        return self.evaluations[0]

    def __str__(self) -> str:
        return "\n".join(_line(evaluation) for evaluation in self.evaluations)

    # What nornir-utils' print_result shows of a result.
    __repr__ = __str__


Outcome = Discovery | Unchanged | HostError | NotStarted
"""What a run leaves of one host."""


@dataclass(frozen=True, slots=True, repr=False)
class Assignment:
    """Result of `assign_role`: the decision that was recorded for one device.

    Attributes:
        device: Inventory name, or `router:LS`.
        role_before: The role that was assigned before; None when there was none.
        role: The role that is assigned now; None when none could be (UNKNOWN).
        reason: One sentence.
    """

    device: str
    role_before: str | None
    role: str | None
    reason: str

    def __str__(self) -> str:
        return f"{self.device}: {self.role or 'not assigned'} ({self.reason})"

    __repr__ = __str__


class Assignments(tuple[Assignment, ...]):
    """What `assign_role` decided: the device first, then its logical systems; a line for each."""

    __slots__ = ()

    def __str__(self) -> str:
        return "\n".join(map(str, self))

    __repr__ = __str__


def outcome_of(host: str, multi_result: MultiResult) -> Outcome:
    """Return what a run of `discover_role` or `prestage` left of one host.

    Args:
        host: Inventory name.
        multi_result: What the runner handed over for it.

    Returns:
        The discovery, or that nothing has changed; or why the host failed, with the code
        `internal` for a defect; or that it was never started. A host whose discovery worked and
        whose assignment failed has failed.
    """
    error = first_error(multi_result)
    if isinstance(error, HostNotStartedError):
        return NotStarted(host)
    if isinstance(error, PrestageError):
        return HostError(error.code, error.text)
    if error is not None:
        return HostError(ErrorCode.INTERNAL, f"A defect in this software: {explain(error)}")
    for result in multi_result:
        if isinstance(result.result, Discovery | Unchanged):
            return result.result
    return HostError(ErrorCode.INTERNAL, f"The task left no discovery of {host}.")


def _line(evaluation: Evaluation) -> str:
    parts = [
        f"{evaluation.device}: {evaluation.role}",
        f"({evaluation.reason})",
        f"loopback {evaluation.loopback or 'none'}",
    ]
    if evaluation.capabilities:
        parts.append("capabilities " + ", ".join(evaluation.capabilities))
    parts.append(f"UNI {evaluation.uni_count} of {len(evaluation.interfaces)} interfaces")
    return " ".join(parts)
