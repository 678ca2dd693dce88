"""The documents of what other rules would recommend."""

from typing import Any

from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from prestage_plugin.api.core.links import address_of
from prestage_plugin.api.devices.documents import DeviceReferenceSerializer, word_of
from prestage_plugin.services.what_if import Prospect, Standing, Tally
from prestage_plugin.states import RoleChoice

__all__ = ["ProspectPageSerializer", "ProspectSerializer", "tally_document"]


class StandingSerializer(serializers.Serializer[Standing]):
    """What rules say of a device, in short."""

    role = serializers.ChoiceField(choices=RoleChoice.choices)
    role_display = serializers.SerializerMethodField()
    reason = serializers.CharField(help_text="Machine code of the decision.")
    loopback = serializers.CharField(allow_null=True)
    capabilities = serializers.ListField(child=serializers.CharField())
    flags = serializers.ListField(child=serializers.CharField())
    uni_count = serializers.IntegerField()
    excluded_count = serializers.IntegerField()

    def get_role_display(self, standing: Standing) -> str:
        """Return the role in words."""
        return str(RoleChoice(standing.role).label)


class ProspectProblemSerializer(serializers.Serializer[Any]):
    """Why nothing can be said."""

    code = serializers.CharField()
    detail = serializers.CharField(source="text")


class ProspectLinksSerializer(serializers.Serializer[Any]):
    """Where to go on from a device."""

    device = serializers.URLField()
    evidence = serializers.URLField()


class ProspectSerializer(serializers.Serializer[Prospect]):
    """What would become of one device; the id is the device's."""

    id = serializers.IntegerField(source="device.pk")
    name = serializers.CharField(source="device.name")
    router = DeviceReferenceSerializer(source="device.parent", allow_null=True)
    assigned_role = serializers.SerializerMethodField(help_text="It stays as it is.")
    assigned_role_display = serializers.SerializerMethodField()
    changes = serializers.ListField(
        child=serializers.CharField(), help_text="Names of what would be another, e.g. `role`."
    )
    changes_role = serializers.BooleanField()
    would_drift = serializers.BooleanField(help_text="The assigned role would not be supported.")
    now = StandingSerializer(allow_null=True, help_text="What is recommended.")
    then = StandingSerializer(allow_null=True, help_text="What would be.")
    problem = ProspectProblemSerializer(allow_null=True)
    links = serializers.SerializerMethodField()

    def get_assigned_role(self, prospect: Prospect) -> str | None:
        """Return the confirmed role."""
        return prospect.device.assigned_role or None

    def get_assigned_role_display(self, prospect: Prospect) -> str | None:
        """Return it in words."""
        return word_of(prospect.device.assigned_role)

    @extend_schema_field(ProspectLinksSerializer)
    def get_links(self, prospect: Prospect) -> dict[str, str]:
        """Return where to go on from here."""
        own = address_of("device-detail", self.context["request"], pk=prospect.device.pk)
        return {"device": own, "evidence": f"{own}evidence/"}


class RoleMoveSerializer(serializers.Serializer[Any]):
    """How many devices would go from one role to another."""

    now = serializers.ChoiceField(choices=RoleChoice.choices)
    then = serializers.ChoiceField(choices=RoleChoice.choices)
    count = serializers.IntegerField()


class TallySerializer(serializers.Serializer[Any]):
    """Devices of this page, shown or not: add the pages up."""

    examined = serializers.IntegerField()
    unknown = serializers.IntegerField(help_text="Where nothing can be said.")
    roles = RoleMoveSerializer(many=True)


@extend_schema_serializer(many=False)
class ProspectPageSerializer(serializers.Serializer[Any]):
    """A page: `next` is null at the end, and only there."""

    next = serializers.URLField(allow_null=True)
    tally = TallySerializer()
    results = ProspectSerializer(many=True)


def tally_document(tally: Tally) -> dict[str, Any]:
    """Return what was counted.

    Args:
        tally: Of the page.
    """
    return {
        "examined": tally.examined,
        "unknown": tally.unknown,
        "roles": [
            {"now": now, "then": then, "count": count}
            for (now, then), count in sorted(tally.roles.items())
        ],
    }
