"""The documents of recommendations."""

from rest_framework import serializers

from prestage_plugin.api.devices.documents import DeviceSerializer
from prestage_plugin.models import Device
from prestage_plugin.states import RecommendationState

__all__ = ["RecommendationSerializer"]


class RecommendationSerializer(DeviceSerializer):
    """A device whose recommended role is not the assigned one; the id is the device's."""

    state = serializers.ChoiceField(
        source="recommendation_state", choices=RecommendationState.choices
    )
    state_display = serializers.CharField(source="recommendation_state.label")
    assignable = serializers.BooleanField(
        help_text="It can be confirmed: nothing is assigned, and the role is not UNKNOWN."
    )

    class Meta(DeviceSerializer.Meta):
        model = Device
        fields = [
            "id",
            "name",
            "platform",
            "groups",
            "in_inventory",
            "router",
            "state",
            "state_display",
            "assignable",
            "recommended_role",
            "recommended_role_display",
            "reason",
            "loopback",
            "capabilities",
            "flags",
            "warnings",
            "uni_count",
            "excluded_count",
            "evaluated_at",
            "assigned_role",
            "assigned_role_display",
            "assigned_loopback",
            "has_exceptions",
            "links",
        ]
        read_only_fields = fields
