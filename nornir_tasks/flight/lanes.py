"""Which crew works on which hosts of a run."""

import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec

from nornir.core.inventory import Host
from nornir.core.task import Task

from nornir_tasks.flight.flight import Lane
from nornir_tasks.flight.hangar import Hangar
from nornir_tasks.flight.threads import ThreadCrew
from nornir_tasks.interview import Interviewer, interviewer_of
from nornir_tasks.sessions.connection import CONNECTION_NAME
from nornir_tasks.sessions.settings import Engine

__all__ = ["Limits", "make_lanes"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How many hosts a run works on.

    Attributes:
        workers: Hosts at the same time.
        most_workers: The same for hosts on the event loop, while it keeps up with them.
        logins: Hosts that may connect and authenticate at the same time.
    """

    workers: int
    most_workers: int
    logins: int

    def part(self, share: float) -> "Limits":
        """Return the limits of a part of the hosts, at least one of each.

        Args:
            share: From 0 to 1.
        """
        workers, most, logins = (
            max(1, round(limit * share)) for limit in (self.workers, self.most_workers, self.logins)
        )
        return Limits(workers=workers, most_workers=most, logins=logins)


def make_lanes(hangar: Hangar, task: Task, hosts: Sequence[Host], limits: Limits) -> list[Lane]:
    """Give each host to the crew that can work on it; each gets its share of the limits.

    Args:
        hangar: The run.
        task: The task.
        hosts: In the order in which they are to be started.
        limits: Of the whole run.
    """
    interviewer = interviewer_of(task.task)
    on_loop: list[Host] = []
    in_threads: list[Host] = []
    for host in hosts:
        on_loop_too = interviewer is not None and _is_on_loop(host)
        (on_loop if on_loop_too else in_threads).append(host)
    lanes = []
    if in_threads:
        part = limits.part(len(in_threads) / len(hosts))
        lanes.append(_thread_lane(hangar, in_threads, part))
    if interviewer is not None and on_loop:
        part = limits.part(len(on_loop) / len(hosts))
        lanes.append(_loop_lane(hangar, task, on_loop, interviewer, part))
    return lanes


def _thread_lane(hangar: Hangar, hosts: Sequence[Host], limits: Limits) -> Lane:
    lane = Lane(deque(hosts), threading.Semaphore(limits.logins))
    lane.crew = ThreadCrew(hangar, lane, workers=limits.workers)
    return lane


def _loop_lane(
    hangar: Hangar, task: Task, hosts: Sequence[Host], interviewer: Interviewer, limits: Limits
) -> Lane:
    from nornir_tasks.flight.loop import Conduct, LoopCrew  # noqa: PLC0415 - optional package

    lane = Lane(deque(hosts))
    conduct = Conduct(
        interviewer=interviewer,
        parameters=task.params,
        logins=limits.logins,
        least=limits.workers,
        most=limits.most_workers,
        # Other people's processors may wait for whatever they like.
        think_in_threads=bool(task.processors),
    )
    lane.crew = LoopCrew(hangar, lane, conduct)
    return lane


def _is_on_loop(host: Host) -> bool:
    """Whether the host's engine is asyncssh and nothing has to be waited for first."""
    extras = host.get_connection_parameters(CONNECTION_NAME).extras or {}
    # A session that is open already has to be closed before, which only a thread can do.
    on_asyncssh = extras.get("engine") == Engine.ASYNCSSH and _has_asyncssh()
    return on_asyncssh and CONNECTION_NAME not in host.connections


@cache
def _has_asyncssh() -> bool:
    return find_spec("asyncssh") is not None
