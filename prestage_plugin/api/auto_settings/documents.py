"""The document of the settings of auto prestaging."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from prestage_plugin.models import AutoSettings
from prestage_plugin.services.auto import EDITABLE, auto_policy
from prestage_plugin.states import ChangeSource

__all__ = ["AutoSettingsSerializer"]


class PolicySerializer(serializers.Serializer[Any]):
    """What holds now: what people have set, else what the site's settings say."""

    enabled = serializers.BooleanField(help_text="Whether devices that changed are prestaged.")
    wait = serializers.FloatField(help_text="Seconds from a device's first event, at most.")
    idle = serializers.FloatField(help_text="Seconds without a further event.")
    most_jobs = serializers.IntegerField(help_text="Auto jobs at the same time, at most.")


class AutoSettingsSerializer(serializers.ModelSerializer[AutoSettings]):
    """What people have set; null is as the site's settings say."""

    muted_sources = serializers.ListField(
        child=serializers.ChoiceField(choices=ChangeSource.choices),
        help_text="Events from these are recorded and start nothing.",
    )
    in_force = serializers.SerializerMethodField()

    class Meta:
        model = AutoSettings
        fields = [*EDITABLE, "in_force"]
        read_only_fields = fields

    @extend_schema_field(PolicySerializer)
    def get_in_force(self, row: AutoSettings) -> dict[str, Any]:
        """Return what holds now."""
        return dict(PolicySerializer(auto_policy(row)).data)
