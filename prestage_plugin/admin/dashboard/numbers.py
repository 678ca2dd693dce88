"""What the dashboard says, as far as whoever looks may see it: a fixed number of queries."""

from datetime import datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.models import AnonymousUser, User
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from nornir_tasks.errors import REGISTRY, ErrorCode
from prestage_plugin.admin.badges import job_state, moment, pill, progress
from prestage_plugin.admin.dashboard.charts import Columns, Segment, Share, shares, stacked_columns
from prestage_plugin.models import Job
from prestage_plugin.permissions import may_run, may_view_jobs
from prestage_plugin.sentences import translate_sentence
from prestage_plugin.services.health import HealthStatus, health
from prestage_plugin.services.statistics import (
    DeviceCounts,
    count_devices,
    count_failures,
    count_jobs,
    count_jobs_between,
)
from prestage_plugin.states import JobState, RoleChoice

__all__ = ["box_context", "dashboard_context", "live_context"]

_DAYS = 7
_SHOWN = 5
"""Jobs and error codes of each list."""

_MINUTE = "%Y-%m-%dT%H:%M"
"""As the filter of the list of jobs reads it, in the zone of the page."""

_HEALTH_WORDS = {
    HealthStatus.OK: ("success", gettext_noop("ok")),
    HealthStatus.DEGRADED: ("drift", gettext_noop("degraded")),
    HealthStatus.DOWN: ("failure", gettext_noop("down")),
}
"""Colour and word of each status."""

_ORDER = (
    JobState.SUCCESS,
    JobState.FAILURE,
    JobState.CANCELLED,
    JobState.IN_PROGRESS,
    JobState.SCHEDULED,
)
"""Of the parts of a column, from the bottom to the top."""


def dashboard_context(user: User | AnonymousUser) -> dict[str, Any]:
    """Return jobs, devices, failures and health; what the user may not see is left out.

    Args:
        user: Whoever looks.
    """
    context = live_context(user)
    if _may_view_devices(user):
        context |= _devices(count_devices())
    if may_view_jobs(user):
        days = _last_days()
        context |= _failures(user, days[0], days[-1]) | {"week": _week(user, days)}
    return context


def live_context(user: User | AnonymousUser) -> dict[str, Any]:
    """Return what changes from moment to moment: jobs that are active, and health.

    What is counted over days is left out: it costs more the more jobs there are.

    Args:
        user: Whoever looks.
    """
    context: dict[str, Any] = {"live": False}
    if may_view_jobs(user):
        context |= _jobs(user) | {"may_run": may_run(user)}
    if user.has_perm("prestage.view_job"):
        context |= _health()
    return context


def box_context(user: User | AnonymousUser) -> dict[str, Any]:
    """Return the few numbers of the box on the admin's index.

    Args:
        user: Whoever looks.
    """
    context: dict[str, Any] = {}
    if _may_view_devices(user):
        context |= _devices(count_devices())
    if may_view_jobs(user):
        context["counts"] = _job_counts(user)
    return context


def _may_view_devices(user: User | AnonymousUser) -> bool:
    return user.has_perm("prestage.view_device") or user.has_perm("prestage.change_device")


def _jobs(user: User | AnonymousUser) -> dict[str, Any]:
    seen = Job.objects.visible_to(user)
    running = list(seen.filter(state=JobState.IN_PROGRESS).order_by("-id")[:_SHOWN])
    # Those that are due and wait for a worker as well.
    waiting = list(seen.filter(state=JobState.SCHEDULED).order_by("scheduled_for", "id")[:_SHOWN])
    return {
        "counts": _job_counts(user),
        "running": [(job, job_state(job), progress(job)) for job in running],
        "waiting": [(job, moment(job.scheduled_for)) for job in waiting],
        "live": bool(running or waiting),
    }


def _job_counts(user: User | AnonymousUser) -> list[Share]:
    """Return the jobs that are active now, and those of the last day by how they ended."""
    # Whole minutes, so that the list that a number leads to has as many rows.
    until = timezone.localtime().replace(second=0, microsecond=0) + timedelta(minutes=1)
    since = until - timedelta(days=1)
    found = count_jobs(user=user, since=since, until=until)
    jobs = reverse("admin:prestage_job_changelist")
    span = urlencode({"from": since.strftime(_MINUTE), "to": until.strftime(_MINUTE)})
    return [
        Share(
            key=str(state),
            label=str(state.label),
            count=found[state],
            url=f"{jobs}?state__exact={state}" + ("" if state in JobState.active() else f"&{span}"),
        )
        for state in JobState
    ]


def _devices(counts: DeviceCounts) -> dict[str, Any]:
    devices = reverse("admin:prestage_device_changelist")
    there = f"{devices}?in_inventory__exact=1"
    return {
        "devices": counts,
        "roles": _roles(counts, there),
        "unconfirmed_url": f"{there}&assigned_role__exact=&recommended_role__in=N-PE,P",
        "drift_url": f"{there}&drift=yes",
        "devices_url": devices,
    }


def _roles(counts: DeviceCounts, url: str) -> list[Segment]:
    words = {each.value: str(each.label) for each in RoleChoice} | {"": _("Not evaluated")}
    return shares(
        [
            Share(
                key=role.lower() or "none",
                label=word,
                count=counts.recommended[role],
                url=f"{url}&recommended_role__exact={role}",
            )
            for role, word in words.items()
        ]
    )


def _failures(user: User | AnonymousUser, since: datetime, until: datetime) -> dict[str, Any]:
    found = list(count_failures(user=user, since=since, until=until).items())
    return {
        "failures": [(code, count, *_meaning(code)) for code, count in found[:_SHOWN]],
        "more_failures": sum(count for _code, count in found[_SHOWN:]),
        "most_failures": max((count for _code, count in found), default=0),
    }


def _meaning(code: str) -> tuple[str, str]:
    """Return what an error code means and what to do about it."""
    if code not in set(ErrorCode):
        return "", ""
    info = REGISTRY[ErrorCode(code)]
    return translate_sentence(info.meaning), translate_sentence(info.action)


def _last_days() -> list[datetime]:
    """Return the midnights of the last days in the zone of the page, tomorrow's included."""
    zone = timezone.get_current_timezone()
    today = timezone.localtime().date()
    dates = (today - timedelta(days=_DAYS - 1 - number) for number in range(_DAYS + 1))
    return [datetime.combine(date, time(), tzinfo=zone) for date in dates]


def _week(user: User | AnonymousUser, days: list[datetime]) -> Columns:
    found = count_jobs_between(user=user, moments=days)
    labels = [date_format(day, "D j") for day in days]
    words = {str(state): str(state.label) for state in _ORDER}
    return stacked_columns(list(zip(labels, found, strict=False)), words)


def _health() -> dict[str, Any]:
    found = health()
    return {
        "health": _status(found.status),
        "checks": [(_status(check.status), check) for check in found.checks],
        "is_well": found.status is HealthStatus.OK,
    }


def _status(status: HealthStatus) -> SafeString:
    kind, word = _HEALTH_WORDS[status]
    return pill(kind, _(word))
