"""The documents of events and of unknown senders."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from prestage_plugin.api.core.fields import UtcModelSerializer
from prestage_plugin.api.core.links import address_of
from prestage_plugin.events.webhook.bodies.message import Ignored
from prestage_plugin.models import ChangeEvent, UnknownSender
from prestage_plugin.states import EventFate

__all__ = ["AcceptedSerializer", "ChangeEventSerializer", "UnknownSenderSerializer"]


class ChangeEventSerializer(UtcModelSerializer):
    """One event, read `with_fates`."""

    device = serializers.CharField(source="device.name")
    source_display = serializers.CharField(source="get_source_display")
    fate = serializers.ChoiceField(choices=EventFate.choices, help_text="What became of it.")
    fate_display = serializers.CharField(source="fate.label")
    job = serializers.IntegerField(
        source="change.job_id",
        default=None,
        allow_null=True,
        help_text="Id of the job that answered it.",
    )

    class Meta:
        model = ChangeEvent
        fields = [
            "id",
            "received_at",
            "device",
            "source",
            "source_display",
            "fate",
            "fate_display",
            "job",
            "sender",
            "actor",
            "detail",
        ]
        read_only_fields = fields


class SenderLinksSerializer(serializers.Serializer[Any]):
    """Where to go on from an unknown sender."""

    self = serializers.URLField()


class UnknownSenderSerializer(UtcModelSerializer):
    """Somebody whose events fit no device."""

    source_display = serializers.CharField(source="get_source_display")
    links = serializers.SerializerMethodField()

    class Meta:
        model = UnknownSender
        fields = [
            "id",
            "sender",
            "source",
            "source_display",
            "events",
            "first_at",
            "last_at",
            "detail",
            "links",
        ]
        read_only_fields = fields

    @extend_schema_field(SenderLinksSerializer)
    def get_links(self, row: UnknownSender) -> dict[str, str]:
        """Return where to go on from here."""
        return {"self": address_of("unknown-sender-detail", self.context["request"], pk=row.pk)}


class IgnoredSerializer(serializers.Serializer[Any]):
    """What starts nothing, in numbers of devices, by reason; what is 0 is left out."""

    def get_fields(self) -> dict[str, Any]:
        """Return a field for each reason, whose names are no Python names."""
        return {str(reason): serializers.IntegerField(required=False) for reason in Ignored}


class AcceptedSerializer(serializers.Serializer[Any]):
    """What became of a report, in numbers of devices."""

    accepted = serializers.IntegerField(help_text="Written down.")
    unknown = serializers.IntegerField(help_text="Not known, and only counted.")
    ignored = IgnoredSerializer()
