"""What the list of listeners can be filtered by."""

from django.db.models import QuerySet
from django_filters import rest_framework as filters

from prestage_plugin.api.core.filtering import AnyOf, TextFilter
from prestage_plugin.models import ListenerStatus
from prestage_plugin.services.listeners import listener_state
from prestage_plugin.states import ListenerState

__all__ = ["ListenerFilters"]


class ListenerFilters(filters.FilterSet):
    """Filters of `listeners/`."""

    state = AnyOf(
        choices=ListenerState.choices, method="with_state", help_text="One of these states."
    )
    name = TextFilter(lookup_expr="icontains", help_text="A part of the name, in any case.")

    class Meta:
        model = ListenerStatus
        fields: list[str] = []

    def with_state(
        self, listeners: QuerySet[ListenerStatus], _name: str, states: list[str]
    ) -> QuerySet[ListenerStatus]:
        """Keep the listeners of these states."""
        if not states:
            return listeners
        wanted = [row.pk for row in listeners if str(listener_state(row)) in states]
        return listeners.filter(pk__in=wanted)
