"""What the details page of a job shows."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from prestage_plugin.admin.badges import DASH, duration, job_state, moment, progress, role, verdict
from prestage_plugin.admin.jobs.buttons import buttons_for
from prestage_plugin.admin.jobs.device_rows import DevicePage, Selection, errors_in, row_of
from prestage_plugin.models import Job, JobDevice
from prestage_plugin.recurrence import recurrence_in_words
from prestage_plugin.sentences import translate_sentence
from prestage_plugin.services.estimate import duration_of, time_left
from prestage_plugin.services.scope import Scope
from prestage_plugin.services.summary import summary_in_words
from prestage_plugin.states import DeviceState

__all__ = ["device_context", "facts_of", "live_context"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """One number of the box score.

    Attributes:
        state: A device state, empty for the total.
        label: Its word.
        count: Number of devices.
        selected: Whether the rows are filtered by it.
    """

    state: str
    label: str
    count: int
    selected: bool


def live_context(job: Job, request: HttpRequest) -> dict[str, Any]:
    """Return the context of the part of the page that changes while the job runs.

    Args:
        job: The job.
        request: Its query string chooses the rows, see `Selection`.
    """
    selection = Selection.from_query(request.GET)
    page = DevicePage.of(job, selection)
    return {
        "job": job,
        "summary": summary_in_words(job),
        "buttons": buttons_for(job, request.user),
        "state_pill": job_state(job),
        "progress": progress(job),
        "boxes": _boxes(job, selection.state),
        "errors": errors_in(job),
        "selection": selection,
        "page": page,
        "times": _times(job),
        "transitions": [
            (moment(each.at), each.get_from_state_display() or DASH, each)
            for each in job.transitions.all()
        ],
    }


def facts_of(job: Job) -> list[tuple[str, str]]:
    """Return what the job was started with, as labels and texts."""
    facts: list[tuple[str, str]] = [
        (_("Job ID"), str(job.pk)),
        (_("Job Type"), str(job.get_job_type_display())),
        (_("Devices"), translate_sentence(Scope.from_json(job.scope).describe())),
        (_("Dry run"), _("yes: nothing is written about the devices") if job.dry_run else _("no")),
        (_("Read everything"), _("yes") if job.read_all else _("no: only what has changed")),
        (_("Rule profile"), job.profile),
        (_("Capability policy"), job.capability_policy),
        (_("Failure threshold"), f"{job.failure_threshold} %"),
        (_("User"), job.username),
        (_("Recurrence"), recurrence_in_words(job.recurrence) or DASH),
    ]
    if job.retry_of_id is not None:
        facts.append((_("Retry of"), _job_link(job.retry_of_id)))
    if job.schedule_id is not None:
        url = reverse("admin:prestage_schedule_change", args=[job.schedule_id])
        text = _("Occurrence #%(number)s") % {"number": job.occurrence}
        facts.append((_("Schedule"), format_html('<a href="{}">{}</a>', url, text)))
    return facts


def device_context(row: JobDevice) -> dict[str, Any]:
    """Return the context of the page that says why a device got its role.

    Args:
        row: The device within a job.
    """
    return {
        "job": row.job,
        "row": row_of(row),
        # The device's own, then those of its logical systems.
        "evaluations": [
            (
                role(each["role"], confirmed=each["role"] == row.role_assigned),
                [(verdict(rule["verdict"]), rule) for rule in each["rules"]],
                each,
            )
            for each in row.evidence
        ],
    }


def _times(job: Job) -> list[tuple[str, SafeString]]:
    now = timezone.now()
    times = [
        (_("Scheduled Start Time"), moment(job.scheduled_for)),
        (_("Actual Start Time"), moment(job.started_at)),
        (_("End Time"), moment(job.ended_at)),
        (_("Duration"), duration(duration_of(job, now=now))),
    ]
    left = time_left(job, now=now)
    if left is not None:
        about = format_html("{} {}", _("about"), duration(left))
        times.append((_("Time left"), about))
    return times


def _counts(job: Job) -> dict[str, int]:
    """Return the number of devices by state; the total under the empty key."""
    # Nothing runs in a job that has ended, so only an active one is asked.
    running = 0
    if not job.is_terminal:
        running = job.devices.filter(state=DeviceState.RUNNING).count()
    counts: dict[str, int] = {"": job.total}
    counts[DeviceState.QUEUED] = job.total - job.finished - job.cancelled - running
    counts[DeviceState.RUNNING] = running
    for state in (*DeviceState.finished(), DeviceState.CANCELLED):
        counts[state] = getattr(job, state)
    return counts


def _boxes(job: Job, selected: str) -> list[Box]:
    counts = _counts(job)
    labels: dict[str, str] = {"": _("All")} | {str(s): str(s.label) for s in DeviceState}
    return [
        Box(state=state, label=label, count=counts[state], selected=state == selected)
        for state, label in labels.items()
    ]


def _job_link(number: int) -> SafeString:
    url = reverse("admin:prestage_job_change", args=[number])
    return format_html('<a href="{}">#{}</a>', url, number)
