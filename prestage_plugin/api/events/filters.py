"""What lists of events and senders can be filtered by."""

from collections.abc import Sequence

from django_filters import rest_framework as filters

from prestage_plugin.api.core.filtering import AnyOf, InstantFilter, NumberIs, TextFilter
from prestage_plugin.models import ChangeEvent, UnknownSender
from prestage_plugin.models.change_event import ChangeEventQuerySet
from prestage_plugin.states import ChangeSource, EventFate

__all__ = ["ChangeEventFilters", "UnknownSenderFilters"]


class ChangeEventFilters(filters.FilterSet):
    """Filters of `events/`; all that are given must match."""

    device = TextFilter(field_name="device__name", help_text="Name of the device.")
    source = AnyOf(choices=ChangeSource.choices, help_text="One of these sources.")
    fate = AnyOf(choices=EventFate.choices, method="with_fate", help_text="One of these fates.")
    job = NumberIs(field_name="change__job_id", help_text="Id of the job that answered it.")
    sender = TextFilter(help_text="Who said it.")
    actor = TextFilter(help_text="Login of who changed the device.")
    received_after = InstantFilter(
        field_name="received_at", lookup_expr="gte", help_text="Received then or later."
    )
    received_before = InstantFilter(
        field_name="received_at", lookup_expr="lt", help_text="Received earlier."
    )

    class Meta:
        model = ChangeEvent
        fields: list[str] = []

    def with_fate(
        self, events: ChangeEventQuerySet, _name: str, fates: Sequence[str]
    ) -> ChangeEventQuerySet:
        """Keep the events of these fates."""
        if not fates:
            return events
        return events.of_fates([EventFate(fate) for fate in fates])


class UnknownSenderFilters(filters.FilterSet):
    """Filters of `unknown-senders/`."""

    source = AnyOf(choices=ChangeSource.choices, help_text="One of these sources.")
    sender = TextFilter(lookup_expr="icontains", help_text="A part of the sender, in any case.")

    class Meta:
        model = UnknownSender
        fields: list[str] = []
