"""What can be done with one job, as the buttons on the page of its details."""

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AnonymousUser, User
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from prestage_plugin.admin.jobs.actions import Cancel, ForceStop, Reassign, RetryFailed, RunAgain
from prestage_plugin.models import Job
from prestage_plugin.permissions import may_cancel, may_force_stop, may_reassign

__all__ = ["Button", "buttons_for"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """One button.

    Attributes:
        action: Name of the list's action that it sends the job to.
        label: What it says.
        reason: Why it cannot be pressed; empty when it can.
    """

    action: str
    label: Any
    reason: str = ""


def buttons_for(job: Job, user: User | AnonymousUser) -> list[Button]:
    """Return what the user may do with a job as it is now.

    Args:
        job: The job.
        user: Whoever looks.
    """
    return [
        *(_of_ended(job, user) if job.is_terminal else _of_active(job, user)),
        Button(action="export_csv", label=_("Export CSV")),
        Button(action="export_json", label=_("Export JSON")),
    ]


def _of_active(job: Job, user: User | AnonymousUser) -> list[Button]:
    offered = [
        (may_cancel(user, job) and not job.cancelling, Cancel.name, _("Cancel…")),
        (may_force_stop(user, job), ForceStop.name, _("Force stop…")),
        (may_reassign(user, job), Reassign.name, _("Reassign…")),
    ]
    return [Button(action=name, label=label) for may, name, label in offered if may]


def _of_ended(job: Job, user: User | AnonymousUser) -> list[Button]:
    if not RunAgain.is_offered_to(user):
        return []
    retry = ngettext(
        "Retry failed devices (%(count)d)…", "Retry failed devices (%(count)d)…", job.failed
    ) % {"count": job.failed}
    nothing = "" if job.failed else _("No device of this job failed.")
    return [
        Button(action=RetryFailed.name, label=retry, reason=nothing),
        Button(action=RunAgain.name, label=_("Run again…")),
    ]
