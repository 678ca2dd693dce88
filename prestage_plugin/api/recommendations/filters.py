"""What recommendations can be filtered by."""

from django.db.models import QuerySet

from prestage_plugin.api.core.filtering import AnyOf, TruthFilter
from prestage_plugin.api.devices.filters import RoleFilters
from prestage_plugin.models import Device
from prestage_plugin.states import RecommendationState

__all__ = ["RecommendationFilters"]


class RecommendationFilters(RoleFilters):
    """Filters of `recommendations/`: those of devices, and what is wrong with the roles."""

    state = AnyOf(
        choices=RecommendationState.choices,
        method="with_state",
        help_text="Nobody has confirmed it, or it differs from what was assigned.",
    )
    assignable = TruthFilter(method="with_assignable", help_text="Whether it can be confirmed.")

    def with_state(
        self, devices: QuerySet[Device], _name: str, values: list[str]
    ) -> QuerySet[Device]:
        """Keep the recommendations of these states."""
        if len(set(values)) != 1:
            return devices
        unconfirmed = values[0] == RecommendationState.UNCONFIRMED
        return (
            devices.filter(assigned_role="") if unconfirmed else devices.exclude(assigned_role="")
        )

    def with_assignable(
        self, devices: QuerySet[Device], _name: str, value: bool
    ) -> QuerySet[Device]:
        """Keep those that can be confirmed, or that cannot."""
        assignable = Device.objects.assignable().values("pk")
        return devices.filter(pk__in=assignable) if value else devices.exclude(pk__in=assignable)
