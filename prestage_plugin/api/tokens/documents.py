"""The document of a token."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from prestage_plugin.api.core.fields import UtcModelSerializer
from prestage_plugin.api.core.links import address_of
from prestage_plugin.models import ApiToken
from prestage_plugin.states import TokenScope

__all__ = ["TokenSerializer"]


class TokenLinksSerializer(serializers.Serializer[Any]):
    """Where to go on from a token."""

    self = serializers.URLField()


class TokenSerializer(UtcModelSerializer):
    """A token without its secret."""

    user = serializers.CharField(source="user.username")
    prefix = serializers.CharField(help_text="The part of the secret that names the token.")
    scopes = serializers.ListField(child=serializers.ChoiceField(choices=TokenScope.choices))
    links = serializers.SerializerMethodField()

    class Meta:
        model = ApiToken
        fields = [
            "id",
            "name",
            "prefix",
            "user",
            "scopes",
            "created_at",
            "created_by",
            "expires_at",
            "revoked_at",
            "last_used_at",
            "links",
        ]
        read_only_fields = fields

    @extend_schema_field(TokenLinksSerializer)
    def get_links(self, row: ApiToken) -> dict[str, str]:
        """Return where to go on from here."""
        return {"self": address_of("token-detail", self.context["request"], pk=row.pk)}
