"""How the list of jobs is narrowed down and searched."""

from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from prestage_plugin.admin.filters import TextFilter, TimeRangeFilter
from prestage_plugin.models import Job, JobDevice

__all__ = ["DeviceFilter", "StartFilter", "UserFilter", "search_jobs"]

_MOST_DIGITS = 18
"""More may not fit into the database's integers."""


class UserFilter(TextFilter):
    """The jobs of a user; `system` for those that nobody started by hand."""

    title = gettext_lazy("user")
    parameter_name = "user"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the jobs of the user with this login."""
        del request
        return queryset.filter(username=self.value()) if self.value() else queryset


class DeviceFilter(TextFilter):
    """The jobs of a device."""

    title = gettext_lazy("device")
    parameter_name = "device"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the jobs that the device of this name is or was in."""
        del request
        return queryset.filter(_with_device(self.value())) if self.value() else queryset


class StartFilter(TimeRangeFilter):
    """Jobs by their scheduled start, which every job has."""

    title = gettext_lazy("scheduled start time")
    column = "scheduled_for"


def search_jobs(jobs: QuerySet[Job], text: str) -> QuerySet[Job]:
    """Return the jobs whose id or device is this, or whose name holds it.

    The name of a device must be whole: part of one may be in every job there is.
    """
    wanted = text.strip()
    if not wanted:
        return jobs
    found = Q(name__icontains=wanted) | _with_device(wanted)
    if wanted.isascii() and wanted.isdigit() and len(wanted) <= _MOST_DIGITS:
        found |= Q(pk=int(wanted))
    return jobs.filter(found)


def _with_device(name: str | None) -> Q:
    # By way of the device, whose jobs have an index.
    return Q(pk__in=JobDevice.objects.filter(device__name=name).values("job"))
