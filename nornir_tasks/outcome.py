"""What is left of a host when its work is done: a small frozen value, nothing of Nornir or XML."""

from dataclasses import dataclass
from datetime import datetime

from nornir_tasks.errors import ErrorCode
from nornir_tasks.evaluation import Evaluation
from nornir_tasks.facts import DeviceFacts

__all__ = ["Assignment", "Discovery", "HostError"]


@dataclass(frozen=True, slots=True)
class HostError:
    """Why a host failed: a machine code and one sentence without secrets."""

    code: ErrorCode
    text: str


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
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
