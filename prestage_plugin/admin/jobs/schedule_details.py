"""What the page of a schedule shows."""

from typing import Any

from django.contrib.auth.models import AnonymousUser, User
from django.utils import timezone
from django.utils.translation import gettext as _

from prestage_plugin.admin.badges import job_state, moment, progress
from prestage_plugin.admin.jobs.actions.cancel_series import CancelSeries
from prestage_plugin.admin.jobs.actions.pause_series import PauseSeries, ResumeSeries
from prestage_plugin.admin.jobs.recurrence_form import next_times
from prestage_plugin.errors import Refused
from prestage_plugin.models import Job, Schedule
from prestage_plugin.permissions import may_cancel, may_cancel_schedule, may_change_schedule
from prestage_plugin.recurrence import Recurrence
from prestage_plugin.sentences import translate_sentence
from prestage_plugin.services.scope import Scope
from prestage_plugin.services.summary import summary_in_words
from prestage_plugin.states import ScheduleState

__all__ = ["details_context"]

_LATEST = 20


def details_context(schedule: Schedule, *, user: User | AnonymousUser) -> dict[str, Any]:
    """Return what it repeats, when it runs next, and its latest jobs.

    Args:
        schedule: The schedule.
        user: Whoever looks; jobs of others are left out when they may not be seen.
    """
    jobs = list(Job.objects.visible_to(user).filter(schedule=schedule).order_by("-id")[:_LATEST])
    active = schedule.state == ScheduleState.ACTIVE
    waiting = [job for job in jobs if not job.is_terminal and job.planned_at is None]
    return {
        "schedule": schedule,
        "times": _next_times(schedule) if active else [],
        "buttons": _buttons(schedule, user),
        "waiting": next((job for job in waiting if may_cancel(user, job)), None),
        "jobs": [
            (
                job,
                job_state(job),
                progress(job),
                moment(job.scheduled_for),
                moment(job.ended_at),
                summary_in_words(job),
            )
            for job in jobs
        ],
        "facts": [
            (_("Job Type"), schedule.get_job_type_display()),
            (_("Devices"), translate_sentence(Scope.from_json(schedule.scope).describe())),
            (_("Dry run"), _("yes") if schedule.dry_run else _("no")),
            (_("Read everything"), _("yes") if schedule.read_all else _("no")),
            (_("Rule profile"), schedule.profile),
            (_("Capability policy"), schedule.capability_policy),
            (_("Failure threshold"), f"{schedule.failure_threshold} %"),
            (_("User"), schedule.username),
            (_("Created"), moment(schedule.created_at)),
            (_("Jobs so far"), str(schedule.occurrences)),
        ],
    }


def _buttons(schedule: Schedule, user: User | AnonymousUser) -> list[tuple[str, str]]:
    """Return actions and their words."""
    change = may_change_schedule(user, schedule)
    offered = {
        ScheduleState.ACTIVE: (change, PauseSeries.name, _("Pause…")),
        ScheduleState.PAUSED: (change, ResumeSeries.name, _("Resume…")),
    }.get(ScheduleState(schedule.state))
    if offered is None:
        return []
    cancel = (may_cancel_schedule(user, schedule), CancelSeries.name, _("Cancel the whole series…"))
    return [(name, label) for may, name, label in (cancel, offered) if may]


def _next_times(schedule: Schedule) -> list[str]:
    try:
        rule = Recurrence.from_json(schedule.recurrence)
    except Refused:
        return []
    return next_times(rule, after=timezone.now())
