"""Numbers about jobs, devices and failures: a handful of queries, whatever there is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Count, Q, Sum
from django.utils import timezone

from prestage_plugin.models import Device, Job, JobDevice, UnknownSender, Worker
from prestage_plugin.services.health import SEEN_WITHIN
from prestage_plugin.services.listeners import count_running_listeners
from prestage_plugin.states import JobState, RoleChoice

__all__ = [
    "DeviceCounts",
    "RunningCounts",
    "SenderCounts",
    "count_devices",
    "count_failures",
    "count_jobs",
    "count_jobs_between",
    "count_running",
    "count_senders",
]


_CONFIRMABLE = (RoleChoice.N_PE, RoleChoice.P)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceCounts:
    """Devices and logical systems of the inventory.

    Attributes:
        recommended: By recommended role; empty for those that were never evaluated.
        assigned: By assigned role; empty for none.
        unassigned: Those without an assigned role by recommended role, as the bars of the
            discovery status show them (prestaging spec, section 2).
        drifted: Whose configuration does not support the assigned role any more.
    """

    recommended: Mapping[str, int]
    assigned: Mapping[str, int]
    unassigned: Mapping[str, int]
    drifted: int

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.assigned.values())

    @property
    def unconfirmed(self) -> int:
        """Those with a recommendation that nobody has confirmed."""
        return sum(count for role, count in self.unassigned.items() if role)

    @property
    def assignable(self) -> int:
        """Of these, those that can be confirmed: with another than UNKNOWN."""
        return sum(self.unassigned[role] for role in _CONFIRMABLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderCounts:
    """Senders whose events fit no device, and their events."""

    senders: int
    events: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningCounts:
    """Processes that showed a sign of life not long ago."""

    workers: int
    draining: int
    listeners: int


def count_jobs(*, user: User | AnonymousUser, since: datetime, until: datetime) -> dict[str, int]:
    """Return the jobs that the user may see by state: those of a time, and all that are active.

    Args:
        user: Who asks.
        since: Jobs that were scheduled for this time or later.
        until: And earlier than this.
    """
    wanted = Q(state__in=JobState.active()) | Q(scheduled_for__gte=since, scheduled_for__lt=until)
    jobs = Job.objects.visible_to(user).filter(wanted).order_by()
    found = dict(jobs.values_list("state").annotate(count=Count("pk")))
    return {str(state): found.get(state, 0) for state in JobState}


def count_jobs_between(
    *, user: User | AnonymousUser, moments: Sequence[datetime]
) -> list[dict[str, int]]:
    """Return the jobs that the user may see by state, for each span from one moment to the next.

    One query over the index of the scheduled starts, whatever the database thinks of time zones.

    Args:
        user: Who asks.
        moments: In their order; the last one ends the last span.
    """
    spans = list(pairwise(moments))
    counts = {
        f"span{number}": Count("pk", filter=Q(scheduled_for__gte=since, scheduled_for__lt=until))
        for number, (since, until) in enumerate(spans)
    }
    jobs = Job.objects.visible_to(user).filter(
        scheduled_for__gte=moments[0], scheduled_for__lt=moments[-1]
    )
    rows = jobs.order_by().values("state").annotate(**counts).values_list("state", *counts)
    found = {state: numbers for state, *numbers in rows}
    return [
        {str(state): found[state][number] if state in found else 0 for state in JobState}
        for number in range(len(spans))
    ]


def count_failures(
    *, user: User | AnonymousUser, since: datetime, until: datetime
) -> dict[str, int]:
    """Return how often devices failed by error code, the most frequent first.

    Args:
        user: Who asks; only jobs that this user may see count.
        since: Of jobs that were scheduled for this time or later.
        until: And earlier than this.
    """
    jobs = Job.objects.visible_to(user).filter(scheduled_for__gte=since, scheduled_for__lt=until)
    # "Greater than nothing" is a range of the index, and "not nothing" is none.
    failed = JobDevice.objects.filter(job__in=jobs, error_code__gt="").order_by()
    found = failed.values_list("error_code").annotate(count=Count("pk"))
    return dict(sorted(found, key=lambda each: (-each[1], each[0])))


def count_devices() -> DeviceCounts:
    """Return the devices by role."""
    recommended = dict.fromkeys(["", *RoleChoice.values], 0)
    unassigned = dict.fromkeys(recommended, 0)
    assigned = dict.fromkeys(["", RoleChoice.N_PE.value, RoleChoice.P.value], 0)
    drifted = 0
    rows = (
        Device.objects.filter(in_inventory=True)
        .order_by()
        .values_list("recommended_role", "assigned_role")
        .annotate(count=Count("pk"))
    )
    for found, given, count in rows:
        recommended[found] += count
        assigned[given] += count
        unassigned[found] += 0 if given else count
        drifted += count if found and given and found != given else 0
    return DeviceCounts(
        recommended=recommended, assigned=assigned, unassigned=unassigned, drifted=drifted
    )


def count_senders() -> SenderCounts:
    """Return how many senders are not known, and their events."""
    found = UnknownSender.objects.aggregate(senders=Count("pk"), events=Sum("events"))
    return SenderCounts(senders=found["senders"], events=found["events"] or 0)


def count_running() -> RunningCounts:
    """Return how many processes run."""
    alive = Worker.objects.filter(seen_at__gte=timezone.now() - SEEN_WITHIN)
    found = alive.aggregate(all=Count("pk"), draining=Count("pk", filter=Q(draining=True)))
    return RunningCounts(
        workers=found["all"], draining=found["draining"], listeners=count_running_listeners()
    )
