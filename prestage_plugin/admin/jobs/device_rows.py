"""The devices of a job: some of them, from a name on, without counting them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import Exists, OuterRef, QuerySet

from nornir_tasks.errors import REGISTRY, ErrorCode
from prestage_plugin.admin.badges import device_state, moment, role
from prestage_plugin.models import Job, JobDevice
from prestage_plugin.sentences import translate_sentence
from prestage_plugin.states import DeviceState

__all__ = ["PAGE_SIZE", "DevicePage", "Row", "Selection", "advice_for", "errors_in", "row_of"]

PAGE_SIZE = 50


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which rows are asked for.

    Attributes:
        state: A device state; empty for all.
        error: An error code; empty for all.
        start: First name that may be shown.
        after: The name before the page, when it was reached by *Next*.
        before: The name after the page, when it was reached by *Previous*.
    """

    state: str = ""
    error: str = ""
    start: str = ""
    after: str = ""
    before: str = ""

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> "Selection":
        """Read a query string; what makes no sense is left out."""
        state, error = query.get("state", ""), query.get("error", "")
        names = {key: query.get(key, "").replace("\x00", "") for key in ("after", "before")}
        return cls(
            state=state if state in DeviceState.values else "",
            error=error if error in set(ErrorCode) else "",
            start=query.get("from", "").strip().replace("\x00", ""),
            **names,
        )

    def query(self, **other: str) -> str:
        """Return the query string of these rows with something else."""
        values = {"state": self.state, "error": self.error} | other
        return "?" + urlencode({name: value for name, value in values.items() if value})


@dataclass(frozen=True, slots=True, kw_only=True)
class DevicePage:
    """Some rows, and how to get to those beside them.

    Attributes:
        rows: In the order of the names.
        previous: Query string; empty when these are the first.
        following: Query string; empty when these are the last.
    """

    rows: list[Row]
    previous: str
    following: str

    @classmethod
    def of(cls, job: Job, selection: Selection) -> "DevicePage":
        """Read a page by an index, in a time that depends on the page alone."""
        rows = _selected(job, selection)
        if selection.before:
            found = list(
                rows.filter(device_name__lt=selection.before).order_by("-device_name")[
                    : PAGE_SIZE + 1
                ]
            )
            shown = found[:PAGE_SIZE][::-1]
            is_first, is_last = len(found) <= PAGE_SIZE, False
        else:
            if selection.after:
                rows = rows.filter(device_name__gt=selection.after)
            elif selection.start:
                rows = rows.filter(device_name__gte=selection.start)
            found = list(rows.order_by("device_name")[: PAGE_SIZE + 1])
            shown = found[:PAGE_SIZE]
            is_first = not (selection.after or selection.start)
            is_last = len(found) <= PAGE_SIZE
        names = [row.device_name for row in shown]
        return cls(
            rows=[row_of(row) for row in shown],
            previous="" if is_first or not names else selection.query(before=names[0]),
            following="" if is_last or not names else selection.query(after=names[-1]),
        )


def errors_in(job: Job) -> list[tuple[str, str]]:
    """Return the error codes that the job's devices have, with what each means.

    One look-up in an index for each code that there is: the time does not grow with the devices.
    """
    if not job.failed:
        return []
    of_job = JobDevice.objects.filter(job=OuterRef("pk"))
    looks: dict[str, Any] = {
        code.name.lower(): Exists(of_job.filter(error_code=code)) for code in ErrorCode
    }
    found = Job.objects.filter(pk=job.pk).values(**looks).first() or {}
    return [
        (str(code), translate_sentence(REGISTRY[code].meaning))
        for code in ErrorCode
        if found.get(code.name.lower())
    ]


def row_of(device: JobDevice) -> Row:
    """Return a row in the words of the page."""
    return Row(
        device=device,
        state=device_state(device),
        role_before=role(device.role_before),
        recommended=role(
            device.role_recommended,
            confirmed=device.role_recommended == device.role_assigned,
        ),
        assigned=role(device.role_assigned),
        advice=advice_for(device.error_code),
        started=moment(device.started_at),
        ended=moment(device.ended_at),
    )


def advice_for(code: str) -> str:
    """Return what to do about an error; empty for a code that is no more."""
    return translate_sentence(REGISTRY[ErrorCode(code)].action) if code in set(ErrorCode) else ""


def _selected(job: Job, selection: Selection) -> QuerySet[JobDevice]:
    rows = job.devices.defer("evidence")
    if selection.error:
        return rows.filter(error_code=selection.error)
    return rows.filter(state=selection.state) if selection.state else rows
