"""What the details page of a job shows."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from nornir_tasks.errors import REGISTRY, ErrorCode
from prestage_plugin.admin.badges import DASH, device_state, job_state, moment, progress, role
from prestage_plugin.models import Job, JobDevice
from prestage_plugin.services.scope import Scope
from prestage_plugin.states import DeviceState

__all__ = ["facts_of", "live_context"]

PAGE_SIZE = 50


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A device row with the pieces of HTML that the table needs."""

    device: JobDevice
    state: str
    role_before: str
    recommended: str
    assigned: str
    advice: str
    started: str
    ended: str


if TYPE_CHECKING:
    _Paginator = Paginator[JobDevice]
else:
    _Paginator = Paginator


class _KnownCountPaginator(_Paginator):
    """A paginator that is told how many rows there are: the job has counted them."""

    def __init__(self, rows: QuerySet[JobDevice], *, count: int) -> None:
        super().__init__(rows, PAGE_SIZE)
        self._known = count

    @cached_property
    def count(self) -> int:
        return self._known


def live_context(job: Job, request: HttpRequest) -> dict[str, Any]:
    """Return the context of the part of the page that changes while the job runs.

    Args:
        job: The job.
        request: Its query string filters the rows (`state`) and chooses the page (`page`).
    """
    counts = _counts(job)
    wanted = request.GET.get("state", "")
    state = wanted if wanted in DeviceState.values else ""
    page = _page(job, state, counts[state], request.GET.get("page", "1"))
    return {
        "job": job,
        "state_pill": job_state(job),
        "progress": progress(job),
        "boxes": _boxes(counts, state),
        "state": state,
        "page": page,
        "rows": [_row(device) for device in page.object_list],
        "page_range": page.paginator.get_elided_page_range(page.number),
        "ellipsis": page.paginator.ELLIPSIS,
        "times": [
            (_("Scheduled Start Time"), moment(job.scheduled_for)),
            (_("Actual Start Time"), moment(job.started_at)),
            (_("End Time"), moment(job.ended_at)),
        ],
        "transitions": [
            (moment(each.at), each.get_from_state_display() or DASH, each)
            for each in job.transitions.all()
        ],
    }


def facts_of(job: Job) -> list[tuple[str, str]]:
    """Return what the job was started with, as labels and texts."""
    facts = [
        (_("Job ID"), str(job.pk)),
        (_("Job Type"), str(job.get_job_type_display())),
        (_("Devices"), Scope.from_json(job.scope).describe()),
        (_("Dry run"), _("yes: nothing is written about the devices") if job.dry_run else _("no")),
        (_("Read everything"), _("yes") if job.read_all else _("no: only what has changed")),
        (_("Rule profile"), job.profile),
        (_("Capability policy"), job.capability_policy),
        (_("Failure threshold"), f"{job.failure_threshold} %"),
        (_("User"), job.username),
        (_("Recurrence"), job.recurrence or DASH),
    ]
    if job.retry_of_id is not None:
        facts.append((_("Retry of"), f"#{job.retry_of_id}"))
    return facts


def _counts(job: Job) -> dict[str, int]:
    """Return the number of devices by state; the total under the empty key."""
    running = job.devices.filter(state=DeviceState.RUNNING).count()
    counts: dict[str, int] = {"": job.total}
    counts[DeviceState.QUEUED] = job.total - job.finished - job.cancelled - running
    counts[DeviceState.RUNNING] = running
    for state in (*DeviceState.finished(), DeviceState.CANCELLED):
        counts[state] = getattr(job, state)
    return counts


def _boxes(counts: dict[str, int], selected: str) -> list[Box]:
    labels: dict[str, str] = {"": _("All")} | {str(s): str(s.label) for s in DeviceState}
    return [
        Box(state=state, label=label, count=counts[state], selected=state == selected)
        for state, label in labels.items()
    ]


def _page(job: Job, state: str, count: int, number: str) -> "Page[JobDevice]":
    rows = job.devices.defer("evidence").order_by("device_name")
    if state:
        rows = rows.filter(state=state)
    return _KnownCountPaginator(rows, count=count).get_page(number)


def _row(device: JobDevice) -> Row:
    return Row(
        device=device,
        state=device_state(device),
        role_before=role(device.role_before),
        recommended=role(
            device.role_recommended,
            confirmed=device.role_recommended == device.role_assigned,
        ),
        assigned=role(device.role_assigned),
        advice=_advice(device.error_code),
        started=moment(device.started_at),
        ended=moment(device.ended_at),
    )


def _advice(code: str) -> str:
    return REGISTRY[ErrorCode(code)].action if code in set(ErrorCode) else ""
