"""What is asked of a device and in which order, apart from who carries it.

A task that only listens before it thinks, such as `discover_role`, says with `interviews` what it
will ask. Then nobody has to wait in a thread: an event loop can hold the interviews of hundreds of
devices, and call each task when its answers are there. Without such a loop the task carries its
interview itself.
"""

from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeAlias, TypeVar, cast

from lxml import etree
from nornir.core.inventory import Host

from nornir_tasks.errors import PrestageError
from nornir_tasks.reply import Reply

__all__ = [
    "Answers",
    "Heard",
    "Interview",
    "Interviewer",
    "carry",
    "having_heard",
    "interviewer_of",
    "interviews",
    "what_was_heard",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What a device said.

    Attributes:
        same: Its configuration is the known one, so it was not asked for it.
        replies: To the platform's requests, in their order.
    """

    same: bool
    replies: tuple[Reply, ...]

    @property
    def size(self) -> int:
        """Bytes that are still to be parsed."""
        return sum(len(reply.message) for reply in self.replies)


Interview: TypeAlias = Generator[etree._Element, Reply, Answers]  # noqa: SLF001 - the stubs' name
"""Yields requests one after the other, is sent the reply to each, and returns the answers."""


class Interviewer(Protocol):
    """Begins an interview with a host."""

    def __call__(self, host: Host, parameters: Mapping[str, Any]) -> Interview:
        """Return the interview.

        Args:
            host: The host.
            parameters: Those that the task was run with.

        Raises:
            PrestageError: The host cannot be interviewed, whatever it would say.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """An interview that is over.

    Attributes:
        answers: What the device said.
        asked_at: When it was asked.
        answered_at: When it had answered.
    """

    answers: Answers
    asked_at: datetime
    answered_at: datetime


_Task = TypeVar("_Task", bound=Callable[..., Any])
_heard: ContextVar[Heard | PrestageError | None] = ContextVar("nornir_tasks_heard", default=None)


def interviews(interviewer: Interviewer) -> Callable[[_Task], _Task]:
    """Declare what a Nornir task will ask its host, and that it asks nothing else."""

    def declare(task: _Task) -> _Task:
        cast("Any", task).interviewer = interviewer
        return task

    return declare


def interviewer_of(task: Callable[..., Any]) -> Interviewer | None:
    """Return what a task was declared to ask; None when it talks to its host by itself."""
    return getattr(task, "interviewer", None)


def carry(interview: Interview, ask: Callable[[etree._Element], Reply]) -> Answers:
    """Carry an interview in this thread.

    Args:
        interview: Has not begun.
        ask: Sends a request and returns the reply.
    """
    try:
        request = next(interview)
        while True:
            request = interview.send(ask(request))
    except StopIteration as end:
        answers: Answers = end.value
        return answers


@contextmanager
def having_heard(heard: Heard | PrestageError) -> Iterator[None]:
    """Run the block's task after its interview.

    Args:
        heard: What came of the interview.
    """
    token = _heard.set(heard)
    try:
        yield
    finally:
        _heard.reset(token)


def what_was_heard() -> Heard | None:
    """Return the interview that was carried for the current task; None when it has to do so itself.

    Raises:
        PrestageError: What ended the interview.
    """
    heard = _heard.get()
    if isinstance(heard, PrestageError):
        raise heard
    return heard
