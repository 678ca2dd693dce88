"""How the list of jobs is narrowed down."""

from typing import Any

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from prestage_plugin.admin.filters import TextFilter, TimeRangeFilter
from prestage_plugin.models import JobDevice

__all__ = ["DeviceFilter", "StartFilter", "UserFilter"]


class UserFilter(TextFilter):
    """The jobs of a user; `system` for those that nobody started by hand."""

    title = gettext_lazy("user")
    parameter_name = "user"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the jobs of the user with this login."""
        del request
        if not self.value():
            return queryset
        # By the key, which has an index; jobs of nobody, or of somebody who is gone, by the name.
        user = User.objects.filter(username=self.value()).first()
        if user is not None:
            return queryset.filter(user=user)
        return queryset.filter(user=None, username=self.value())


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


def _with_device(name: str | None) -> Q:
    # By way of the device, whose jobs have an index.
    return Q(pk__in=JobDevice.objects.filter(device__name=name).values("job"))
