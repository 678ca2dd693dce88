"""Read what there is to know about a device, in one session with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from nornir.core.inventory import Host
from nornir.core.task import Task

from nornir_tasks.errors import ErrorCode, PrestageError
from nornir_tasks.facts import DeviceFacts
from nornir_tasks.interview import Answers, Heard, Interview, carry, what_was_heard
from nornir_tasks.knowledge import Known
from nornir_tasks.outcome import Unchanged
from nornir_tasks.platforms import Platform, get_platform
from nornir_tasks.reply import Reply
from nornir_tasks.rules import get_profile
from nornir_tasks.sessions import open_session

__all__ = ["Reading", "interview_device", "read_device"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
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


def interview_device(host: Host, parameters: Mapping[str, Any]) -> Interview:
    """Begin to ask a device for its configuration; see `Interviewer`.

    Args:
        host: The device.
        parameters: `profile` and `known` of `discover_role`.
    """
    platform = get_platform(host.platform)
    get_profile(parameters.get("profile", "csd"))  # before the device is bothered
    return _questions(platform, (parameters.get("known") or {}).get(host.name))


def read_device(task: Task, known: Known | None) -> Reading:
    """Return what the task's device has to say, or had to when somebody has asked it already.

    Args:
        task: Its parameters say what to ask.
        known: An earlier discovery.

    Raises:
        PrestageError: The device could not be read.
    """
    host = task.host.name
    heard = what_was_heard() or _hear(task)
    unchanged = None
    if known is None or not heard.answers.same:
        facts = get_platform(task.host.platform).facts(host, heard.answers.replies)
    elif known.facts is not None:
        facts = known.facts()
    else:
        facts = ()
        unchanged = Unchanged(host, known.fingerprint, heard.asked_at, heard.answered_at)
    return Reading(
        host=host,
        facts=facts,
        started_at=heard.asked_at,
        ended_at=heard.answered_at,
        unchanged=unchanged,
    )


def _hear(task: Task) -> Heard:
    interview = interview_device(task.host, task.params)
    with open_session(task) as session:
        asked_at = datetime.now(UTC)
        answers = carry(interview, session.ask)
        return Heard(answers=answers, asked_at=asked_at, answered_at=datetime.now(UTC))


def _questions(platform: Platform, known: Known | None) -> Interview:
    """Ask, where that can be told cheaply, whether anything is new; then for everything."""
    probe = None if known is None else platform.probe(known.fingerprint)
    if known is not None and probe is not None:
        reply = yield probe
        if _is_same(platform, known.fingerprint, reply):
            return Answers(same=True, replies=())
    replies: tuple[Reply, ...] = ()
    for request in platform.requests():
        replies += ((yield request),)
    return Answers(same=False, replies=replies)


def _is_same(platform: Platform, fingerprint: str, reply: Reply) -> bool:
    """Tell whether the configuration is still the same; no when that cannot be told."""
    try:
        return platform.fingerprint(reply.document()) == fingerprint
    except PrestageError as error:
        if error.code is not ErrorCode.RPC_ERROR:
            raise
    return False
