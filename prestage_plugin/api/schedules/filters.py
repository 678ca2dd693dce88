"""What lists of schedules can be filtered by."""

from django_filters import rest_framework as filters

from prestage_plugin.api.core.filtering import AnyOf, TextFilter
from prestage_plugin.models import Schedule
from prestage_plugin.states import JobType, ScheduleState

__all__ = ["ScheduleFilters"]


class ScheduleFilters(filters.FilterSet):
    """Filters of `schedules/`; all that are given must match."""

    state = AnyOf(choices=ScheduleState.choices, help_text="One of these states.")
    job_type = AnyOf(choices=JobType.choices, help_text="One of these types.")
    user = TextFilter(field_name="username", help_text="Login of the owner.")
    name = TextFilter(lookup_expr="icontains", help_text="A part of the name, in any case.")

    class Meta:
        model = Schedule
        fields: list[str] = []
